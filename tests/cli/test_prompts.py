"""``otel-prompt prompts``: what there is, what changed, what ran, and what is wrong."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest
from recorded import call, failed

from otel_prompt import Prompt, semconv
from otel_prompt.cli.prompts_diff import compared
from otel_prompt.prompts.registries import registry

pytest.importorskip("yaml")


@pytest.fixture
def prompts(store, tmp_path):
    """The folder that the command line reads, under Git."""
    folder = tmp_path / "prompts"
    folder.mkdir()

    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)

    git("init", "-q")
    git("config", "user.name", "Ada")
    git("config", "user.email", "ada@example.org")

    def write(name, text, commit=True):
        (folder / name).write_text(text)
        if commit:
            git("add", "-A")
            git("commit", "-q", "-m", f"{name} it is")
        return folder / name

    return write


def used(number, name, version, **options):
    """A call of a version."""
    return call(number, attributes={semconv.PROMPT_NAME: name, semconv.PROMPT_VERSION: version}, **options)


def test_list(prompts, store, run):
    """Every version of every prompt has its labels, calls, errors, cost and last use; what only ran is there too."""
    prompts("hi.md", "---\nversion: 2\nlabels: [canary]\n---\nHi {{name}}")
    prompts("labels.yaml", "hi: {production: 1}")
    prompts("new.md", "New", commit=False)
    store.write([used(1, "hi", "1", ago=300), used(2, "hi", "2", ago=200), used(3, "hi", "2", ago=100)])
    store.write([used(4, "elsewhere", "7", ago=50), failed(5, ago=10)])
    rows = json.loads(run("prompts", "list", "--json")[1])
    short = [(r["name"], r["version"], r["labels"], r["calls"], r["dirty"]) for r in rows]
    assert short[:3] == [
        ("elsewhere", "7", [], 1, None),
        ("hi", "2", ["canary"], 2, False),
        ("hi", "1", ["production"], 1, None),
    ]
    assert rows[1]["cost_usd"] == pytest.approx(0.00246)
    assert rows[1]["variables"] == ["name"]
    assert rows[1]["first_used"] < rows[1]["last_used"]
    assert next(r for r in rows if r["name"] == "new")["last_used"] is None
    assert next(r for r in rows if r["name"] == "story")["errors"] == 1
    code, out, _ = run("prompts", "list", columns=80)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    for word in ("hi", "canary", "production", "elsewhere", "$0.0025"):
        assert word in out


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_figures_are_never_cut(prompts, store, run, columns):
    """On a narrow screen names give way, and then each version has lines of its own; no figure is broken."""
    name = "a-prompt-with-a-name-that-goes-on-and-on"
    prompts("long.md", f"---\nname: {name}\nversion: 2\nlabels: [canary, production]\n---\nHi")
    store.write([used(1, name, "1", ago=300), used(2, name, "1", ago=200)])
    cell_len = pytest.importorskip("rich.cells").cell_len
    for command in (["prompts", "list"], ["prompts", "history", name]):
        _, out, _ = run(*command, columns=columns)
        assert max(map(cell_len, out.splitlines())) <= columns
        assert "$0.0025" in out


def test_list_of_nothing(run):
    """Without a folder and without calls, what is missing is named."""
    code, _, err = run("prompts", "list")
    assert (code, "there is no folder" in err) == (2, True)


def test_show(prompts, run):
    """A prompt is shown as its file would be; JSON has the same."""
    file = prompts("hi.md", "---\nname: hi\nversion: '2'\n---\nsystem:\nBe {{tone}}.\n\nuser:\nHi\n")
    assert run("prompts", "show", "hi")[1].endswith(file.read_text())
    found = json.loads(run("prompts", "show", "hi:2", "--json")[1])
    assert (found["name"], found["variables"], found["file"]) == ("hi", ["tone"], str(file))
    code, _, err = run("prompts", "show", "ho")
    assert (code, err.count("\n")) == (2, 1)


def test_diff(prompts, run):
    """Two versions are compared by line and by word; one alone is compared with the version before it."""
    prompts("hi.md", "---\nversion: 1\n---\nBe kind.\nSay hello to {{name}}.\nBye")
    prompts("hi.md", "---\nversion: 2\n---\nBe kind.\nSay good day to {{name}}.\nBye")
    for arguments in (["hi:1", "hi:2"], ["hi"]):
        lines = run("prompts", "diff", *arguments)[1].splitlines()
        assert lines[0].startswith("--- hi version 1 (")
        assert lines[1].startswith("+++ hi version 2 (")
        assert "  Be kind." in lines
        assert "- Say hello to {{name}}." in lines
        assert "+ Say good day to {{name}}." in lines
    found = json.loads(run("prompts", "diff", "hi:1", "hi:2", "--json")[1])
    assert found["same_template"] is False
    assert {"change": "+", "text": "Say good day to {{name}}."} in found["lines"]
    assert "They are the same." in run("prompts", "diff", "hi", "hi:2")[1]
    assert "no version before" in run("prompts", "diff", "hi:1")[2]


def test_diff_by_word():
    """Of a changed line the words that changed are marked, and only those."""
    assert compared("Say hello to me.", "Say good day to me.") == [
        ("-", [("Say ", False), ("hello", True), (" to me.", False)]),
        ("+", [("Say ", False), ("good day", True), (" to me.", False)]),
    ]


def test_diff_in_colour(prompts, run, monkeypatch):
    """On a terminal what was removed is red, what was added green, and the words stand out."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    prompts("hi.md", "---\nversion: 1\n---\nSay hello.")
    prompts("hi.md", "---\nversion: 2\n---\nSay bye.")
    out = run("prompts", "diff", "hi")[1]
    assert "\x1b[31m- Say \x1b[0m\x1b[1;7;31mhello\x1b[0m" in out
    assert "\x1b[32m+ Say \x1b[0m\x1b[1;7;32mbye\x1b[0m" in out


def test_history(prompts, store, run):
    """Each commit has who and when, and each version when it first and last ran; so has one that only ran."""
    prompts("hi.md", "---\nversion: 1\n---\nOne")
    prompts("hi.md", "---\nversion: 2\n---\nTwo")
    prompts("hi.md", "---\nversion: 3\n---\nThree", commit=False)
    store.write([used(1, "hi", "1", ago=300), used(2, "hi", "1", ago=200), used(3, "hi", "0", ago=100)])
    rows = json.loads(run("prompts", "history", "hi", "--json")[1])
    assert [(r["version"], r["author"], r["calls"]) for r in rows] == [
        ("3", None, 0), ("2", "Ada", 0), ("1", "Ada", 2), ("0", None, 1),
    ]  # fmt: skip
    assert rows[2]["first_used"] < rows[2]["last_used"]
    assert "hi.md it is" in run("prompts", "history", "hi", columns=160)[1]
    code, _, err = run("prompts", "history", "ho")
    assert (code, "no prompt 'ho'" in err) == (2, True)


def test_lint(prompts, run):
    """Each rule finds what it is for and says where; the exit code tells CI."""
    prompts("fine.md", "---\nvariables: [a]\n---\n{{a}}")
    assert run("prompts", "lint")[:2] == (0, "1 file, 0 findings\n")
    prompts("bumped.md", "---\nversion: 1\n---\nOne")
    prompts("bumped.md", "---\nversion: 1\n---\nTwo", commit=False)
    prompts("broken.md", "{{a")
    prompts("vars.md", "---\nvariables: {a: str, b: str}\n---\n{{a}} {{c}}")
    prompts("two.md", "---\nname: fine\n---\nHi")
    prompts("at.md", "---\nname: a@b\n---\nHi")
    prompts("secret.md", "Use sk-proj-abcdefghijklmnopqrstuvwx")
    code, out, _ = run("prompts", "lint", "--json")
    found = {(f["file"].rsplit("/")[-1], f["rule"]) for f in json.loads(out)}
    assert code == 1
    assert found == {
        ("bumped.md", "version-not-bumped"),
        ("broken.md", "unreadable"),
        ("vars.md", "unused-variable"),
        ("vars.md", "undeclared-variable"),
        ("two.md", "duplicate-name"),
        ("at.md", "name"),
        ("secret.md", "secret"),
    }
    code, out, _ = run("prompts", "lint")
    assert code == 1
    assert "sk-proj" not in out
    assert out.endswith("7 files, 7 findings\n")


def test_render(prompts, run, tmp_path):
    """Values are given as text, as JSON where a type asks for it, or from a file."""
    prompts("hi.md", "---\nvariables: {n: int, text: str}\n---\n{{n}} {{text}}")
    (tmp_path / "text.txt").write_text("a long text")
    assert run("prompts", "render", "hi", "-v", "n=3", "-v", "text=@text.txt")[:2] == (0, "3 a long text\n")
    found = json.loads(run("prompts", "render", "hi", "-v", "n=3", "-v", "text=[1]", "--json")[1])
    assert found["rendered"] == "3 [1]"
    for wrong, what in (
        ("n=x", "takes int"),
        ("m=1", "needs 'n', 'text'"),
        ("n", "no variable"),
        ("n=@no", "cannot be read"),
    ):
        code, _, err = run("prompts", "render", "hi", "-v", wrong, *(["-v", "text=a"] if wrong == "n=x" else []))
        assert (code, what in err) == (2, True)


def test_render_a_chat(prompts, run):
    """A chat is shown message by message."""
    prompts("hi.md", "system:\nBe kind.\n\nuser:\nHi {{name}}")
    assert run("prompts", "render", "hi", "-v", "name=Ada")[1] == "system:\nBe kind.\n\nuser:\nHi Ada\n"


def test_label(prompts, run):
    """A label moves from one version to another, with who and when; one that is not committed is warned of."""
    prompts("hi.md", "---\nversion: 1\n---\nOne")
    found = json.loads(run("prompts", "label", "hi", "production", "--json")[1])
    assert (found["version"], found["before"], found["by"], found["dirty"]) == ("1", None, "Ada", False)
    prompts("hi.md", "---\nversion: 2\n---\nTwo", commit=False)
    out = run("prompts", "label", "hi:2", "production")[1]
    assert out.startswith("hi: production is on version 2, before on 1 (Ada, 20")
    assert "not committed" in out
    assert json.loads(run("prompts", "show", "hi@production", "--json")[1])["version"] == "2"
    assert run("prompts", "label", "hi", "a:b")[0] == 2


def test_pull_names_a_registry(store, run):
    """What is pulled names its registry."""
    code, _, err = run("prompts", "pull", "hi")
    assert (code, "mlflow:hi" in err) == (2, True)


def test_pull_stays_inside(store, run, monkeypatch):
    """A prompt whose name leads out of the folder is not written."""
    service = replace(registry("mlflow"), fetch=lambda reference: Prompt(reference.name, "One"))
    monkeypatch.setattr("otel_prompt.cli.prompts_exchange.registry", lambda scheme: service)
    code, _, err = run("prompts", "pull", "mlflow:../../out")
    assert (code, "outside" in err) == (2, True)
