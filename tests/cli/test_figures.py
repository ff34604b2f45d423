"""How figures and times are written and read."""

from __future__ import annotations

from datetime import datetime

import pytest

from otel_prompt.cli import figures, moments


def local(*parts):
    """A moment by the clock on the wall."""
    return datetime(*parts).astimezone()


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0.00s"), (0.42, "0.42s"), (9.99, "9.99s"), (9.999, "10.0s"), (99.96, "1m39s"), (125, "2m05s")],
)
def test_seconds(value, text):
    """Three figures, then minutes."""
    assert figures.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "$0.0000"),
        (0.00123, "$0.0012"),
        (12.3, "$12.30"),
        (0.0000052, "$0.0000052"),
        (0.00001, "$0.00001"),
        (0.0000123, "$0.000012"),
        (0.00014, "$0.00014"),
        (0.00099996, "$0.0010"),
        (0.99996, "$1.0000"),
        (1e-12, "$0.000000000001"),
    ],
)
def test_dollars(value, text):
    """A dash for what is not known; a small amount keeps two figures."""
    assert figures.dollars(value) == text


@pytest.mark.parametrize(("given", "made", "text"), [(None, None, "-"), (1, None, "1/-"), (0, 0, "0/0")])
def test_tokens(given, made, text):
    """None is no zero."""
    assert figures.tokens(given, made) == text


@pytest.mark.parametrize(
    ("then", "text"),
    [
        (local(2026, 5, 4, 3, 2, 1), "03:02:01"),
        (local(2026, 5, 3, 3, 2, 1), "03 May"),
        (local(2025, 5, 4, 3, 2, 1), "2025-05-04"),
    ],
)
def test_moment(then, text):
    """The clock for today, the date before."""
    assert figures.moment(int(then.timestamp() * 1e9), local(2026, 5, 4, 12)) == text


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("90s", 90), ("1.5m", 90), ("1h", 3600), (" 2D ", 172800), ("1w", 604800)],
)
def test_ago(said, seconds):
    """A span of time is so long ago."""
    now = local(2026, 5, 4, 12)
    assert moments.nanoseconds(said, now) == int((now.timestamp() - seconds) * 1e9)


@pytest.mark.parametrize(
    ("said", "then"),
    [
        ("2026-05-04", local(2026, 5, 4)),
        ("2026-05-04T10:00:00Z", datetime.fromisoformat("2026-05-04T10:00:00+00:00")),
        ("2026-05-04T10:00:00+02:00", datetime.fromisoformat("2026-05-04T08:00:00+00:00")),
    ],
)
def test_iso(said, then):
    """An ISO time is that time; without a zone, the local one."""
    assert moments.nanoseconds(said) == int(then.timestamp() * 1e9)


def test_not_said():
    """No time is no limit."""
    assert moments.nanoseconds(None) is None
