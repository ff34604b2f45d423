"""Weights & Biases and Weave: whether the library is there, whether they answer, and whether they take the key."""

from __future__ import annotations

import netrc
from base64 import b64encode
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ..config import Settings, WandbMode, variable
from ..encoding import decoded, encode
from ..exporters import destination
from .findings import Finding, Level, without_password
from .folders import unwritable
from .probe import Answer, ask

_AREA = "destinations"
_WAITS: Final = "what is recorded meanwhile waits in the store"
_SERVICE: Final = "https://api.wandb.ai"
_VIEWER: Final = encode({"query": "query Viewer { viewer { entity } }", "variables": {}}).encode()


def examine(settings: Settings) -> Iterator[Finding]:
    """W&B's runs."""
    place = destination("wandb", settings).name.partition(" ")[2]
    if (missing := _library("wandb")) is not None:
        yield missing
    elif settings.wandb_mode is WandbMode.DISABLED:
        advice = "set WANDB_MODE to online or offline"
        yield Finding(_AREA, Level.PROBLEM, "wandb", "is an exporter, but WANDB_MODE=disabled switches it off", advice)
    elif settings.wandb_mode is WandbMode.OFFLINE:
        yield _files(Path(place.removeprefix("file://")))
    else:
        yield _login(f"wandb {without_password(place)}", place)


def examine_weave(settings: Settings) -> Iterator[Finding]:
    """Weave's calls: they go to one address, and whose key it is says W&B at another."""
    place = destination("weave", settings).name.partition(" ")[2]
    subject, base = f"weave {without_password(place)}", (settings.wandb_base_url or _SERVICE).rstrip("/")
    if (missing := _library("weave")) is not None:
        yield missing
        return
    login = _login(subject, base)
    if login.level is not Level.OK:
        yield login
        return
    answer = ask(f"{place}/server_info", headers=_headers(_key(base) or ""))
    if answer.status == 200:
        yield login
    elif answer.status is None:
        advice = f"correct WF_TRACE_SERVER_URL or WANDB_BASE_URL; {_WAITS}"
        yield Finding(_AREA, Level.PROBLEM, subject, f"does not answer: {answer.reason}", advice)
    elif answer.status in (401, 403):
        yield _refused(subject, answer)
    else:
        advice = f"is it a Weave trace server? Correct WF_TRACE_SERVER_URL or WANDB_BASE_URL; {_WAITS}"
        text = f"answers, but not as Weave does: {answer.status} {answer.reason} at /server_info"
        yield Finding(_AREA, Level.PROBLEM, subject, text, advice)


def _library(name: str) -> Finding | None:
    try:
        version(name)
    except PackageNotFoundError:
        advice = f"pip install 'otel-prompt[{name}]'; {_WAITS}"
        return Finding(_AREA, Level.PROBLEM, name, "is an exporter, but the library is not installed", advice)
    return None


def _files(folder: Path) -> Finding:
    subject = f"wandb {folder}"
    if (blocked := unwritable(folder)) is not None:
        advice = f"make it writable, or name another folder in WANDB_DIR; {_WAITS}"
        return Finding(_AREA, Level.PROBLEM, subject, f"cannot be written: {blocked} is not writable", advice)
    return Finding(_AREA, Level.OK, subject, "can be written; `wandb sync` sends the runs in it")


def _login(subject: str, base: str) -> Finding:
    """Whether W&B knows the key that there is. Nothing is sent to any other address."""
    if (key := _key(base)) is None:
        advice = f"set WANDB_API_KEY, or log in with `wandb login`; {_WAITS}"
        return Finding(_AREA, Level.PROBLEM, subject, "has no API key", advice)
    headers = {**_headers(key), "Content-Type": "application/json"}
    answer = ask(f"{base}/graphql", "POST", headers, _VIEWER)
    if answer.status is None:
        advice = f"correct WANDB_BASE_URL; {_WAITS}"
        return Finding(_AREA, Level.PROBLEM, subject, f"does not answer: {answer.reason}", advice)
    said: Any = decoded(answer.body.decode("utf-8", "replace"))
    found = said.get("data") if isinstance(said, dict) else None
    if answer.status in (401, 403) or (isinstance(found, dict) and found.get("viewer", 0) is None):
        return _refused(subject, answer)
    if answer.status != 200 or not isinstance(found, dict) or not isinstance(found.get("viewer"), dict):
        text = f"answers, but not as W&B does: {answer.status} {answer.reason} at /graphql"
        return Finding(_AREA, Level.PROBLEM, subject, text, f"is WANDB_BASE_URL the address of a W&B? {_WAITS}")
    return Finding(_AREA, Level.OK, subject, f"answers, and takes the key, of {found['viewer'].get('entity')}")


def _refused(subject: str, answer: Answer) -> Finding:
    advice = f"correct WANDB_API_KEY, or log in again with `wandb login --relogin`; {_WAITS}"
    return Finding(_AREA, Level.PROBLEM, subject, f"does not accept the API key ({answer.status})", advice)


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"api:{key}".encode()).decode("ascii")}


def _key(base: str) -> str | None:
    """The key as W&B's own client finds it: in the environment, or where ``wandb login`` has put it."""
    if (given := variable("WANDB_API_KEY")) is not None:
        return given
    named = variable("NETRC")
    for path in [Path(named)] if named else [Path.home() / ".netrc", Path.home() / "_netrc"]:
        try:
            found = netrc.netrc(path.expanduser()).authenticators(urlsplit(base).hostname or "")
        except (OSError, netrc.NetrcParseError):
            continue
        if found is not None:
            return found[2]
    return None
