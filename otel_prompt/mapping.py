"""An invocation as span attributes, and back: the two functions are inverse to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from . import semconv
from .encoding import decode, decoded, encode, printable
from .foreign import canonical
from .invocation import Cost, Invocation, Message, PromptIdentity, Usage

Writer = Callable[[Any], str]
"""Makes the text of a content attribute: JSON, with secrets taken out, within the limit."""
Cleaner = Callable[[str], str]
"""Takes secrets, and what cannot be printed, out of a text that is an attribute as it is."""

_USAGE = (
    ("input_tokens", semconv.INPUT_TOKENS),
    ("output_tokens", semconv.OUTPUT_TOKENS),
    ("cache_read_input_tokens", semconv.CACHE_READ_TOKENS),
    ("cache_write_input_tokens", semconv.CACHE_WRITE_TOKENS),
    ("reasoning_output_tokens", semconv.REASONING_TOKENS),
    ("audio_input_tokens", semconv.AUDIO_INPUT_TOKENS),
    ("audio_output_tokens", semconv.AUDIO_OUTPUT_TOKENS),
    ("image_input_tokens", semconv.IMAGE_INPUT_TOKENS),
    ("image_output_tokens", semconv.IMAGE_OUTPUT_TOKENS),
    ("cache_write_1h_input_tokens", semconv.CACHE_WRITE_1H_TOKENS),
)
_SAID = frozenset({"conversation_id", "response_status"})
"""What may be any text. Models' names are clean already; a service's ids are its own, and cleaning each would cost."""
_OURS = frozenset(
    {semconv.OPENAI_API_TYPE, semconv.PROMPT_SOURCE, semconv.PROMPT_FUNCTION, semconv.PROMPT_TEMPLATE_HASH}
)
_SCALARS = (
    ("request_model", semconv.REQUEST_MODEL),
    ("server_address", semconv.SERVER_ADDRESS),
    ("server_port", semconv.SERVER_PORT),
    ("output_type", semconv.OUTPUT_TYPE),
    ("conversation_id", semconv.CONVERSATION_ID),
    ("response_id", semconv.RESPONSE_ID),
    ("response_model", semconv.RESPONSE_MODEL),
    ("response_status", semconv.RESPONSE_STATUS),
    ("embedding_dimensions", semconv.EMBEDDING_DIMENSIONS),
    ("time_to_first_chunk", semconv.TIME_TO_FIRST_CHUNK),
    ("http_status", semconv.HTTP_STATUS),
)
_COSTS = (("input_usd", semconv.COST_INPUT), ("output_usd", semconv.COST_OUTPUT), ("total_usd", semconv.COST_TOTAL))
_PROMPT = (
    ("version", semconv.PROMPT_VERSION),
    ("template_hash", semconv.PROMPT_TEMPLATE_HASH),
    ("label", semconv.PROMPT_LABEL),
    ("source", semconv.PROMPT_SOURCE),
    ("id", semconv.PROMPT_ID),
    ("commit", semconv.PROMPT_COMMIT),
    ("dirty", semconv.PROMPT_DIRTY),
    ("split", semconv.PROMPT_SPLIT),
)
_PARAMETERS = {key: semconv.REQUEST_PREFIX + key for key in semconv.REQUEST_PARAMETERS}
_MOST_VARIABLES = 40
"""A span holds 128 attributes and then drops its oldest; variables must not crowd out the rest."""


def to_attributes(inv: Invocation, write: Writer = encode, clean: Cleaner = printable) -> dict[str, Any]:
    """The span attributes of an invocation; what is absent is left out."""
    found: dict[str, Any] = {semconv.OPERATION: inv.operation, semconv.PROVIDER: inv.provider}
    for field, name in _SCALARS:
        if (value := getattr(inv, field)) is not None:
            if field in _SAID:
                found[name] = clean(value) if isinstance(value, str) else value
            else:
                found[name] = value if type(value) is not str or value.isascii() else printable(value)
    if inv.stream:
        found[semconv.REQUEST_STREAM] = True
    for key, value in inv.parameters.items():
        name = _PARAMETERS.get(key) or semconv.PARAM_PREFIX + key
        found[name] = value if isinstance(value, (bool, int, float)) else _plain(value, write, clean)
    if inv.finish_reasons:
        found[semconv.FINISH_REASONS] = [clean(reason) for reason in inv.finish_reasons]
    if inv.attempts > 1:
        found[semconv.ATTEMPTS] = inv.attempts
    usage = inv.usage
    for field, name in _USAGE:
        if (value := getattr(usage, field)) is not None:
            found[name] = value
    if inv.cost is not None:
        for field, name in _COSTS:
            found[name] = getattr(inv.cost, field)
    for name, value in inv.attributes.items():
        if isinstance(value, str):
            found[name] = value if name in _OURS else clean(value)
        else:
            found[name] = write(value) if name == semconv.RETRIEVAL_DOCUMENTS else value
    if inv.prompts:
        found.update(prompt_attributes(inv.prompts, write))
    if inv.system_instructions:
        found[semconv.SYSTEM_INSTRUCTIONS] = write(inv.system_instructions)
    if inv.input_messages:
        found[semconv.INPUT_MESSAGES] = write(inv.input_messages)
    if inv.output_messages:
        found[semconv.OUTPUT_MESSAGES] = write(inv.output_messages)
    if inv.tool_definitions:
        found[semconv.TOOL_DEFINITIONS] = write(inv.tool_definitions)
    return found


def _plain(value: Any, write: Writer, clean: Cleaner) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value):
        return [clean(v) for v in value]
    return write(value)


def prompt_attributes(prompts: list[PromptIdentity], write: Writer) -> dict[str, Any]:
    """The attributes of *the* prompt of a call, the first; all of them are listed where there are several.

    What their authors call them is clean already: ``processors.redact.nameable``.
    """
    prompt = prompts[0]
    found: dict[str, Any] = {semconv.PROMPT_NAME: prompt.name}
    for field, name in _PROMPT:
        if (value := getattr(prompt, field)) is not None:
            found[name] = value
    if prompt.template is not None:
        found[semconv.PROMPT_TEMPLATE] = text(prompt.template, write)
    for name, value in list(prompt.variables.items())[:_MOST_VARIABLES]:
        # With its name, by which a secret may be known.
        written = decode(write({name: value}))
        if isinstance(written, dict):  # and not what is left of it within a limit of a few characters
            found.update({semconv.PROMPT_VARIABLE_PREFIX + shown: held for shown, held in written.items()})
    if len(prompts) > 1:
        found[semconv.PROMPT_ALL] = encode(
            [{"name": p.name, "version": p.version, "template_hash": p.template_hash} for p in prompts]
        )
    return found


def text(value: str, write: Writer) -> str:
    """A text written as content is, without the quotes of JSON."""
    written: Any = decode(write(value))
    return written if isinstance(written, str) else value


def from_attributes(attributes: Mapping[str, Any]) -> Invocation:
    """The invocation that a span's attributes tell of; what no field holds is in its ``attributes``.

    Other instrumentations' names are read as well: ``foreign``.
    """
    rest = dict(canonical(attributes))
    inv = Invocation(str(rest.pop(semconv.OPERATION, "")), provider=str(rest.pop(semconv.PROVIDER, "")))
    for field, name in _SCALARS:
        if (value := rest.pop(name, None)) is not None:
            setattr(inv, field, value)
    inv.time_to_first_chunk = _number(inv.time_to_first_chunk)
    inv.stream = bool(rest.pop(semconv.REQUEST_STREAM, False))
    inv.finish_reasons = _texts(rest.pop(semconv.FINISH_REASONS, ()))
    inv.attempts = rest.pop(semconv.ATTEMPTS, 1)
    inv.usage = Usage(**{field: _number(rest.pop(name, None)) for field, name in _USAGE})
    costs = [_number(rest.pop(name, None)) for _, name in _COSTS]
    if costs[2] is not None:
        inv.cost = Cost(*(float(c or 0) for c in costs))
    inv.system_instructions = _list(rest.pop(semconv.SYSTEM_INSTRUCTIONS, None))
    inv.input_messages = _messages(rest.pop(semconv.INPUT_MESSAGES, None))
    inv.output_messages = _messages(rest.pop(semconv.OUTPUT_MESSAGES, None))
    inv.tool_definitions = _list(rest.pop(semconv.TOOL_DEFINITIONS, None))
    parameters = {
        key: key[len(prefix) :]
        for key in rest
        for prefix in (semconv.REQUEST_PREFIX, semconv.PARAM_PREFIX)
        if key.startswith(prefix)
    }
    inv.parameters = {name: rest.pop(key) for key, name in parameters.items()}
    inv.prompts = _prompts(rest)
    inv.attributes = rest
    return inv


def _prompts(rest: dict[str, Any]) -> list[PromptIdentity]:
    if semconv.PROMPT_NAME not in rest:
        return []
    name = rest.pop(semconv.PROMPT_NAME)
    prefix = semconv.PROMPT_VARIABLE_PREFIX
    variables = {key[len(prefix) :]: str(rest.pop(key)) for key in list(rest) if key.startswith(prefix)}
    template = rest.pop(semconv.PROMPT_TEMPLATE, None)
    about = {field: rest.pop(key, None) for field, key in _PROMPT}
    others = [
        PromptIdentity(p["name"], p.get("version"), template_hash=p.get("template_hash"))
        for p in _list(rest.pop(semconv.PROMPT_ALL, None))[1:]
        if isinstance(p, dict) and "name" in p
    ]
    return [PromptIdentity(name, template=template, variables=variables, **about), *others]


def _number(value: Any) -> Any:
    """A figure; None for what is none, as another instrumentation may give it."""
    return value if isinstance(value, (int, float)) and isfinite(value) else None


def _list(value: Any) -> list[Any]:
    """A content attribute; what is not JSON, as another's truncation may leave it, is given as one text."""
    if value is None:
        return []
    if not isinstance(value, str):
        return list(value) if isinstance(value, (list, tuple)) else [value]
    try:
        found = decode(value)
    except ValueError:
        return [{"type": "text", "content": value}]
    return found if isinstance(found, list) else [found]


def _texts(value: Any) -> list[str]:
    """A list of words, which some write as one, and some as JSON."""
    found = decoded(value)
    return [str(word) for word in found] if isinstance(found, (list, tuple)) else [str(found)]


def _messages(value: Any) -> list[Message]:
    found: list[Message] = []
    for m in _list(value):
        if isinstance(m, dict) and isinstance(m.get("parts"), list):
            found.append(Message(str(m.get("role")), m["parts"], m.get("name"), m.get("finish_reason")))
        else:
            part = m if isinstance(m, dict) and "type" in m else {"type": "text", "content": str(m)}
            found.append(Message("user", [part]))
    return found
