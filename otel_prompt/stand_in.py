"""A tracer provider that stands in for the application's own, until the application sets one.

OpenTelemetry takes one global provider, once. ``instrument()`` comes first in a program, and the application's own
set-up often later: were ours to take the one place, the application's would be refused, and all its telemetry lost.
So ours leaves the place open, and every tracer that was had from it goes over to the application's provider.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from .errors import shielded

HandedOver = Callable[[trace.TracerProvider], None]


class StandIn(TracerProvider):
    """A provider whose tracers follow the global one.

    Args:
        handed_over: told once of the application's provider, at the first span after it was set.
    """

    def __init__(self, handed_over: HandedOver) -> None:
        super().__init__()
        self.handed_over = handed_over
        self._followed: trace.TracerProvider = self

    def get_tracer(self, *args: Any, **kwargs: Any) -> trace.Tracer:  # pyright: ignore[reportIncompatibleMethodOverride]
        """A tracer of this provider, and then of the application's."""
        return _Following(self, super().get_tracer(*args, **kwargs), args, kwargs)

    def follow(self, provider: trace.TracerProvider) -> None:
        """The application has set its own."""
        if provider is not self._followed:
            self._followed = provider
            with shielded:
                self.handed_over(provider)


class _Following(trace.Tracer):
    def __init__(self, owner: StandIn, tracer: trace.Tracer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._owner, self._asked = owner, (args, kwargs)
        self._provider: trace.TracerProvider = owner
        self._tracer = tracer

    def _followed(self) -> trace.Tracer:
        found = trace.get_tracer_provider()
        if found is not self._provider and not isinstance(found, trace.ProxyTracerProvider):
            self._owner.follow(found)
            args, kwargs = self._asked
            self._provider, self._tracer = found, found.get_tracer(*args, **kwargs)
        return self._tracer

    def start_span(self, *args: Any, **kwargs: Any) -> trace.Span:
        """A span of whoever is the provider now."""
        return self._followed().start_span(*args, **kwargs)

    def start_as_current_span(self, *args: Any, **kwargs: Any) -> Any:
        """A span of whoever is the provider now."""
        return self._followed().start_as_current_span(*args, **kwargs)


def stand_in(handed_over: HandedOver) -> trace.TracerProvider:
    """Set a global provider that the application may replace once; or the one that it has set in the meantime."""
    made = StandIn(handed_over)
    trace.set_tracer_provider(made)
    found = trace.get_tracer_provider()
    if found is made:
        # The API has no public way to leave the place open. Where this is not to be had, it is taken for good.
        once: Any = getattr(trace, "_TRACER_PROVIDER_SET_ONCE", None)
        if hasattr(once, "_done"):
            once._done = False
    return found
