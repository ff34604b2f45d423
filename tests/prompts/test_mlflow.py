"""MLflow's own registry, in a real store on this machine."""

from __future__ import annotations

import pytest

from otel_prompt import Prompt, PromptError, load_prompt
from otel_prompt.prompts.registries import registry

mlflow = pytest.importorskip("mlflow")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A registry in one SQLite file."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture(autouse=True)
def chosen(server, monkeypatch):
    """The registry is that of the environment."""
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(server)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    yield
    mlflow.set_tracking_uri(before)


def test_loading():
    """A version, an alias and a bare name, which is the newest, each give the version they stand for."""
    mlflow.genai.register_prompt("summary", "One {{ x }}")
    mlflow.genai.register_prompt("summary", [{"role": "user", "content": "Two {{x}}"}])
    mlflow.genai.set_prompt_alias("summary", "production", 1)
    latest = load_prompt("mlflow:summary")
    assert (latest.version, latest.source, latest.id) == ("2", "mlflow", "prompts:/summary/2")
    assert latest.render(x="x") == [{"role": "user", "content": "Two x"}]
    labelled = load_prompt("mlflow:summary@production")
    assert (labelled.version, labelled.label, labelled.render(x="x")) == ("1", "production", "One x")
    assert load_prompt("mlflow:summary/1").template == "One {{ x }}"


@pytest.mark.parametrize(
    "template", ["Hi {{x}}\n", [{"role": "system", "content": "Be {{x}}"}, {"role": "user", "content": "Go"}]]
)
def test_pushing_is_idempotent(template):
    """The same template is pushed once, however often; MLflow renders it as we do."""
    name = f"push-{type(template).__name__}"
    service, prompt = registry("mlflow"), Prompt(name, template, version="7")
    assert service.push(prompt) == ("1", True)
    assert service.push(prompt) == ("1", False)
    assert service.push(Prompt(name, "Other")) == ("2", True)
    assert service.push(prompt) == ("1", False)
    assert load_prompt(f"mlflow:{name}/1").template_hash == prompt.template_hash
    assert mlflow.genai.load_prompt(f"prompts:/{name}/1").format(x="y") == prompt.render(x="y")


def test_a_declared_version_is_seen():
    """As a tag beside MLflow's own number; also where the template was there already without one, and never changed."""
    service, client = registry("mlflow"), mlflow.MlflowClient()
    service.push(Prompt("declared", "One {{x}}", version="2026-11"))
    mlflow.genai.register_prompt("declared", "Two {{x}}")
    service.push(Prompt("declared", "Two {{x}}", version="2026-12"))
    service.push(Prompt("declared", "Two {{x}}", version="2027-01"))
    service.push(Prompt("declared", "Three {{x}}"))
    held = {n: client.get_prompt_version("declared", n).tags.get("otel_prompt.version") for n in (1, 2, 3)}
    assert held == {1: "2026-11", 2: "2026-12", 3: None}


def test_what_someone_else_registered_is_not_pushed_again():
    """A version that was not pushed by us is known by its template."""
    mlflow.genai.register_prompt("theirs", [{"role": "user", "content": "Hi {{x}}"}])
    assert registry("mlflow").push(Prompt("theirs", [{"content": "Hi {{x}}", "role": "user"}])) == ("1", False)


def test_labels():
    """An alias is moved."""
    service = registry("mlflow")
    for text in ("One", "Two"):
        version, _ = service.push(Prompt("labelled", text))
        service.label("labelled", version, "production")
    assert load_prompt("mlflow:labelled@production").template == "Two"


@pytest.mark.parametrize("reference", ["mlflow:nothing", "mlflow:nothing/3", "mlflow:nothing@production"])
def test_what_is_not_there(reference):
    """What the registry does not have is one sentence that names it."""
    with pytest.raises(PromptError, match=r"MLflow's registry .*nothing"):
        load_prompt(reference)


def test_another_language():
    """A template that MLflow would not understand is not pushed."""
    with pytest.raises(PromptError, match="write it as 'simple'"):
        registry("mlflow").push(Prompt("p", "{x}", format="fstring"))
