"""Secrets are taken out wherever they stand, words that look like them stay, and JSON stays JSON."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_prompt.encoding import encode
from otel_prompt.processors.redact import MARKER, redact
from otel_prompt.processors.secret_names import is_secret

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
    "pgp key": f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{_LINES}\n-----END PGP PRIVATE KEY BLOCK-----",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{_LINES}\n-----END RSA PRIVATE KEY-----",
}
PARTS = {
    "bearer, next line": ("Authorization: Bearer\n", "abc123def456ghi789jkl", ""),
    "url, @ in it": ("postgres://ada:", "p@ssw0rd", "@db.example.org/x"),
    "url, / in it": ("postgres://ada:", "pa/ssw0rd", "@db.example.org/x"),
    "url, both in it": ("postgres://ada:", "p@ss/w@0rd", "@db.example.org/x"),
    "url of the web, @ in it": ("https://ada:", "p@ssw0rd", "@example.org/@scope/x"),
    "url of the web, / in it": ("https://ada:", "pa/ssw0rd", "@example.org/x"),
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
    "after a page's end": "page 1\f{}",
    "after a backspace": "\b{}",
    "after a control character": "\x07{}",
    "after a letter with an accent": "é{}",
    "in a terminal's colour": "\x1b[32m{}\x1b[0m",
    "in bold colour": "\x1b[1;38;5;208m{}",
    "in a URL": "https://example.org/?k%3D{}",
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
        "http://localhost:8080/users/@ada",
        "https://example.org:443/?mail=a@b",
        "see https://a.example/x, then mail ada@example.org",
        "Bearer\nand nothing more than words of 2024",
    ],
)
def test_what_only_looks_like_a_secret_stays(text):
    """A wrong redaction destroys the record."""
    assert redact(text) == text
    assert json.loads(redact(encode([text]))) == [text]


UNITS = (
    "-eyJ", "-eyJaaaaaaaa.", "-eyJaaaaaaaaeyJ", "eyJaaaaaaaa.eyJ", "_eyJaaaaaaaa", "\\neyJ", "Bearer ", "Bearer\\n",
    "Bearer\\\\", "bearer x", "BEARER\t", "://a:b", "://:", "://a:", "://a:bbbb@", "x://a:/b", "a:/@", "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----", "PRIVATE KEY ", "KEY-----\\", " sk-", "-sk-", "sk-a", "-xoxb-", "-hf_", "_ghp_",
    "AccountKey=", "-AIza", "AKIA", "SG.", "-SG.a", "-ya29.", "-dapi", "dapi0", "\\", '\\\\"', '"', "'", ":", "':",
    '":', '"password":', '"token":"{', '\\"token\\":\\"{', '"token":"', "'token':'{", '"secret":["a",', '"secret":1',
    '"api_key" :', 'key\\":', "[32m", "%3D", "\\u0041", "a", "-", "_", ".", "@", "=",
)  # fmt: skip
"""What a pattern may begin to match, again and again."""


OPENINGS = ("", "Bearer ", "x://a:", '"password":"', "eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY-----")
REST = " -eyJ _hf_0123456789 AKIA ya29. SG. dapi0 earer\t EARER\t KEY----- @ :// "
"""What makes every pattern be tried."""


def seconds(text):
    """How long it takes to redact a text."""
    begin = time.perf_counter()
    redact(text)
    return time.perf_counter() - begin


@pytest.mark.parametrize("unit", UNITS)
def test_no_text_takes_long(unit):
    """The time grows with the length and no faster, whatever the text: anybody may have written it."""
    usual = seconds(("an honest word, " * 70_000)[:1_000_000] + REST)
    for opening in OPENINGS:
        assert seconds(opening + REST + unit * (50_000 // len(unit))) < 0.5 + 30 * usual / 20
    assert seconds(REST + unit * (1_000_000 // len(unit))) < 0.5 + 30 * usual


NAMES = (
    "api_key", "apikey", "API_KEY", "x-api-key", "openai_api_key", "apiKey", "secret", "client_secret", "clientSecret",
    "password", "dbPassword", "passwd", "token", "access_token", "refresh_token", "authorization", "Authorization",
    "Proxy-Authorization", "private_key", "aws_secret_access_key", "AZURE_SUBSCRIPTION_KEY", "Set-Cookie", "auth_token",
)  # fmt: skip
NO_SECRETS = (
    "max_tokens", "maxTokens", "tokens", "token_count", "total_tokens", "tokenizer", "eos_token", "next_page_token",
    "key", "public_key", "primary_key", "keyword", "author", "secretary", "passenger", "description", "PWD",
    "I forgot my old password",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("depth", range(4))
@pytest.mark.parametrize("value", ["hunter2", 'it"s', "back\\slash\\", "two\nlines", "", "x" * 300])
def test_a_value_with_the_name_of_a_secret(name, depth, value):
    """Whatever it looks like, in JSON and in JSON in JSON, it is gone, and the rest of it is as it was."""
    made = {"a": "before", name: value, "z": ["after"]}
    for _ in range(depth):
        made = {"said": json.dumps(made), "z": 'then "this"'}
    found = json.loads(redact(encode([made])))[0]
    for _ in range(depth):
        assert found["z"] == 'then "this"'
        found = json.loads(found["said"])
    assert found == {"a": "before", name: MARKER if value else "", "z": ["after"]}


@pytest.mark.parametrize("name", NO_SECRETS)
def test_a_name_that_only_looks_like_a_secret(name):
    """Tokens are also what models read; a sentence is no name."""
    text = encode({name: "some words", "a": {name: 8192}})
    assert redact(text) == text
    assert not is_secret(name)


@pytest.mark.parametrize(
    "value",
    [
        {"token": "Hello", "logprob": -0.1, "bytes": [72]},
        {"password": "{{password}}", "api_key": "<your key>", "secret": "$SECRET", "token": "[REDACTED]"},
        {"properties": {"password": {"type": "string"}}, "required": ["password"]},
        {"password": None, "secret": True, "token": 1245},
        {"password": "string"},
    ],
)
def test_what_stands_for_a_secret_stays(value):
    """A token of a model's, a placeholder, a schema: a wrong redaction destroys the record."""
    assert redact(encode([value, encode(value)])) == encode([value, encode(value)])


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("{'password': 'hunter2', 'x': 1}", "{'password': '[REDACTED]', 'x': 1}"),
        ("{'password': \"hunter'2\"}", "{'password': \"[REDACTED]\"}"),
        ('{"api_key" : "a b"}', '{"api_key" : "[REDACTED]"}'),
        ('{"password": 123456}', '{"password": "[REDACTED]"}'),
        ('{"authorization": ["Basic x", "y"], "b": "c"}', '{"authorization": ["[REDACTED]", "[REDACTED]"], "b": "c"}'),
        ('{"password": "cut off', '{"password": "[REDACTED]'),
        ('{"a": "{\\"password\\": \\"cut off"}', '{"a": "{\\"password\\": \\"[REDACTED]"}'),
        ("password: hunter2", "password: hunter2"),
    ],
)
def test_other_ways_to_write_a_named_secret(text, redacted):
    """As Python writes it, with spaces, as a number, as a list, cut off; what is no JSON is not read."""
    assert redact(text) == redacted
    assert redact(redacted) == redacted


_secrets = st.sampled_from(["".join(case) for case in CASES.values()])
_FRAGMENTS = [
    "\n", '"', "\\", "@", "://", "'", ":", '"password": "', "'token':'", '\\"secret\\":\\"', "eyJ", "x://a:",
    "KEY-----", "-----BEGIN PRIVATE KEY-----", '"authorization":["', '"pwd":12', "[32m", "%3D",
]  # fmt: skip
_texts = st.lists(st.one_of(_secrets, st.text(max_size=20), st.sampled_from(_FRAGMENTS))).map("".join)
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
