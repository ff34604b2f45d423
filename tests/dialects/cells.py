"""What becomes of each fact at each backend: the rows of docs/mapping.md, each cell of which is a test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from otel_prompt import semconv
from otel_prompt.encoding import encode

BACKENDS = ("jaeger", "langfuse", "langsmith", "mlflow", "phoenix", "weave")
USER = {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]}
CHAT = {"role": "user", "content": "Weather?"}
SYSTEM = {"role": "system", "content": "Be brief."}
KEY = "ab" * 32
EXAMPLE = "0b9f3a52-5d2c-4a55-9d1b-6a6a1c0f9f5e"


@dataclass(frozen=True)
class Cell:
    """What one backend is told.

    Attributes:
        has: attributes and their values; of a JSON object, what it must have.
        lacks: attributes that would do harm.
        event: an event's name and its nanoseconds after the start.
        status: the status message.
        note: what the page says beside the names.
    """

    has: dict[str, Any] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    event: tuple[str, int] | None = None
    status: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Row:
    """One fact."""

    fact: str
    given: dict[str, Any]
    cells: dict[str, Cell]
    root: bool = True
    failed: bool = False


def same(given: dict[str, Any]) -> Cell:
    """The conventions' own names."""
    return Cell(given)


def row(fact: str, given: dict[str, Any], *, root: bool = True, failed: bool = False, **cells: Any) -> Row:
    """A row; a cell is given as a Cell or as the attributes it has. Those not given have the conventions' own names."""
    found = {name: cells.get(name, given) for name in BACKENDS}
    return Row(fact, given, {n: c if isinstance(c, Cell) else Cell(c) for n, c in found.items()}, root, failed)


PROMPT = {semconv.PROMPT_NAME: "summarize", semconv.PROMPT_VERSION: "3"}
_NO_PROMPT = (semconv.PROMPT_NAME, semconv.PROMPT_VERSION, semconv.PROMPT_VARIABLE_PREFIX + "n")
_PARAMETERS = {semconv.REQUEST_PREFIX + "temperature": 0.2, semconv.PARAM_PREFIX + "verbosity": "low"}
_PLAIN = {"temperature": 0.2, "verbosity": "low"}
_INPUT = {
    semconv.INPUT_MESSAGES: encode([USER]),
    semconv.SYSTEM_INSTRUCTIONS: encode([{"type": "text", "content": "Be brief."}]),
}
_OUTPUT = {
    semconv.OUTPUT_MESSAGES: encode(
        [{"role": "assistant", "parts": [{"type": "text", "content": "Sunny."}], "finish_reason": "stop"}]
    )
}
_ANSWER = {"role": "assistant", "content": "Sunny."}
_CHOICE = {"index": 0, "message": _ANSWER, "finish_reason": "stop"}
_USAGE = {
    semconv.INPUT_TOKENS: 21,
    semconv.OUTPUT_TOKENS: 12,
    semconv.CACHE_READ_TOKENS: 5,
    semconv.CACHE_WRITE_TOKENS: 2,
    semconv.REASONING_TOKENS: 4,
}
_COST = {semconv.COST_INPUT: 0.25, semconv.COST_OUTPUT: 0.5, semconv.COST_TOTAL: 0.75}
_DATASET = {
    semconv.DATASET_NAME: "cities",
    semconv.DATASET_VERSION: "2",
    semconv.DATASET_ITEM_ID: EXAMPLE,
    semconv.DATASET_ITEM_EXPECTED: "Sunny",
    semconv.EXPERIMENT: "tone",
}
_NONE = Cell(note="with the duration")

ROWS = (
    row(
        "prompt name and version",
        PROMPT,
        langfuse=Cell(
            {"langfuse.observation.metadata.prompt_name": "summarize"},
            _NO_PROMPT,
            note="its link for a prompt of Langfuse's own",
        ),
        langsmith=Cell(
            {"langsmith.metadata.prompt_name": "summarize", "langsmith.metadata.prompt_version": "3"}, _NO_PROMPT
        ),
        phoenix=Cell(
            {"llm.prompt_template.version": "3", "prompt.id": "summarize", "metadata": {"prompt_name": "summarize"}},
            _NO_PROMPT,
        ),
        weave=Cell({"wandb.attributes": {"prompt": {"name": "summarize", "version": "3"}}}, _NO_PROMPT),
    ),
    row(
        "a prompt of Langfuse's own",
        {**PROMPT, semconv.PROMPT_SOURCE: "langfuse"},
        langfuse={"langfuse.observation.prompt.name": "summarize", "langfuse.observation.prompt.version": 3},
        langsmith={"langsmith.metadata.prompt_source": "langfuse"},
        phoenix={"prompt.vendor": "langfuse"},
        weave={"wandb.attributes": {"prompt": {"source": "langfuse"}}},
    ),
    row(
        "a prompt of LangSmith's own",
        {semconv.PROMPT_NAME: "me/summarize", semconv.PROMPT_VERSION: "c0ffee", semconv.PROMPT_SOURCE: "langsmith"},
        langfuse=Cell(
            {"langfuse.observation.metadata.prompt_version": "c0ffee"}, ("langfuse.observation.prompt.version",)
        ),
        langsmith={
            "langsmith.metadata.lc_hub_owner": "me",
            "langsmith.metadata.lc_hub_repo": "summarize",
            "langsmith.metadata.lc_hub_commit_hash": "c0ffee",
            "langsmith.metadata.revision_id": "c0ffee",
        },
        phoenix={"prompt.vendor": "langsmith"},
        weave={"wandb.attributes": {"prompt": {"version": "c0ffee"}}},
    ),
    row(
        "template and its hash",
        {**PROMPT, semconv.PROMPT_TEMPLATE: "In {{n}}", semconv.PROMPT_TEMPLATE_HASH: "ff"},
        langfuse={
            "langfuse.observation.metadata.prompt_template": "In {{n}}",
            "langfuse.observation.metadata.prompt_template_hash": "ff",
        },
        langsmith={
            "langsmith.metadata.prompt_template": "In {{n}}",
            "langsmith.metadata.prompt_template_hash": "ff",
        },
        phoenix={"llm.prompt_template.template": "In {{n}}", "metadata": {"prompt_template_hash": "ff"}},
        weave={"wandb.attributes": {"prompt": {"template": "In {{n}}", "template_hash": "ff"}}},
    ),
    row(
        "variables",
        {**PROMPT, semconv.PROMPT_VARIABLE_PREFIX + "n": "9"},
        langfuse=Cell({"langfuse.observation.metadata.variables": {"n": "9"}}, _NO_PROMPT),
        langsmith=Cell({"langsmith.metadata.var.n": "9"}, (*_NO_PROMPT, "llm.prompt_template.variables")),
        phoenix=Cell({"llm.prompt_template.variables": {"n": "9"}}, _NO_PROMPT),
        weave=Cell({"wandb.attributes": {"prompt": {"variables": {"n": "9"}}}}, _NO_PROMPT),
    ),
    row(
        "parameters",
        _PARAMETERS,
        langfuse={"langfuse.observation.model.parameters": _PLAIN},
        langsmith=Cell({semconv.REQUEST_PREFIX + "temperature": 0.2}),
        phoenix={"llm.invocation_parameters": _PLAIN},
        weave={semconv.REQUEST_PREFIX + "temperature": 0.2},
    ),
    row(
        "model and provider",
        {semconv.PROVIDER: "openai", semconv.REQUEST_MODEL: "gpt-5", semconv.RESPONSE_MODEL: "gpt-5-2026"},
        langfuse={"langfuse.observation.model.name": "gpt-5-2026"},
        langsmith={
            semconv.SYSTEM: "openai",
            "langsmith.metadata.ls_provider": "openai",
            "langsmith.metadata.ls_model_name": "gpt-5-2026",
        },
        mlflow={"mlflow.llm.model": "gpt-5-2026", "mlflow.llm.provider": "openai"},
        phoenix={"llm.model_name": "gpt-5-2026", "llm.provider": "openai"},
    ),
    row(
        "input",
        _INPUT,
        langfuse=Cell({"langfuse.observation.input": [SYSTEM, CHAT]}, tuple(_INPUT)),
        langsmith=Cell({semconv.LEGACY_PROMPT: {"messages": [SYSTEM, CHAT]}}, tuple(_INPUT)),
        mlflow=Cell({"mlflow.spanInputs": {"messages": [SYSTEM, CHAT]}}, tuple(_INPUT)),
        phoenix=Cell(
            {
                "llm.input_messages.0.message.role": "system",
                "llm.input_messages.1.message.content": "Weather?",
                "input.value": {"messages": [SYSTEM, CHAT]},
                "input.mime_type": "application/json",
            },
            tuple(_INPUT),
        ),
        weave=Cell({"inputs": {"messages": [SYSTEM, CHAT]}}, tuple(_INPUT)),
    ),
    row(
        "output",
        _OUTPUT,
        langfuse=Cell({"langfuse.observation.output": _ANSWER}, tuple(_OUTPUT)),
        langsmith=Cell({semconv.LEGACY_COMPLETION: {"messages": [_ANSWER]}}, tuple(_OUTPUT)),
        mlflow=Cell({"mlflow.spanOutputs": {"choices": [_CHOICE]}}, tuple(_OUTPUT)),
        phoenix=Cell(
            {
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.content": "Sunny.",
                "output.value": "Sunny.",
                "output.mime_type": "text/plain",
            },
            tuple(_OUTPUT),
        ),
        weave=Cell({"outputs": {"choices": [_CHOICE]}}, tuple(_OUTPUT)),
    ),
    row(
        "tools",
        {semconv.TOOL_DEFINITIONS: encode([{"type": "function", "name": "weather", "parameters": {}}])},
        mlflow={"mlflow.chat.tools": [{"type": "function", "function": {"name": "weather", "parameters": {}}}]},
        phoenix={"llm.tools.0.tool.json_schema": {"function": {"name": "weather"}}},
    ),
    row(
        "tokens",
        _USAGE,
        jaeger={**_USAGE, semconv.CACHE_CREATION_TOKENS: 2},
        langfuse=Cell(
            {
                "langfuse.observation.usage_details": {
                    "input": 14,
                    "input_cached_tokens": 5,
                    "input_cache_creation": 2,
                    "output": 8,
                    "output_reasoning_tokens": 4,
                    "total": 33,
                }
            },
            tuple(_USAGE),
            note="each kind apart: it adds them up",
        ),
        langsmith=Cell(
            {
                "langsmith.usage_metadata": {
                    "input_tokens": 21,
                    "output_tokens": 12,
                    "total_tokens": 33,
                    "input_token_details": {"cache_read": 5, "cache_creation": 2},
                    "output_token_details": {"reasoning": 4},
                }
            },
            tuple(_USAGE),
        ),
        mlflow={
            "mlflow.chat.tokenUsage": {
                "input_tokens": 21,
                "output_tokens": 12,
                "total_tokens": 33,
                "cache_read_input_tokens": 5,
                "cache_creation_input_tokens": 2,
            }
        },
        phoenix=Cell(
            {
                "llm.token_count.prompt": 21,
                "llm.token_count.completion": 12,
                "llm.token_count.total": 33,
                "llm.token_count.prompt_details.cache_read": 5,
                "llm.token_count.prompt_details.cache_write": 2,
                "llm.token_count.completion_details.reasoning": 4,
            },
            tuple(_USAGE),
        ),
        weave=Cell(
            {
                semconv.INPUT_TOKENS: 21,
                semconv.OUTPUT_TOKENS: 12,
                semconv.CACHE_READ_TOKENS: 5,
                semconv.CACHE_CREATION_TOKENS: 2,
            },
            (semconv.CACHE_WRITE_TOKENS,),
        ),
    ),
    row(
        "cost",
        _COST,
        langfuse={"langfuse.observation.cost_details": {"input": 0.25, "output": 0.5, "total": 0.75}},
        langsmith={"langsmith.usage_metadata": {"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75}},
        mlflow={"mlflow.llm.cost": {"input_cost": 0.25, "output_cost": 0.5, "total_cost": 0.75}},
        phoenix={"llm.cost.prompt": 0.25, "llm.cost.completion": 0.5, "llm.cost.total": 0.75},
        weave={"wandb.attributes": {"cost": {"input_usd": 0.25, "output_usd": 0.5, "total_usd": 0.75}}},
    ),
    row("latency", {}, **dict.fromkeys(BACKENDS, Cell(note="the span's own times"))),
    row(
        "time to the first chunk",
        {semconv.TIME_TO_FIRST_CHUNK: 0.25},
        langfuse=Cell(
            {"langfuse.observation.completion_start_time": "2026-11-23T00:00:00.250000Z"},
            note="the moment, not the span of time",
        ),
        langsmith=Cell(event=("new_token", 250_000_000)),
        phoenix={"metadata": {"ttft_ms": 250.0}},
        weave={"wandb.attributes": {"ttft_ms": 250.0}},
    ),
    row(
        "an error",
        {semconv.ERROR_TYPE: "RateLimitError"},
        failed=True,
        jaeger=Cell({semconv.ERROR_TYPE: "RateLimitError"}, note="and the status"),
        langfuse={"langfuse.observation.level": "ERROR", "langfuse.observation.status_message": "RateLimitError"},
        langsmith=Cell(note="the event `exception`"),
        mlflow=Cell({semconv.ERROR_TYPE: "RateLimitError"}, note="and the status"),
        phoenix=Cell({semconv.ERROR_TYPE: "RateLimitError"}, note="and the status"),
        weave=Cell(status="RateLimitError", note="the status message, which is all that it shows"),
    ),
    row(
        "tags",
        {semconv.TAGS: ["a", "b"]},
        langfuse={"langfuse.trace.tags": ["a", "b"]},
        langsmith={"langsmith.span.tags": "a, b"},
        mlflow=Cell({"mlflow.traceTag.a": "true", "mlflow.traceTag.b": "true"}, note="on the root"),
        phoenix={"tag.tags": ["a", "b"]},
        weave={"wandb.attributes": {"tags": ["a", "b"]}},
    ),
    row(
        "metadata",
        {semconv.METADATA_PREFIX + "region": "eu"},
        langfuse={"langfuse.trace.metadata.region": "eu", "langfuse.observation.metadata.region": "eu"},
        langsmith={"langsmith.metadata.region": "eu"},
        mlflow=Cell({"mlflow.traceTag.region": "eu"}, note="on the root"),
        phoenix={"metadata": {"region": "eu"}},
        weave={"wandb.attributes": {"region": "eu"}},
    ),
    row(
        "user and session",
        {semconv.USER_ID: "u", semconv.SESSION_ID: "s"},
        langsmith={"langsmith.metadata.user_id": "u", "langsmith.metadata.thread_id": "s"},
        weave=Cell(
            {"wandb.thread_id": "s", "wandb.is_turn": True, "wandb.attributes": {"user_id": "u"}},
            note="turns are roots",
        ),
    ),
    row(
        "conversation, where there is no session",
        {semconv.CONVERSATION_ID: "c"},
        root=False,
        langsmith={"langsmith.metadata.thread_id": "c"},
        mlflow={"session.id": "c"},
        phoenix={"session.id": "c"},
        weave=Cell({"wandb.thread_id": "c"}, (semconv.CONVERSATION_ID, "wandb.is_turn")),
    ),
    row(
        "experimenter",
        {semconv.EXPERIMENTER: "ann"},
        langfuse={"langfuse.observation.metadata.experimenter": "ann"},
        langsmith={"langsmith.metadata.experimenter": "ann"},
        mlflow=Cell({"mlflow.traceTag.otel_prompt.experimenter": "ann"}, note="on the root"),
        phoenix={"metadata": {"experimenter": "ann"}},
        weave={"wandb.attributes": {"experimenter": "ann"}},
    ),
    row(
        "experiment and run",
        {semconv.EXPERIMENT: "tone", semconv.RUN_KEY: KEY},
        langfuse={"langfuse.observation.metadata.experiment": "tone", "langfuse.observation.metadata.run_key": KEY},
        langsmith=Cell(
            {"langsmith.metadata.experiment": "tone", "langsmith.metadata.run_key": KEY}, note="and the project"
        ),
        mlflow=Cell({"mlflow.traceTag.otel_prompt.run_key": KEY}, note="on the root; runs are the exporter `mlflow`'s"),
        phoenix=Cell({"metadata": {"experiment": "tone", "run_key": KEY}}, note="and the project"),
        weave={"wandb.wb_run_id": KEY[:16], "wandb.attributes": {"experiment": "tone"}},
    ),
    row(
        "dataset and its item",
        _DATASET,
        langfuse={
            "langfuse.experiment.id": "tone",
            "langfuse.experiment.dataset.id": "cities",
            "langfuse.experiment.item.id": EXAMPLE,
            "langfuse.experiment.item.version": "2",
            "langfuse.experiment.item.expected_output": "Sunny",
        },
        langsmith=Cell(
            {"langsmith.reference_example_id": EXAMPLE, "langsmith.metadata.dataset": "cities"},
            note="the example where the item's id is LangSmith's",
        ),
        mlflow=Cell({"mlflow.traceTag.otel_prompt.dataset": "cities"}, note="on the root"),
        phoenix={"metadata": {"dataset": "cities", "dataset_item": EXAMPLE, "dataset_item_expected": "Sunny"}},
        weave={"wandb.attributes": {"dataset": "cities", "dataset_item": EXAMPLE}},
    ),
    row(
        "kind: chat",
        {semconv.OPERATION: "chat"},
        langfuse={"langfuse.observation.type": "generation"},
        langsmith={"langsmith.span.kind": "llm"},
        mlflow={"mlflow.spanType": "CHAT_MODEL"},
        phoenix={"openinference.span.kind": "LLM"},
        weave={"weave.span.kind": "llm"},
    ),
    row(
        "kind: workflow",
        {semconv.OPERATION: "invoke_workflow", semconv.STEP_INPUT: '{"city":"Rome"}', semconv.STEP_OUTPUT: '"Sunny."'},
        langfuse={
            "langfuse.observation.type": "chain",
            "langfuse.observation.input": {"city": "Rome"},
            "langfuse.observation.output": "Sunny.",
        },
        langsmith={"langsmith.span.kind": "chain", semconv.LEGACY_PROMPT: {"city": "Rome"}},
        mlflow={"mlflow.spanType": "CHAIN", "mlflow.spanInputs": {"city": "Rome"}},
        phoenix={"openinference.span.kind": "CHAIN", "input.value": {"city": "Rome"}, "output.value": "Sunny."},
        weave={"weave.span.kind": "workflow", "inputs": {"city": "Rome"}},
    ),
    row(
        "kind: agent",
        {semconv.OPERATION: "invoke_agent", semconv.AGENT_NAME: "bot"},
        langfuse={"langfuse.observation.type": "agent"},
        langsmith={"langsmith.span.kind": "chain"},
        mlflow={"mlflow.spanType": "AGENT"},
        phoenix={"openinference.span.kind": "AGENT", "agent.name": "bot"},
        weave={"weave.span.kind": "agent"},
    ),
    row(
        "kind: tool",
        {
            semconv.OPERATION: "execute_tool",
            semconv.TOOL_NAME: "weather",
            semconv.TOOL_ARGUMENTS: '{"city":"Rome"}',
            semconv.TOOL_RESULT: '{"sky":"blue"}',
        },
        langfuse={"langfuse.observation.type": "tool", "langfuse.observation.output": {"sky": "blue"}},
        langsmith={"langsmith.span.kind": "tool", semconv.LEGACY_COMPLETION: {"sky": "blue"}},
        mlflow={"mlflow.spanType": "TOOL", "mlflow.spanOutputs": {"sky": "blue"}},
        phoenix={"openinference.span.kind": "TOOL", "tool.name": "weather", "output.value": {"sky": "blue"}},
        weave={"weave.span.kind": "tool", "outputs": {"sky": "blue"}},
    ),
    row(
        "kind: retrieval",
        {
            semconv.OPERATION: "retrieval",
            semconv.RETRIEVAL_QUERY: "Rome",
            semconv.RETRIEVAL_DOCUMENTS: encode([{"id": "7", "score": 0.5, "content": "A city"}]),
        },
        langfuse={"langfuse.observation.type": "retriever", "langfuse.observation.input": "Rome"},
        langsmith={"langsmith.span.kind": "retriever", semconv.LEGACY_PROMPT: {"input": "Rome"}},
        mlflow={"mlflow.spanType": "RETRIEVER", "mlflow.spanInputs": "Rome"},
        phoenix={
            "openinference.span.kind": "RETRIEVER",
            "input.value": "Rome",
            "retrieval.documents.0.document.content": "A city",
            "retrieval.documents.0.document.id": "7",
            "retrieval.documents.0.document.score": 0.5,
        },
        weave={"weave.span.kind": "retriever", "inputs": "Rome"},
    ),
    row(
        "kind: embeddings",
        {semconv.OPERATION: "embeddings", semconv.INPUT_MESSAGES: encode([USER]), semconv.EMBEDDING_DIMENSIONS: 3},
        langfuse={"langfuse.observation.type": "embedding", "langfuse.observation.output": {"dimensions": 3}},
        langsmith={"langsmith.span.kind": "embedding"},
        mlflow={"mlflow.spanType": "EMBEDDING"},
        phoenix={"openinference.span.kind": "EMBEDDING", "embedding.embeddings.0.embedding.text": "Weather?"},
        weave={"weave.span.kind": "embedding"},
    ),
    row(
        "a link to another tool",
        {semconv.LINK_PREFIX + "mlflow": "http://m"},
        langfuse={"langfuse.observation.metadata.link_mlflow": "http://m"},
        langsmith={"langsmith.metadata.link_mlflow": "http://m"},
        phoenix={"metadata": {"link_mlflow": "http://m"}},
        weave={"wandb.attributes": {"link_mlflow": "http://m"}},
    ),
    row(
        "another's span of the same call",
        {semconv.SAME_CALL: "ab", semconv.INPUT_TOKENS: 5, semconv.COST_TOTAL: 1.0},
        jaeger=Cell(lacks=(semconv.INPUT_TOKENS, semconv.COST_TOTAL), note="no tokens, no cost"),
        langfuse=Cell(
            {"langfuse.observation.type": "span"},
            ("langfuse.observation.usage_details", "langfuse.observation.cost_details", semconv.INPUT_TOKENS),
        ),
        langsmith=Cell({"langsmith.span.kind": "chain"}, ("langsmith.usage_metadata", semconv.INPUT_TOKENS)),
        mlflow=Cell(
            lacks=("mlflow.chat.tokenUsage", "mlflow.llm.cost", semconv.INPUT_TOKENS), note="no tokens, no cost"
        ),
        phoenix=Cell({"openinference.span.kind": "CHAIN"}, ("llm.token_count.prompt", semconv.INPUT_TOKENS)),
        weave=Cell(lacks=(semconv.INPUT_TOKENS, "wandb.wb_run_id"), note="no tokens, no cost"),
    ),
    row(
        "tokens on a parent",
        {semconv.OPERATION: "invoke_agent", semconv.INPUT_TOKENS: 5},
        **dict.fromkeys(
            BACKENDS, Cell(lacks=(semconv.INPUT_TOKENS, "llm.token_count.prompt"), note="not sent: its calls have them")
        ),
    ),
)
