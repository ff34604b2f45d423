"""Copies of a registry's prompts: how long they serve, and what happens when the service is down."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from otel_prompt import Prompt, PromptError
from otel_prompt.prompts.reference import parse
from otel_prompt.prompts.registries._copies import Copies

LABEL, VERSION = parse("mlflow:p@production"), parse("mlflow:p/3")


class Registry:
    """A service that counts how often it is asked, and can be down or slow."""

    def __init__(self) -> None:
        self.asked = 0
        self.template = "One"
        self.down = False
        self.open = threading.Event()
        self.open.set()

    def fetch(self, reference):
        """The prompt, as any registry gives it."""
        self.asked += 1
        self.open.wait(10)
        if self.down:
            raise PromptError("the registry is down.")
        return Prompt("p", self.template, version="3", label=reference.label, tags=("a",), metadata={"x": [1]}, id="7")


@pytest.fixture
def service():
    """A service that is up."""
    return Registry()


@pytest.fixture
def process(tmp_path):
    """A process with the copies of this user; each call starts another one."""
    return lambda fresh=60.0: Copies(fresh, tmp_path / "cache")


def get(copies, service, reference=LABEL, where="here"):
    """Load once."""
    return copies.get(where, reference, service.fetch)


def settle(copies):
    """Wait for what is asked in the background."""
    for thread in list(copies._refreshing.values()):
        thread.join()


def test_a_fresh_copy_asks_nobody(process, service):
    """Within its time a label is asked for once, by all processes together, and by each of two services."""
    copies = process()
    assert get(copies, service) == get(copies, service) == get(process(), service)
    assert service.asked == 1
    get(copies, service, where="elsewhere")
    assert service.asked == 2


def test_a_copy_is_the_prompt(process, service):
    """What is read from disk is what the service gave."""
    assert get(process(), service) == get(process(), service)
    assert service.asked == 1


def test_an_old_copy_is_refreshed_behind_the_call(process, service):
    """A label's old copy serves at once while a new one is fetched, which serves from then on."""
    copies = process(0.0)
    get(copies, service)
    service.template = "Two"
    service.open.clear()
    assert [get(copies, service).template for _ in range(3)] == ["One"] * 3
    service.open.set()
    settle(copies)
    assert get(copies, service).template == "Two"
    settle(copies)


def test_a_version_is_loaded_once(process, service):
    """A version does not change, so it is never asked for again, also not by another process when it is old."""
    get(process(0.0), service, VERSION)
    service.down = True
    copies = process(0.0)
    assert [get(copies, service, VERSION).template for _ in range(3)] == ["One"] * 3
    assert service.asked == 1


@pytest.mark.parametrize("again", [False, True])
def test_down(process, service, caplog, again):
    """When the service is down the last good copy serves, in this process and in a new one; one warning says so."""
    copies = process(0.0)
    get(copies, service)
    service.down = True
    copies = process(0.0) if again else copies
    with caplog.at_level(logging.WARNING, "otel_prompt"):
        for _ in range(3):
            assert get(copies, service).template == "One"
            settle(copies)
    assert [r.getMessage() for r in caplog.records] == [
        "otel-prompt: the registry is down. The last good copy of it is used."
    ]


def test_down_without_a_copy(process, service):
    """Without a copy, what is wrong is said."""
    service.down = True
    with pytest.raises(PromptError, match="the registry is down"):
        get(process(), service)


def test_slow(process, service, caplog):
    """A service that does not answer holds a new process with a copy up for a moment only."""
    get(process(0.0), service)
    copies = process(0.0)
    copies.patience_seconds = 0.05
    service.open.clear()
    before = time.monotonic()
    assert get(copies, service).template == "One"
    assert time.monotonic() - before < 2
    assert "no answer" in caplog.text
    service.open.set()
    settle(copies)


def test_a_broken_copy(process, service, tmp_path):
    """A file that is no copy is passed over."""
    get(process(), service)
    for file in (tmp_path / "cache").iterdir():
        file.write_text("{")
    assert get(process(), service).template == "One"
    assert service.asked == 2


def test_no_disk(service, tmp_path, caplog):
    """Where nothing can be written the prompt is loaded all the same, and it is said."""
    (tmp_path / "file").write_text("")
    assert get(Copies(60.0, tmp_path / "file"), service).template == "One"
    assert "no copy of prompt mlflow:p@production is kept on disk" in caplog.text
