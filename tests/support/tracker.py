"""A destination that can be down, can be slow, and can refuse a trace; and a wait for what other threads do."""

from __future__ import annotations

import threading
import time

from otel_prompt import semconv
from otel_prompt.exporters.delivery import DeliveryError
from otel_prompt.exporters.selection import Filter

NAME = "tracker http://here"


class Tracker:
    """What has come, by trace; ``gate`` holds it up."""

    batch, gather_seconds, closed = 50, 0.0, False
    judgements_alone = False

    def __init__(self, name=NAME):
        self.name, self.busy = name, False
        self.down, self.refused, self.opened = False, set(), 0
        self.spans: dict[str, set[str]] = {}
        self.steps: dict[str, int] = {}
        self.batches, self.wanted = 0, Filter()
        self.gate = threading.Event()
        self.gate.set()

    def open(self):
        """Get ready, which may take long."""
        self.opened += 1
        self.gate.wait(20)
        if self.down:
            raise DeliveryError("the tracker does not answer")

    def close(self):
        """Let go."""
        self.closed = True

    def made(self):
        """What was busy is done."""
        self.busy = False
        self.gate.set()

    def deliver(self, traces):
        """Take what is not refused."""
        self.batches += 1
        failed = {}
        for spans in traces:
            if spans[0].trace_id in self.refused:
                failed[spans[0].trace_id] = "not this one"
                continue
            self.spans.setdefault(spans[0].trace_id, set()).update(s.span_id for s in spans)
            for s in spans:
                if semconv.RUN_STEP in s.attributes:
                    self.steps[s.span_id] = s.attributes[semconv.RUN_STEP]
        if failed:
            raise DeliveryError("not this one", failed)


def until(condition, seconds=10.0):
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)
