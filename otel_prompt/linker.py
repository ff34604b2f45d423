"""The links of this process's spans to their pages, as far as its settings and its store know them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from opentelemetry.trace import Span

from . import semconv
from .config import Settings
from .deep_links import Ids, Page, carried, ids_of, links, pages
from .errors import StoreError
from .exporters.store import Store
from .span_record import SpanRecord


class Linker:
    """Knows the tools that spans go to, and learns MLflow's ids of experiments from the store.

    Args:
        settings: where the tools are.
        exporters: where spans go.
    """

    def __init__(self, settings: Settings, exporters: Collection[str]) -> None:
        self._settings, self._exporters = settings, exporters
        self._pages = self._known()
        self._has_runs = "wandb" in self._pages

    def attributes(self, span: Span, held: Mapping[str, Any]) -> dict[str, Any]:
        """What a span that ends is to say of its pages; nothing is asked of anyone here.

        Args:
            span: whose ids count. What it holds is not read: of an open span, that takes longer than all else.
            held: what it says.
        """
        if not self._pages:
            return {}
        context = span.get_span_context()
        ids = self._ids(f"{context.trace_id:032x}", f"{context.span_id:016x}", held)
        found: dict[str, Any] = {semconv.LINK_PREFIX + name: url for name, url in links(self._pages, ids).items()}
        if ids.run_key is not None:  # what is linked to must be what the call is put into
            found[semconv.RUN_KEY] = ids.run_key
        return found

    def links(self, trace_id: str, span_id: str, attributes: Mapping[str, Any]) -> dict[str, str]:
        """All that is known now: what a span says, and what the store has learnt since."""
        self._pages = self._known()
        return {**links(self._pages, self._ids(trace_id, span_id, attributes)), **carried(attributes)}

    def _ids(self, trace_id: str, span_id: str, held: Mapping[str, Any]) -> Ids:
        if self._has_runs:
            return ids_of(SpanRecord(trace_id, span_id, "", 0, 0, attributes=dict(held)), self._settings)
        # The run of a call is made of all that it says, and is looked for only where a page needs it.
        experiment = held.get(semconv.EXPERIMENT)
        return Ids(trace_id, span_id, None, None if experiment is None else str(experiment))

    def _known(self) -> dict[str, Page]:
        experiments = known_experiments(self._settings) if "mlflow" in self._exporters else {}
        return pages(self._settings, self._exporters, experiments)


def known_experiments(settings: Settings) -> dict[str, str]:
    """MLflow's ids of experiments, by name, as far as something was delivered to them from the store."""
    from .exporters.mlflow_address import set_by_application, shown, whole

    uri = settings.mlflow_tracking_uri or set_by_application()
    store = Store(settings.store)
    if not store.path.exists():
        return {}
    try:
        return store.destinations.noted(f"mlflow {shown(whole(uri))}")
    except StoreError:  # who writes to it says so
        return {}
    finally:
        store.close()
