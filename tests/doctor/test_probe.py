"""Whether anybody is there."""

from __future__ import annotations

import pytest
from http_answers import answering

from otel_prompt.doctor import probe
from otel_prompt.doctor.findings import without_password


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:99999/", "it is no address"),
        ("http://no-such-host.invalid/", "there is no host of that name"),
    ],
)
def test_no_answer(url, reason):
    """Why there is no answer is said in words."""
    assert probe.ask(url).reason == reason


def test_no_http(quiet_place):
    """HTTPS spoken to a server of HTTP is told apart from silence."""
    with answering(200) as (url, _):
        assert "secure" in probe.ask(url.replace("http:", "https:")).reason


def test_passwords_are_not_shown():
    """An address is shown without who may use it."""
    assert without_password("https://me:pw@host:1/x") == "https://…@host:1/x"
