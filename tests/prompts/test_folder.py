"""A folder under Git as a library: names, labels, versions, and what changes under it."""

from __future__ import annotations

import os
import sys

import pytest

from otel_prompt import PromptBundle, PromptError, load_prompt, load_prompt_async
from otel_prompt.prompts.folder import SHORT_HASH
from otel_prompt.prompts.reference import Reference, parse


def load(library, reference: str):
    """Load from the folder."""
    return library.folder.load(parse(reference))


def test_the_default_folder(library, monkeypatch):
    """``load_prompt`` reads ``./prompts``, or the folder that the setting names."""
    library.write("hi.md", "Hi {{name}}")
    monkeypatch.chdir(library.path.parent)
    prompt = load_prompt("hi")
    assert prompt.render(name="Ada") == "Hi Ada"
    assert (prompt.version, prompt.source, prompt.commit) == (prompt.template_hash[:SHORT_HASH], "file", None)
    monkeypatch.chdir("/")
    monkeypatch.setenv("OTEL_PROMPT_PROMPTS", str(library.path))
    assert load_prompt("hi").template == "Hi {{name}}"


async def test_loading_does_not_block(library):
    """The async face gives the same prompt."""
    library.write("hi.md", "Hi {{name}}")
    assert (await load_prompt_async("hi", folder=library.path)).template == "Hi {{name}}"


def test_versions_from_git(library):
    """Version, hash and label find what Git has kept, each with its commit; the file as it is says if it is dirty."""
    library.write("hi.md", "---\nversion: 1\n---\nOne")
    first = library.commit("first")
    library.write("hi.md", "---\nversion: 2\nlabels: [production]\n---\nTwo")
    second = library.commit("second")
    now = load(library, "hi")
    assert (now.template, now.version, now.commit, now.dirty) == ("Two", "2", second, False)
    old = load(library, "hi:1")
    assert (old.template, old.version, old.commit, old.dirty) == ("One", "1", first, False)
    assert load(library, f"hi#{old.template_hash[:8]}").template == "One"
    assert load(library, f"hi:{old.template_hash[:SHORT_HASH]}").template == "One"
    assert load(library, "hi:v2").template == "Two"
    assert (load(library, "hi@production").template, load(library, "hi@production").label) == ("Two", "production")
    library.write("hi.md", "---\nversion: 3\n---\nThree")
    assert (load(library, "hi").dirty, load(library, "hi").commit) == (True, second)
    third = library.commit("third")
    assert (load(library, "hi").dirty, load(library, "hi").commit) == (False, third)
    assert load(library, "hi:2").commit == second


def test_a_renamed_file_keeps_its_history(library):
    """Versions from before a file was renamed or moved are found under its name of today; a copy has its own."""
    words = "Answer the question as briefly as you can, and never guess.\n" * 3
    library.write("deep/er/old.md", f"---\nversion: 1\n---\n{words}One")
    first = library.commit("first")
    library.path.joinpath("deep/er/old.md").rename(library.path / "new.md")
    library.commit("renamed")
    library.write("new.md", f"---\nversion: 2\n---\n{words}Two")
    library.commit("second")
    old = load(library, "new:1")
    assert (old.template, old.name) == (f"{words}One", "new")
    assert [commit.subject for commit, _ in library.folder.commits(load(library, "new"))] == [
        "second",
        "renamed",
        "first",
    ]
    assert library.folder.commits(load(library, "new"))[-1][0].id == first
    library.write("copy.md", f"---\nversion: 2\n---\n{words}Two")
    library.commit("copied")
    assert [commit.subject for commit, _ in library.folder.commits(load(library, "copy"))] == ["copied"]


def test_labels_are_moved(library):
    """A label is on the version that it was given to, whatever the file says now; who and when are kept."""
    library.write("hi.md", "---\nversion: 1.10\n---\nOne")
    library.commit()
    moved = library.folder.labels.move("hi", "production", "1.10")
    assert (moved.version, moved.by, moved.before) == ("1.10", "Ada", None)
    assert moved.at.startswith("20")
    library.write("hi.md", "---\nversion: 2\n---\nTwo")
    library.commit()
    assert (load(library, "hi@production").template, load(library, "hi@production").label) == ("One", "production")
    assert library.folder.labels.move("hi", "production", "2").before == "1.10"
    assert load(library, "hi@production").template == "Two"


def test_labels_by_hand(library):
    """A labels file that a person wrote in short is read; a broken one is named."""
    library.write("hi.md", "---\nversion: 3\n---\nHi")
    file = library.write("labels.yaml", "hi: {production: 3}")
    assert load(library, "hi@production").template == "Hi"
    file.write_text("hi: [production]")
    with pytest.raises(PromptError, match=r"labels.yaml is no list of labels"):
        load(library, "hi@production")
    file.write_text("hi: [")
    with pytest.raises(PromptError, match=r"labels.yaml cannot be read"):
        load(library, "hi@production")


def test_hot_reload(library):
    """A file that changes is read again, one that does not is not."""
    file = library.write("hi.md", "One")
    assert load(library, "hi").template == "One"
    before = library.folder._read[file][1]
    load(library, "hi")
    assert library.folder._read[file][1] is before
    library.write("hi.md", "Two, and longer")
    assert load(library, "hi").template == "Two, and longer"
    file.unlink()
    with pytest.raises(PromptError, match="there is no prompt 'hi'"):
        load(library, "hi")


def test_git_is_not_asked_for_nothing(library, monkeypatch):
    """Loading again asks Git nothing, also for a label and an older version."""
    library.write("hi.md", "---\nversion: 1\n---\nOne")
    library.commit()
    library.write("hi.md", "---\nversion: 2\n---\nTwo")
    library.commit()
    library.folder.labels.move("hi", "production", "1")
    load(library, "hi"), load(library, "hi@production")
    monkeypatch.setattr("otel_prompt.prompts.git._git", None)
    assert load(library, "hi").version == "2"
    assert load(library, "hi@production").version == "1"


def test_git_in_a_hook(library, monkeypatch):
    """What Git tells a hook about itself does not lead astray."""
    library.write("hi.md", "One")
    commit = library.commit()
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    library.path.joinpath("deep").mkdir()
    library.write("deep/two.md", "Two")
    assert load(library, "hi").commit == commit


def test_without_git(library, monkeypatch):
    """Where there is no Git at all, files are read all the same."""
    monkeypatch.setenv("PATH", "")
    library.write("hi.md", "One")
    assert (load(library, "hi").template, load(library, "hi").dirty) == ("One", None)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("ho", "there is no prompt 'ho' in .*; there are: hi, other"),
        (
            "hi@canary",
            "hi.md: there is no label 'canary'; there are: production. `otel-prompt prompts label hi canary`",
        ),
        ("hi:7", "hi.md: there is no version hi:7; the file and Git have 2, 1"),
        ("hi#abcd", "hi.md: there is no version hi#abcd; the file and Git have 2, 1"),
    ],
)
def test_what_is_not_there(library, reference, message):
    """An unknown name, label, version or hash says which there are."""
    library.write("other.md", "Other")
    library.write("hi.md", "---\nversion: 1\n---\nOne")
    library.commit()
    library.write("hi.md", "---\nversion: 2\nlabels: [production]\n---\nTwo")
    with pytest.raises(PromptError, match=message):
        load(library, reference)


def test_a_label_of_a_lost_version(library):
    """A label whose version is nowhere to be found says so, and where it stands."""
    library.write("hi.md", "---\nversion: 2\n---\nTwo")
    library.write("labels.yaml", "hi: {production: 1}")
    with pytest.raises(PromptError, match=r"labels.yaml: label 'production' is on version 1, but .* have 2"):
        load(library, "hi@production")


def test_no_folder(tmp_path):
    """A folder that is not there says how to name another."""
    with pytest.raises(PromptError, match="OTEL_PROMPT_PROMPTS"):
        load_prompt("hi", folder=tmp_path / "nowhere")


def test_two_files_of_one_name(library):
    """Two files with one name are an error that names both, for that name and for the list; others still load."""
    library.write("a.md", "---\nname: hi\n---\nOne")
    library.write("b.md", "---\nname: hi\n---\nTwo")
    library.write("c.md", "Three")
    for attempt in (lambda: load(library, "hi"), library.folder.prompts):
        with pytest.raises(PromptError, match=r"two files have the prompt name 'hi': .*a.md and .*b.md"):
            attempt()
    assert load(library, "c").template == "Three"


def test_a_broken_file_is_nobody_elses_trouble(library):
    """A file that cannot be read stops its own prompt, and the list, but no other prompt."""
    library.write("broken.md", "{{a")
    library.write("fine.md", "Fine")
    library.path.joinpath("latin.md").write_bytes(b"\xff\xfe")
    assert load(library, "fine").template == "Fine"
    with pytest.raises(PromptError, match=r"broken.md, line 1"):
        load(library, "broken")
    with pytest.raises(PromptError, match=r"latin.md cannot be read"):
        load(library, "latin")
    with pytest.raises(PromptError, match=r"broken.md, line 1"):
        library.folder.prompts()


def test_what_is_no_prompt(library):
    """Hidden files, READMEs, files that begin with an underscore and other kinds are no prompts."""
    for name in ("README.md", "_style.md", ".hidden/x.md", "x.txt", "labels.yaml"):
        library.write(name, "{{")
    library.write("deep/er/x.prompt", "X")
    assert [p.name for p in library.folder.prompts()] == ["x"]


@pytest.mark.parametrize(("language", "tag"), [("jinja2", '{% include "_style.md" %}'), ("mustache", "{{> _style}}")])
def test_includes(library, language, tag):
    """An included file is part of the template: of its text, its variables, its hash, its history and its reload."""
    library.write("_style.md", "Write like {{who}}.\n")
    library.write("deep/hi.md", f"---\nformat: {language}\n---\n{tag} Now: {{{{text}}}}")
    library.commit("first")
    first = load(library, "hi")
    assert first.template == "Write like {{who}}. Now: {{text}}"
    assert first.variables == ("who", "text")
    assert first.render(who="Ada", text="x") == "Write like Ada. Now: x"
    library.write("_style.md", "Write well.\n")
    second = load(library, "hi")
    assert (second.template, second.dirty) == ("Write well. Now: {{text}}", True)
    assert second.version != first.version
    library.commit("second")
    assert [p.template for p in library.folder.history(second)] == [second.template, second.template, first.template]
    assert load(library, f"hi:{first.version}").template == first.template


@pytest.mark.parametrize(
    "text",
    [
        '{% extends "_base.md" %}{% block body %}Now: {{text}}{% endblock %}',
        '{% import "_base.md" as base with context %}{{ base.opening() }}Now: {{text}}',
        '{% from "_base.md" import opening with context %}{{ opening() }}Now: {{text}}',
        '{% include ["_none.md", "_base.md"] %}Now: {{text}}',
        'user:\n{% include "_base.md" ignore missing %}Now: {{text}}',
    ],
)
def test_what_is_extended_or_imported(library, text):
    """What a template extends or imports counts in its hash, its history and its reload; an old version is whole."""

    def base(words):
        opening = f"{{% macro opening() %}}{words} {{% endmacro %}}"
        library.write("_base.md", f"{opening}{{{{ opening() }}}}{{% block body %}}{{% endblock %}}")

    def rendered(reference):
        found = load(library, reference).render(text="x")
        return found if isinstance(found, str) else found[0]["content"]

    base("Be kind.")
    library.write("hi.md", f"---\nformat: jinja2\n---\n{text}")
    library.commit("first")
    first = load(library, "hi")
    assert (first.variables, rendered("hi")) == (("text",), "Be kind. Now: x")
    base("Be bold.")
    second = load(library, "hi")
    assert second.version != first.version
    assert (second.dirty, rendered("hi")) == (True, "Be bold. Now: x")
    library.commit("second")
    assert [old.version for _, old in library.folder.commits(second)] == [second.version, first.version]
    assert rendered(f"hi:{first.version}") == "Be kind. Now: x"
    from otel_prompt.prompts.registries import registry

    with pytest.raises(PromptError, match=r"extends or imports _base\.md, which a registry has no place for"):
        registry("mlflow").push(second)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{% extends "_none.md" %}', "hi.md.*_none.md"),
        ('{% import "_bad.md" as bad %}', r"_bad.md, line 2, column \d+: "),
    ],
)
def test_what_cannot_be_extended(library, text, message):
    """A file that is missing or broken is named, with the place of what is wrong in it."""
    library.write("_bad.md", "x\n{% if %}")
    library.write("hi.md", f"---\nformat: jinja2\n---\n{text}")
    with pytest.raises(PromptError, match=message):
        load(library, "hi")


@pytest.mark.parametrize(
    ("language", "files", "message"),
    [
        ("jinja2", {}, "hi.md, line 5, column 5: there is no file '_a.md' to include"),
        ("jinja2", {"_a.md": "{% include '_a.md' %}"}, "_a.md, line 1, column 1: '_a.md' includes itself"),
        ("jinja2", {"_a.md": "x\n{% if %}\n{% include '_b.md' %}"}, "_a.md, line 2"),
        ("mustache", {}, "hi.md, line 5, column 5: there is no file '_a.md' to include"),
    ],
)
def test_includes_that_fail(library, language, files, message):
    """An include that is missing, endless or broken is shown where it stands."""
    for name, text in files.items():
        library.write(name, text)
    tag = '{% include "_a.md" %}' if language == "jinja2" else "{{> _a.md}}"
    library.write("hi.md", f"---\nformat: {language}\n---\nHi\nyou {tag}")
    with pytest.raises(PromptError, match=message):
        load(library, "hi")


def test_includes_stay_inside(library):
    """Nothing outside of the library is included."""
    library.path.parent.joinpath("secret.txt").write_text("secret")
    library.write("hi.md", "---\nformat: mustache\n---\n{{> ../secret}}")
    with pytest.raises(PromptError, match="there is no file"):
        load(library, "hi")


def test_a_bundle(tmp_path, monkeypatch):
    """A package carries its prompts, with and without an ``__init__.py``."""
    for package in ("carrier", "carrier/prompts"):
        tmp_path.joinpath(package).mkdir()
    tmp_path.joinpath("carrier/__init__.py").touch()
    tmp_path.joinpath("carrier/prompts/hi.md").write_text("Hi {{name}}")
    monkeypatch.syspath_prepend(str(tmp_path))
    bundle = PromptBundle("carrier.prompts")
    assert bundle.names() == ["hi"]
    assert bundle.load("hi").render(name="Ada") == "Hi Ada"
    for name in [m for m in sys.modules if m.startswith("carrier")]:
        del sys.modules[name]


def test_no_bundle():
    """A package that is not there is named."""
    with pytest.raises(PromptError, match=r"there is no package 'nowhere\.prompts'"):
        PromptBundle("nowhere.prompts")


@pytest.mark.skipif(os.name != "posix", reason="a path outside")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", Reference("a")),
        ("a/b c", Reference("a/b c")),
        ("a@production", Reference("a", label="production")),
        ("a:1.10", Reference("a", version="1.10")),
        ("a#1f0c", Reference("a", hash="1f0c")),
        ("mlflow:a/3", Reference("a", version="3", scheme="mlflow")),
        ("mlflow:a@production", Reference("a", label="production", scheme="mlflow")),
        ("mlflow:a", Reference("a", scheme="mlflow")),
        ("langfuse:a:3", Reference("a", version="3", scheme="langfuse")),
        ("langfuse:folder/a@latest", Reference("folder/a", label="latest", scheme="langfuse")),
        ("langsmith:owner/a:1f0c", Reference("owner/a", version="1f0c", scheme="langsmith")),
    ],
)
def test_references(text, expected):
    """A reference names a prompt, and at most one of label, version and hash; it is written as it is read."""
    assert parse(text) == expected
    if expected.scheme != "mlflow" or expected.version is None:
        assert str(expected) == text


@pytest.mark.parametrize(
    "text", ["", "@x", "a@", "a:", "a#xyz!", "a@b:c", "mlflow:", "mlflow:a@", "langfuse:@x", 5, None]
)
def test_no_references(text):
    """What is no reference says how one looks."""
    with pytest.raises(PromptError, match="names no prompt; say"):
        parse(text)
