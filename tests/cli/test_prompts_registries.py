"""``push``, ``pull`` and ``label`` with MLflow's own registry, and with Langfuse's and LangSmith's clients."""

from __future__ import annotations

import json

import pytest

from otel_prompt.prompts import registries
from otel_prompt.prompts.registries._copies import Copies

pytest.importorskip("yaml")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def registry_file(tmp_path_factory):
    """One SQLite file for MLflow: to make its tables takes seconds."""
    return tmp_path_factory.mktemp("mlflow") / "mlflow.db"


@pytest.fixture(params=["mlflow", "langfuse", "langsmith"])
def scheme(request, registry_file, monkeypatch, tmp_path):
    """A registry that is there, under its name in a reference."""
    pytest.importorskip(request.param)
    monkeypatch.setattr(registries, "copies", Copies(registries.FRESH_SECONDS, tmp_path / "copies"))
    if request.param == "mlflow":
        import mlflow

        before = mlflow.get_tracking_uri()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{registry_file}")
        mlflow.set_tracking_uri(f"sqlite:///{registry_file}")
        yield "mlflow"
        mlflow.set_tracking_uri(before)
        return
    import prompt_services

    kind, prefix = ("Langfuse", "LANGFUSE") if request.param == "langfuse" else ("LangSmith", "LANGSMITH")
    with prompt_services.serving(getattr(prompt_services, kind)()) as address:
        names = ("HOST", "ENDPOINT", "PUBLIC_KEY", "SECRET_KEY", "API_KEY")
        for name, value in zip(names, (address, address, "pk-lf-test", "sk-lf-test", "lsv2_test")):
            monkeypatch.setenv(f"{prefix}_{name}", value)
        yield request.param


@pytest.fixture
def name(scheme, request):
    """A prompt's name that no other test has."""
    return f"{scheme}-{abs(hash(request.node.name)) % 10_000}"


@pytest.fixture
def folder(store, tmp_path):
    """The folder that the command line reads."""
    path = tmp_path / "prompts"
    path.mkdir()
    return path


def version(scheme, name, number):
    """A reference to a version."""
    return f"{scheme}:{name}{'/' if scheme == 'mlflow' else ':'}{number}"


def results(run, *arguments):
    """What a command says in JSON: of each prompt the outcome and the registry's version."""
    code, out, err = run("prompts", *arguments, "--json")
    assert out, err
    return code, [(r["outcome"], r["registry_version"]) for r in json.loads(out)]


CHAT = "system:\nBe {{tone}}.\n\nuser:\nTell me of {{what}}"


@pytest.mark.parametrize("body", ["Tell me of {{what}}", CHAT], ids=["text", "chat"])
def test_there_and_back(scheme, name, folder, run, body):
    """What is pushed is pulled as it was; neither a second push nor a second pull changes anything."""
    file = folder / f"{name}.md"
    file.write_text(f"---\nversion: 7\n---\n{body}")
    code, [(outcome, there)] = results(run, "push", scheme, name)
    assert (code, outcome) == (0, "new")
    assert results(run, "push", scheme) == (0, [("same", there)])
    file.unlink()
    assert results(run, "pull", version(scheme, name, there)) == (0, [("new", there)])
    written = file.read_text()
    assert written.endswith(f"---\n{body}\n")
    assert results(run, "pull", version(scheme, name, there)) == (0, [("same", there)])
    assert results(run, "push", scheme) == (0, [("same", there)])
    assert file.read_text() == written


def test_nothing_is_lost_in_silence(scheme, name, folder, run):
    """A push makes a version beside the others; a pull leaves a file that differs alone, unless it is forced."""
    file = folder / f"{name}.md"
    texts = ["One {{x}}", "Two {{x}}"]
    versions = []
    for text in texts:
        file.write_text(text)
        versions += [there for _, there in results(run, "push", scheme)[1]]
    assert versions[0] != versions[1]
    for text, number in zip(texts, versions):
        assert json.loads(run("prompts", "show", version(scheme, name, number), "--json")[1])["template"] == text
    file.write_text("My own")
    assert results(run, "pull", version(scheme, name, versions[0])) == (1, [("refused", versions[0])])
    assert file.read_text() == "My own"
    code, out, _ = run("prompts", "pull", version(scheme, name, versions[0]))
    assert (code, "--force" in out) == (1, True)
    assert results(run, "pull", version(scheme, name, versions[0]), "--force") == (0, [("new", versions[0])])
    assert "One {{x}}" in file.read_text()


def test_a_label_is_moved(scheme, name, folder, run):
    """A label goes from one version to another, and what it stands for is pulled."""
    file = folder / f"{name}.md"
    for text in ("One", "Two"):
        file.write_text(text)
        [(_, there)] = results(run, "push", scheme)[1]
        code, out, err = run("prompts", "label", version(scheme, name, there), "production")
        assert (code, out) == (0, f"{scheme}:{name}: production is on version {there}\n"), err
        said = json.loads(run("prompts", "label", version(scheme, name, there), "production", "--json")[1])
        assert said == {"name": name, "label": "production", "version": there, "registry": scheme}
    file.unlink()
    assert results(run, "pull", f"{scheme}:{name}@production") == (0, [("new", there)])
    assert file.read_text().endswith("---\nTwo\n")
    code, _, err = run("prompts", "label", version(scheme, name, "99"), "production")
    assert (code, err.count("\n")) == (2, 1)


def test_what_is_not_there(scheme, folder, run):
    """A prompt that the registry does not have is one sentence, and no file."""
    code, _, err = run("prompts", "pull", f"{scheme}:nothing-of-the-kind")
    assert (code, err.count("\n")) == (2, 1)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("scheme", ["langfuse"], indirect=True)
def test_one_that_cannot_be_pushed(scheme, folder, run):
    """A prompt that a registry has no form for stops none of the others, and is said with exit code 1."""
    (folder / "a.md").write_text("---\nformat: jinja2\n---\n{% if x %}A{% endif %}")
    (folder / "b.md").write_text("B")
    code, out, _ = run("prompts", "push", scheme, "--json")
    assert [(r["name"], r["outcome"]) for r in json.loads(out)] == [("a", "refused"), ("b", "new")]
    assert (code, "write it as 'simple'" in out) == (1, True)


@pytest.mark.parametrize("scheme", ["langfuse"], indirect=True)
def test_a_registry_that_is_down(scheme, folder, run, monkeypatch):
    """A registry that does not answer ends the command with one sentence."""
    for name in "ab":
        (folder / f"{name}.md").write_text(name)
    monkeypatch.setenv("LANGFUSE_HOST", "http://127.0.0.1:9")
    for command in (["push", scheme], ["pull", f"{scheme}:a"], ["label", f"{scheme}:a:1", "production"]):
        code, _, err = run("prompts", *command)
        assert (code, err.count("\n"), "http://127.0.0.1:9" in err) == (2, 1, True)
