"""What the OpenTelemetry SDK hands finished spans to: the store, and through it the destinations fed from there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from ..config import Settings, load
from ..errors import logger, shielded
from .recording import recording


class StoreExporter(SpanExporter):
    """Keeps spans in the local store.

    Args:
        settings: where the store is; None for the settings of this process.
        _: what the SDK may give to any exporter.
    """

    def __init__(self, settings: Settings | None = None, **_: Any) -> None:
        self.settings = settings if settings is not None else load(strict=False)
        self.recording = recording(self.settings)
        self.recording.use(self, self.settings)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Keep spans. What goes wrong is said once; the application never hears of it."""
        with shielded:
            if self.recording.write(spans):
                return SpanExportResult.SUCCESS
        return SpanExportResult.FAILURE

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until what was written is delivered."""
        return self.recording.flush(timeout_millis / 1000)

    def shutdown(self) -> None:
        """Wait a little for what is not yet delivered."""
        with shielded:
            self.recording.close(self)


class MlflowExporter(StoreExporter):
    """Keeps spans in the local store, and hands their traces on to MLflow from there."""

    def __init__(self, settings: Settings | None = None, **_: Any) -> None:
        from .mlflow import MlflowDestination

        super().__init__(settings)
        to = MlflowDestination(self.settings)
        if self.settings.mlflow_tracking_uri is None:
            logger.warning(
                "otel-prompt: MLFLOW_TRACKING_URI is not set: traces go to %s, or where the application has MLflow go.",
                to.name.removeprefix("mlflow "),
            )
        self.recording.deliver_to(to)


class WandbExporter(StoreExporter):
    """Keeps spans in the local store, and hands their calls on to Weights & Biases from there."""

    def __init__(self, settings: Settings | None = None, **_: Any) -> None:
        from .wandb import WandbDestination

        super().__init__(settings)
        self.recording.deliver_to(WandbDestination(self.settings))


class WeaveExporter(StoreExporter):
    """Keeps spans in the local store, and hands their traces on to Weave from there."""

    def __init__(self, settings: Settings | None = None, **_: Any) -> None:
        from .weave import WeaveDestination

        super().__init__(settings)
        self.recording.deliver_to(WeaveDestination(self.settings))
