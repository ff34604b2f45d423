"""How a rendered text is known again: by the object, by its words, by what contains it, and never by mistake."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import queue
import threading
import timeit
from contextvars import copy_context

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from otel_prompt import Prompt
from otel_prompt.invocation import PromptIdentity
from otel_prompt.prompts import _recognition
from otel_prompt.prompts._containment import REMEMBERED
from otel_prompt.prompts._recognition import KNOWN, Rendered, note, recognised

pytestmark = pytest.mark.usefixtures("nothing_rendered")

SUMMARY = Prompt("summary", "Summarize the following text in {{n}} words: {{text}}", version="3")
PERSONA = Prompt("persona", "You are {{who}}, and you are never in a hurry.", version="1")
long = st.text(min_size=24, max_size=80).filter(lambda t: len(t.strip()) >= 24)


@pytest.fixture(autouse=True)
def apart(monkeypatch):
    """What one example renders is not in the context of the next test."""
    yield
    _recognition._recent.set(_recognition.NOTHING)


def names(body) -> list[str]:
    """The prompts of a request."""
    return [found.name for found in recognised(body)]


def chat(*messages):
    """A request of some messages: texts of the user, or (role, content)."""
    pairs = [("user", m) if not isinstance(m, tuple) else m for m in messages]
    return {"messages": [{"role": role, "content": content} for role, content in pairs]}


def in_a_thread(function):
    """What a function gives in a thread that knows nothing of this context."""
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_nothing_rendered_nothing_looked_at(monkeypatch):
    """While no prompt has been rendered, a request is not even walked."""
    monkeypatch.setattr(_recognition, "texts", None)
    assert recognised(chat("Hi")) == []


def test_the_object_itself():
    """A rendered text is known however short it is, with the values it was rendered with."""
    text = Prompt("tiny", "{{x}}", version="2").render(x="Hi")
    (found,) = recognised(chat(text))
    assert (found.name, found.version, found.variables) == ("tiny", "2", {"x": "Hi"})


@pytest.mark.parametrize(
    "operation",
    [
        str,
        lambda t: t[:],
        lambda t: f"{t}",
        lambda t: t + "",
        lambda t: pickle.loads(pickle.dumps(t)),
        copy.copy,
        copy.deepcopy,
        lambda t: json.loads(json.dumps({"t": [t]}))["t"][0],
        lambda t: t.replace("x", "y"),
        lambda t: t.encode().decode(),
    ],
)
def test_what_is_made_of_it_is_plain(operation):
    """Whatever is done with a rendered text gives a plain text, equal to what any text would have given."""
    text = PERSONA.render(who="Ada")
    assert type(text) is Rendered
    assert type(operation(text)) is str
    assert operation(text) == operation(str(text))


def test_slices_are_plain():
    """A part of a rendered text is plain text without an identity."""
    text = PERSONA.render(who="Ada")
    assert type(text[:30]) is str
    assert names(chat(text[:30])) == []


def test_plain_inside_of_containers():
    """A rendered chat pickles and copies as plain data."""
    messages = Prompt("chat", [{"role": "user", "content": "Tell me about {{x}}"}]).render(x="Rome")
    for again in (pickle.loads(pickle.dumps(messages)), copy.deepcopy(messages)):
        assert again == messages
        assert type(again[0]["content"]) is str


@given(who=st.text(max_size=40), before=st.text(max_size=20), after=st.text(max_size=20))
def test_identity_survives_operations(who, before, after):
    """It is known after an f-string, a concatenation, a join, JSON and nesting, whatever stands around it."""
    text = PERSONA.render(who=who)
    for made in (
        f"{before}{text}{after}",
        before + text + after,
        "\n".join([before, text, after]),  # noqa: FLY002 - it is what is tested
        json.loads(json.dumps({"a": [text]}))["a"][0],
        f"  {text}\n".strip(),
        "%s%s" % (before, text),  # noqa: UP031 - likewise
        [{"type": "text", "text": before + text}],
        [{"type": "input_text", "text": text}, {"type": "text", "text": after}],
    ):
        (found, *_) = recognised(chat(made))
        assert (found.name, found.variables) == ("persona", {"who": who})


@given(st.lists(st.text(max_size=60), max_size=5), st.text(max_size=60))
def test_unrelated_text_has_no_identity(texts, who):
    """A text in which no rendered one stands has no identity, in any place of a request."""
    text = PERSONA.render(who=who)
    texts = [t for t in texts if text.strip() not in t]
    body = chat(*texts, *(("system", t) for t in texts)) | {"instructions": who, "input": list(texts)}
    assert names(body) == []


@given(who=st.text(min_size=1, max_size=30), at=st.integers(0, 200), extra=st.sampled_from("xy. \n"))
def test_look_alikes_have_no_identity(who, at, extra):
    """A text that differs by one character in the middle, or is the template itself, is not the rendered one."""
    text = str(PERSONA.render(who=who)).strip()
    at = 1 + at % (len(text) - 1)
    other = text[:at] + extra + text[at:]
    if text not in other:
        assert names(chat(other)) == []
    assert names(chat(text[:at] + text[at + 1 :])) == [] or text[:at] + text[at + 1 :] == text
    if who != "{{who}}":
        assert names(chat(PERSONA.template)) == []


def test_look_alike_prompts_are_told_apart():
    """Of two prompts that differ in a word, each text is its own; of one within the other, the longer counts."""
    one = Prompt("one", "Answer the question as briefly as you can.").render()
    two = Prompt("two", "Answer the question as briefly as you can. Be kind.").render()
    for wrap in (str, lambda t: f"Task:\n{t}\nThanks"):
        assert names(chat(wrap(one))) == ["one"]
        assert names(chat(wrap(two))) == ["two"]
    assert sorted(names(chat(f"{one}\n\n{two}"))) == ["one", "two"]


@pytest.mark.parametrize("size", [300, 3_000, 30_000])
def test_of_one_within_another_the_longer_counts_in_any_text(size):
    """Also where the longer one begins with a character that the text is full of, and is not met by a look for it."""
    inner = Prompt("inner", "Answer #the question, as briefly as you can.").render()
    outer = Prompt("outer", f"[strict] [{inner}] (twice)").render()
    noise = "[a] #b " * (size // 14)
    assert names(chat(f"{noise}{outer}{noise}"))[:1] in ([], ["outer"])
    assert names(chat(f"[a] [b] [c] {'word ' * (size // 5)}{outer}{'word ' * 9}[d] [e] [f]")) == ["outer"]


def test_short_texts_are_not_guessed():
    """A short text is known by the object alone: people say "yes" for many reasons."""
    short = Prompt("short", "Yes.").render()
    medium = Prompt("medium", "Say yes or no.").render()
    assert names(chat(short)) == ["short"]
    assert names(chat("Yes.")) == []
    assert names(chat("Say yes or no.")) == ["medium"]
    assert names(chat(f"{medium} Please, if you can.")) == []


def test_containment_is_for_this_context_alone():
    """A text inside another is looked for among those of this context; another request's are not its own."""
    text = PERSONA.render(who="Ada")
    assert names(chat(f"{text} Go on.")) == ["persona"]
    assert in_a_thread(lambda: names(chat(f"{text} Go on."))) == []
    assert in_a_thread(lambda: names(chat(str(text)))) == ["persona"]


def test_this_context_comes_first():
    """Where two prompts give the same words, it is the one of this context; in a third it is neither."""
    words = "Answer the question as briefly as you can."
    Prompt("mine", words).render()
    in_a_thread(Prompt("theirs", words).render)
    assert names(chat(words)) == ["mine"]
    assert in_a_thread(lambda: names(chat(words))) == []


def test_a_text_of_two_prompts_is_neithers():
    """Which of them gave it cannot be told: no link, whole or inside another text, here or elsewhere."""
    words = "Answer the question as briefly as you can."
    one, two = Prompt("p", words, version="1").render(), Prompt("p", words, version="2").render()
    assert [p.version for p in recognised(chat(one, two))] == ["2", "1"]
    for body in (chat(words), chat(f"{words} Be kind.")):
        assert names(body) == []
        assert in_a_thread(lambda body=body: names(body)) == []


def test_white_space_tells_prompts_apart_or_they_are_not_told_apart():
    """Two versions that differ in white space alone: each text is its own, and a third is neither's."""
    words = "You are a helpful assistant. {{x}}"
    one, two = (Prompt("p", words + end, version=v) for v, end in (("1", ""), ("2", " \n")))
    first, second = str(one.render(x="Answer.")), str(two.render(x="Answer."))

    def versions(text):
        return [p.version for p in recognised(chat(text))]

    for run in (lambda f: f(), in_a_thread):
        assert run(lambda: versions(first)) == ["1"]
        assert run(lambda: versions(second)) == ["2"]
        assert run(lambda: versions(f"\n{first}")) == []
    assert versions(f"{second}Begin.") == []


@pytest.mark.parametrize("template", ["{{q}}", " {{q}}\n", "Q: {{q}}", "{{q}} {{r}}", "{{q}}{{q}}"])
def test_somebodys_words_are_not_a_prompt(template):
    """A template that only passes a text on: it is known by the object, and the words are no prompt's elsewhere."""
    values = {"q": "What is the capital of France?", "r": "And of Spain?"}
    text = Prompt("pass", template).render(**{name: v for name, v in values.items() if name in template})
    assert names(chat(text)) == ["pass"]
    for said in (str(text), f"Someone asked: {text} Ignore them."):
        assert names(chat(said)) == []
        assert in_a_thread(lambda said=said: names(chat(said))) == []


@pytest.mark.parametrize(
    ("language", "template"),
    [
        ("jinja2", "{{ q | map('upper') | join(' ') }}"),
        ("jinja2", "{# all #}{% for each in q %}{{ each }}\n{% endfor %}"),
        ("mustache", "{{#q}}{{.}}\n{{/q}}"),
    ],
)
def test_somebodys_words_are_not_a_prompt_however_they_are_passed_on(language, template):
    """Nor those that a template joins, loops over or changes; with words of its own beside them it is known."""
    documents = ["The first document tells of rivers.", "The second tells of mountains."]
    text = Prompt("pass", template, format=language).render(q=documents)
    assert names(chat(text)) == ["pass"]
    assert names(chat(str(text))) == names(chat(f"Summarize: {text}")) == []
    assert names(chat(str(Prompt("own", f"Summarize: {template}", format=language).render(q=documents)))) == ["own"]


async def test_tasks():
    """A task knows what was rendered before it began, and its siblings' texts are not mixed up."""
    SUMMARY.render(n=3, text="Rome")

    async def ask(who):
        text = f"{PERSONA.render(who=who)} Begin."
        await asyncio.sleep(0)
        return recognised(chat(text))[0].variables["who"], names(chat(f"{SUMMARY.render(n=1, text=who)}!"))

    found = await asyncio.gather(*(ask(f"person {n}") for n in range(20)))
    assert found == [(f"person {n}", ["summary"]) for n in range(20)]
    assert await asyncio.create_task(_names_of("Summarize the following text in 3 words: Rome!")) == ["summary"]


async def _names_of(text):
    return names(chat(text))


async def test_to_thread():
    """A function that asyncio runs in a thread knows what was rendered before."""
    text = f"{PERSONA.render(who='Ada')} Go on."
    assert await asyncio.to_thread(names, chat(text)) == ["persona"]


def test_a_copied_context():
    """A thread that runs in a copy of the context knows what it knows."""
    text = f"{PERSONA.render(who='Ada')} Go on."
    context = copy_context()
    assert in_a_thread(lambda: context.run(names, chat(text))) == ["persona"]


def test_a_queue_to_worker_threads():
    """A text that was put on a queue, as an object or as JSON, is known to the thread that takes it."""
    waiting: queue.Queue = queue.Queue()
    found: queue.Queue = queue.Queue()

    def work():
        while (body := waiting.get()) is not None:
            body = json.loads(body) if isinstance(body, str) else body
            found.put(recognised(body)[0].variables["who"])

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for n in range(50):
        body = chat(PERSONA.render(who=str(n)))
        waiting.put(json.dumps(body) if n % 2 else body)
    for _ in workers:
        waiting.put(None)
    for worker in workers:
        worker.join()
    assert sorted(found.get() for _ in range(50)) == sorted(map(str, range(50)))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (lambda s, p: chat(("system", p), s), ["persona", "summary"]),
        (lambda s, p: chat(s, ("assistant", "Go on"), p), ["persona", "summary"]),
        (lambda s, p: chat(p, ("assistant", "Go on"), s), ["summary", "persona"]),
        (lambda s, p: chat(f"{p}\n{s}"), ["persona", "summary"]),
        (lambda s, p: chat(("developer", f"Note: {p}"), ("assistant", s), "Hi"), ["persona", "summary"]),
        (lambda s, p: {"instructions": p, "input": s}, ["persona", "summary"]),
        (lambda s, p: {"system": [{"type": "text", "text": p}], **chat(s)}, ["persona", "summary"]),
        (lambda s, p: {"input": [{"role": "user", "content": [{"type": "input_text", "text": s}]}]}, ["summary"]),
        (lambda s, p: {"contents": [{"role": "user", "parts": [{"text": s}]}]}, ["summary"]),
        (lambda s, p: {"prompt": s}, ["summary"]),
        (lambda s, p: {"input": [s, p]}, ["persona", "summary"]),
        (lambda s, p: chat(s, s), ["summary"]),
        (lambda s, p: {"metadata": s, "model": p, "tools": [s]}, []),
    ],
)
def test_the_prompt_comes_first(body, expected):
    """*The* prompt fills the system message or, without one, the last message of the user; all are listed, once."""
    summary, persona = SUMMARY.render(n=3, text="Rome"), PERSONA.render(who="Ada")
    assert names(body(summary, persona)) == expected


@pytest.mark.parametrize("place", [0, 1, 7, 18, 19])
def test_of_a_long_conversation(place):
    """Of a long conversation the beginning, the end and the last message of the user are looked at."""
    messages = [("assistant", f"Message {n} of many") for n in range(20)]
    messages[place] = ("user", PERSONA.render(who="Ada"))
    assert names(chat(*messages)) == ["persona"]
    messages[place] = ("user", f"So: {PERSONA.render(who='Ada')}")
    assert names(chat(*messages)) == ["persona"]


def test_white_space_around_is_not_minded():
    """A library that strips a text, or puts a line after it, does not take its identity."""
    text = Prompt("p", "\nYou are a helpful assistant.\n").render()
    assert names(chat(text.strip())) == ["p"]
    assert names(chat(f"{text}\n\n")) == ["p"]
    assert names(chat(f"{text.strip()} Begin.")) == ["p"]
    long = Prompt("long", f"\u3000{'So it is. ' * 100}\n").render()
    for made in (long.strip(), f"\u2003{long}\t", str(long)):
        assert in_a_thread(lambda: names(chat(made))) == ["long"]  # noqa: B023 - it runs at once


WORDS = (
    "Translate", "Sum", "Classify", "Judge", "Quote", "Rank", "Name", "Explain", "Zip", "Yield", "Vary", "Group",
    "Keep", "Widen", "Xerox",
)  # fmt: skip
OTHERS = [
    Prompt(f"other-{n}", f"{word} the text that follows and nothing else: {{{{x}}}}") for n, word in enumerate(WORDS)
]


@pytest.mark.parametrize("size", [10, 300, 2_000, 20_000, 100_000])
@pytest.mark.parametrize("where", ["first", "last", "between"])
def test_inside_of_long_texts(size, where):
    """A rendered text is known at the beginning and at the end of a text of any length, and between others."""
    prose = "It was a fine day in May; nobody had told her so. " * (size // 100 + 1)
    text = PERSONA.render(who="Ada")
    made = {"first": f"{text}\n{prose}", "last": f"{prose}\n{text}", "between": f"{prose}\n# Role\n{text}\n{prose}"}
    made = made[where]
    assert names(chat(made)) == ["persona"]
    assert names(chat(("system", made), prose)) == ["persona"]


def test_inside_after_many_others():
    """After fifteen other prompts the first one is still known inside a text, and each of the others as well."""
    text = PERSONA.render(who="Ada")
    others = [other.render(x="It was a fine day in May; nobody had told her so.") for other in OTHERS]
    assert names(chat(f"Task: {text}\nThanks")) == ["persona"]
    for other, rendered in zip(OTHERS, others):
        assert names(chat(f"Task: {rendered}\nThanks")) == [other.name]


@pytest.mark.parametrize(
    "letters",
    ["一人十大小山川水火木金土日月年時分今何每", "абвгдежзийклмнопрстуфхцчшщъыьэюя", "aeiou tnsh", "😀😁😂🤣"],
)
@given(data=st.data())
def test_inside_in_any_script(letters, data):
    """It is known in texts of any script, however common its characters are there."""
    some = st.text(st.sampled_from(letters), max_size=200)
    words = data.draw(st.text(st.sampled_from(letters), min_size=24, max_size=60))
    assume(len(words.strip()) >= 24)
    text = Prompt("p", words).render()
    before, after = data.draw(some), data.draw(some)
    assert "p" in names(chat(f"{before}{text}{after}"))


def test_long_texts_are_told_apart():
    """Of long texts that are alike at both ends and in the middle, none is taken for another."""
    words = [f"{n:05} some words of a long document. " for n in range(300)]
    one, two = list(words), list(words)
    one[70], two[70] = "the difference is here", "the difference is HERE"
    Prompt("one", "".join(one)).render()
    assert names(chat("".join(two))) == []
    assert names(chat("".join(one))) == ["one"]
    assert in_a_thread(lambda: names(chat(f"\n{''.join(one)}\n"))) == ["one"]
    assert names(chat(f"{''.join(two)} Go on.")) == []
    assert names(chat(f"{''.join(one)} Go on.")) == ["one"]


@pytest.mark.parametrize("size", [2_000, 100_000])
def test_it_costs_the_same_for_any_length(size):
    """A call with a long text costs a few microseconds; the benchmark has the figures."""
    for other in OTHERS:
        other.render(x="A fine day.")
    body = chat(
        ("system", "Be brief, and never say more than you know."), "Is it so? She said: no; never. " * (size // 31)
    )
    assert min(timeit.repeat(lambda: recognised(body), number=200, repeat=20)) / 200 < 25e-6


def test_memory_is_bounded():
    """What is remembered is bounded in number and in characters, and a text in use is not forgotten."""
    used = str(PERSONA.render(who="Ada"))
    for n in range(KNOWN * 2):
        SUMMARY.render(n=n, text="Rome")
        if n % 100 == 0:
            assert names(chat(used)) == ["persona"]
    assert len(_recognition._known) == KNOWN
    assert sum(_recognition._lengths.values()) == KNOWN
    assert len(_recognition._recent.get().entries) == REMEMBERED
    assert in_a_thread(lambda: names(chat(used))) == ["persona"]
    assert names(chat("Summarize the following text in 0 words: Rome")) == []
    for n in range(10):
        SUMMARY.render(n=n, text="x" * 1_000_000)
    assert sum(len(text) for text, _ in _recognition._known.values()) <= _recognition.KNOWN_CHARACTERS
    assert sum(len(e[0]) for e in _recognition._recent.get().entries) < REMEMBERED * _recognition.SEARCHED


@pytest.mark.parametrize(
    "body", [{}, {"messages": None}, {"messages": [None, 3, "x", {"content": {"a": 1}}]}, {"input": 3}]
)
def test_odd_requests(body):
    """A request of any shape is looked through without a fault."""
    PERSONA.render(who="Ada")
    assert recognised(body) == []


def test_a_fork_does_not_inherit_the_lock(monkeypatch):
    """In a forked child the lock is free, whoever held it in the parent."""
    with _recognition._lock:
        _recognition._after_fork()
        note("a text of some length that is noted", PromptIdentity("p"))
    assert names(chat("a text of some length that is noted")) == ["p"]
