"""What a W&B service has of a run: asked in the words in which W&B's own client asks it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ..encoding import decode
from ..errors import require
from ..invocation import Json
from .delivery import DeliveryError
from .wandb_library import explained, library

_ANSWER_SECONDS: Final = 10.0
_PAGE: Final = 1000
_LINES: Final = """
query RunLines($project: String, $entity: String, $run: String!) {
  viewer { entity }
  model(name: $project, entityName: $entity) {
    bucket(name: $run, missingOk: true) { historyLineCount historyTail }
  }
}
"""
_VIEWER: Final = "query Viewer { viewer { entity } }"
_HISTORY: Final = """
query HistoryPage($entity: String!, $project: String!, $run: String!, $minStep: Int64!, $maxStep: Int64!, $pageSize: Int!) {
  project(name: $project, entityName: $entity) {
    run(name: $run) { history(minStep: $minStep, maxStep: $maxStep, samples: $pageSize) }
  }
}
"""  # noqa: E501 - as W&B's own client has it


class Lines(msgspec.Struct):
    """How much history a run has: how many lines, and the step of the next. ``entity`` is whose key it is."""

    count: int = 0
    step: int = 0
    exists: bool = False
    entity: str | None = None


class Server:
    """A W&B service, asked through W&B's own client.

    Args:
        place: its address, for what is said when it fails.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._api: Any = None

    def entity(self) -> str | None:
        """The default user or team of the key.

        Raises:
            DeliveryError: it does not answer, or does not take the key.
        """
        return ((self._ask(_VIEWER, {})).get("viewer") or {}).get("entity")

    def lines(self, entity: str | None, project: str, run: str) -> Lines:
        """How much of a run is there. Raises DeliveryError."""
        found = self._ask(_LINES, {"entity": entity, "project": project, "run": run}, project)
        own = (found.get("viewer") or {}).get("entity")
        bucket = (found.get("model") or {}).get("bucket")
        if bucket is None:
            return Lines(entity=own)
        tail = decode(bucket.get("historyTail") or "[]")
        step = decode(tail[-1]).get("_step", -1) + 1 if tail else 0
        return Lines(bucket.get("historyLineCount") or 0, step, exists=True, entity=own)

    def history(self, entity: str, project: str, run: str, since: int) -> list[Json]:
        """The rows of a run from a step on. Raises DeliveryError, also if some are still on their way."""
        there = self.lines(entity, project, run)
        rows: list[Json] = []
        for first in range(since, there.step, _PAGE):
            asked = {"entity": entity, "project": project, "run": run}
            page = {"minStep": first, "maxStep": min(first + _PAGE, there.step), "pageSize": _PAGE}
            found = self._ask(_HISTORY, {**asked, **page}, project)
            held = ((found.get("project") or {}).get("run") or {}).get("history") or []
            rows += [decode(row) if isinstance(row, str) else row for row in held]
        return rows

    def _ask(self, query: str, variables: Json, project: str | None = None) -> Json:
        with explained(self._place, project):
            if self._api is None:
                self._api = _client()
            answer: Any = self._api.execute_graphql(query, variables, timeout=_ANSWER_SECONDS)
        if not isinstance(answer, dict):
            raise DeliveryError(f"what answers at {self._place} is no W&B")
        return answer  # pyright: ignore[reportReturnType] - it is W&B's


def _client() -> Any:
    wandb = library()
    api = require("wandb.apis.public.service_api", "wandb").ServiceApi
    setup = wandb.setup(wandb.Settings(silent=True, quiet=True))
    # As ``wandb sync`` does: the key of WANDB_API_KEY, or that of `wandb login`. Nobody is asked.
    found = require("wandb.sdk.lib.wbauth", "wandb").authenticate_session(
        host=setup.settings.base_url, source="otel-prompt", no_offline=True, no_create=True, prompt=False
    )
    if not found:
        raise ValueError("No API key")
    return api(settings=wandb.setup().settings, timeout=_ANSWER_SECONDS)
