"""Secrets are taken out wherever they stand, words that look like them stay, and JSON stays JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_prompt.encoding import encode
from otel_prompt.processors.redact import MARKER, redact

_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_LINES = "\n".join(["MIIEpAIBAAKCAQEA" + "b" * 48] * 3)
SECRETS = {
    "openai": "sk-proj-Ab12Cd34Ef56Gh78Ij90Kl12Mn34Op56",
    "openai old": "sk-abcdefghijklmnopqrstuvwxyz012345ABCDEFGHIJ",
    "anthropic": "sk-ant-api03-AbCdEf123456-AbCdEf123456_AbCdEf",
    "openrouter": "sk-or-v1-0123456789abcdef0123456789abcdef",
    "langfuse": "sk-lf-01234567-89ab-cdef-0123-456789abcdef",
    "langfuse public": "pk-lf-01234567-89ab-cdef-0123-456789abcdef",
    "xai": "xai-abcdefghijklmnop0123456789ABCDEF",
    "perplexity": "pplx-0123456789abcdef0123456789abcdef",
    "nvidia": "nvapi-abcdefghijklmnop0123456789",
    "groq": "gsk_abcdefghijklmnopqrstuvwxyz0123456789",
    "hugging face": "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "replicate": "r8_abcdefghijklmnopqrstuvwxyz0123456789",
    "langsmith": "lsv2_pt_0123456789abcdef0123456789abcdef_0123456789",
    "github": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github fine": "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
    "gitlab": "glpat-abcdefghij0123456789",
    "slack": "xoxb-123456789012-123456789012-AbCdEfGhIjKlMnOp",
    "stripe": "sk_live_abcdefghijklmnopqrstuvwx",
    "amazon": "AKIAIOSFODNN7EXAMPLE",
    "google": "AIzaSyA-1234567890abcdefghijklmnopqrstu",
    "google token": "ya29.a0AfH6SMBx1234567890abcdef",
    "sendgrid": "SG.abcdefghijklmnop.qrstuvwxyz0123456789",
    "databricks": "dapi0123456789abcdef0123456789abcdef",
    "jwt": _JWT,
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{_LINES}\n-----END RSA PRIVATE KEY-----",
}
PARTS = {
    "bearer": ("Authorization: Bearer ", "abc123def456ghi789jkl", ""),
    "bearer, loud": ("AUTHORIZATION: BEARER ", "abc123def456ghi789jkl", ""),
    "url": ("postgres://ada:", "hunter2hunter2", "@db.example.org/x"),
    "azure": ("Endpoint=x;AccountKey=", "abcdefghijklmnopqrstuvwxyz0123456789+/==", ";"),
}
CASES = {name: ("", secret, "") for name, secret in SECRETS.items()} | PARTS
EVERY = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
PLACES = {
    "alone": "{}",
    "in a sentence": "My key is {}, keep it.",
    "after a line's end": "first\n{}\nlast",
    "after a tab": "key\t{}",
    "quoted": 'key="{}"',
    "in brackets": "({})",
    "assigned": "KEY={}",
}


@EVERY
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_secret_is_taken_out_of_json(case, place):
    """Wherever it stands in a text, and however that text was escaped: none of it is left, and it is still JSON."""
    before, secret, after = case
    value = [{"role": "user", "parts": [{"type": "text", "content": place.format(before + secret + after)}]}]
    text = redact(encode(value))
    assert secret not in json.loads(text)[0]["parts"][0]["content"]
    assert MARKER in text
    assert encode(secret)[1:-1] not in text


@EVERY
def test_a_secret_is_taken_out_of_nested_json(case):
    """A tool's arguments are JSON in a text in JSON."""
    before, secret, after = case
    inner = json.dumps({"a": f"x\n{before}{secret}{after}"})
    text = redact(encode({"arguments": inner}))
    assert secret not in text
    assert json.dumps(secret)[1:-1] not in json.loads(text)["arguments"]
    assert MARKER in text


@EVERY
def test_a_secret_is_taken_out_of_a_plain_text(case):
    """Error messages are no JSON."""
    before, secret, after = case
    assert secret not in redact(f"Incorrect API key provided: {before}{secret}{after}. See the manual.")


@EVERY
def test_a_secret_in_a_long_text(case):
    """Long texts take another way than short ones."""
    before, secret, after = case
    text = redact("word " * 100 + before + secret + after + " word" * 100)
    assert secret not in text
    assert text.count("word") == 200


@pytest.mark.parametrize(
    "text",
    [
        "task-force-of-twenty-people",
        "risk-free-investment-of-the-year",
        "disk-usage-of-the-whole-cluster",
        "bearer of bad news 2024",
        "the bearer of this letter, 1848",
        "ask-me-anything-about-opentelemetry",
        "http://localhost:8080/a@b",
        "mail ada@example.org at 10:30",
        "https://example.org:443/path?x=1",
        "A thousand sk- prefixes",
        "my_variable_name_that_is_quite_long_indeed",
        "self_test_of_the_whole_machine",
        "eyJust a word",
        "dapibus ac facilisis in egestas eget quam",
        "-----BEGIN CERTIFICATE-----",
        "AKIA is a prefix",
        "SGML. is not a key",
        "half_a_dozen_of_the_other_things_here",
    ],
)
def test_what_only_looks_like_a_secret_stays(text):
    """A wrong redaction destroys the record."""
    assert redact(text) == text
    assert json.loads(redact(encode([text]))) == [text]


_secrets = st.sampled_from(["".join(case) for case in CASES.values()])
_texts = st.lists(st.one_of(_secrets, st.text(max_size=20), st.sampled_from(["\n", '"', "\\", "@", "://"]))).map(
    "".join
)
_values = st.recursive(_texts, lambda v: st.lists(v, max_size=3) | st.dictionaries(_texts, v, max_size=3), max_leaves=6)


@settings(max_examples=300, deadline=None)
@given(_values)
def test_json_stays_json(value):
    """Whatever it holds, in whatever depth."""
    json.loads(redact(encode(value)))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(_secrets, st.text(max_size=20))).map("\n".join))
def test_redacting_twice_is_redacting_once(value):
    """A marker is no secret."""
    once = redact(encode(value))
    assert redact(once) == once
