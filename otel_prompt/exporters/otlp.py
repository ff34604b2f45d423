"""OTLP in a tool's own dialect: the SDK's exporter, given spans that say what that tool reads.

The spans that the application made are never changed, and other exporters get them as they are. What cannot be
delivered is tried again as the SDK's own exporter does it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from ..config import Settings, apart_from_environment, load
from ..errors import ConfigurationError, logger, shielded
from ..processors.others_spans import cleaned
from ..same_call import Calls
from ..span_record import SpanRecord
from .filters import chosen
from .otlp_presets import Connection, Preset, preset
from .otlp_spans import to_sdk
from .process_facts import ProcessFacts
from .recording import Recording, recording
from .score_destination import ScoreDestination
from .sdk_spans import to_record
from .selection import Selection

_OTHERS: Final = ("OTEL_EXPORTER_OTLP_", "OTEL_PYTHON_EXPORTER_OTLP_")
"""What is set for the user's own collector, a key to it among it, is nothing for these tools."""

_Pair = tuple[SpanRecord, ReadableSpan]


class OtlpExporter(SpanExporter):
    """Sends spans to one tool. Where its key or its address is missing, that is said once, and nothing is sent.

    Args:
        name: the preset's.
        settings: None for the settings of this process.
    """

    def __init__(self, name: str, settings: Settings | None = None) -> None:
        self._settings = settings if settings is not None else load(strict=False)
        self._preset = preset(name)
        self._inner: SpanExporter | None = None
        self._recording: Recording | None = None
        self._resource: Mapping[str, str] = {}
        self._facts = ProcessFacts(self._settings)
        self._calls = Calls()
        self._selection: Selection[_Pair] = Selection(chosen(self._preset.name, self._preset.default, self._settings))
        try:
            connection = self._preset.connect(self._settings)
        except ConfigurationError as error:
            logger.error("otel-prompt: %s.", error)
            return
        self._resource = connection.resource
        self._inner = _sender(connection)
        if self._preset.scores is not None:
            # Its judgements come from the store, and what ends last hands them on: the spans go out before.
            self._recording = recording(self._settings)
            self._recording.use(self, self._settings)
            self._recording.deliver_to(ScoreDestination(self._preset.name, self._settings))

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans. What goes wrong is said once; the application never hears of it."""
        if self._inner is None:
            return SpanExportResult.FAILURE
        results: list[SpanExportResult] = []
        with shielded:
            pairs = self._records(spans)
            chosen_pairs = self._selection.select([(pair[0], pair) for pair in pairs])
            for batch in split(chosen_pairs, self._preset):
                results.append(self._inner.export(list(self._said(batch))))
            if all(result is SpanExportResult.SUCCESS for result in results):
                return SpanExportResult.SUCCESS
        return SpanExportResult.FAILURE

    def _records(self, spans: Sequence[ReadableSpan]) -> list[_Pair]:
        records: list[SpanRecord] = []
        there: list[ReadableSpan] = []
        for span in spans:
            with shielded:  # one that cannot be read keeps no other from going out
                records.append(cleaned(to_record(span), self._settings))
                there.append(span)
        return [(self._facts.completed(record), span) for record, span in zip(self._calls.owned(records), there)]

    def _said(self, batch: Sequence[_Pair]) -> Iterator[ReadableSpan]:
        for record, span in batch:
            with shielded:
                yield to_sdk(self._preset.dialect(record), self._resource, span)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is kept here but what may yet turn out to be wanted."""
        return self._inner is None or self._inner.force_flush(timeout_millis)

    def shutdown(self) -> None:
        """End the connection, and wait a little for judgements that are not yet delivered."""
        if self._inner is not None:
            self._inner.shutdown()
        with shielded:
            if self._recording is not None:
                self._recording.close(self)


def split(pairs: Sequence[_Pair], tool: Preset) -> Iterator[list[_Pair]]:
    """Spans in requests that a tool takes."""
    batch: list[_Pair] = []
    roots = characters = 0
    for record, span in pairs:
        size, root = _size(record), int(record.parent_id is None)
        too_many = tool.most_roots is not None and roots + root > tool.most_roots
        if batch and (too_many or characters + size > tool.most_characters):
            yield batch
            batch, roots, characters = [], 0, 0
        batch.append((record, span))
        roots, characters = roots + root, characters + size
    if batch:
        yield batch


def _size(record: SpanRecord) -> int:
    return 500 + sum(len(value) if isinstance(value, str) else 16 for value in record.attributes.values())


def _sender(connection: Connection) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    with apart_from_environment(*_OTHERS):
        return OTLPSpanExporter(endpoint=connection.endpoint, headers=dict(connection.headers))


def exporter_class(name: str) -> type[OtlpExporter]:
    """The class of a preset, for ``OTEL_TRACES_EXPORTER``: the SDK makes one without saying which it wants."""

    def make(self: OtlpExporter, **_: Any) -> None:
        OtlpExporter.__init__(self, name)

    words = (word.capitalize() for word in name.split("-"))
    return type(f"{''.join(words)}Exporter", (OtlpExporter,), {"__init__": make, "__doc__": f"Sends spans to {name}."})
