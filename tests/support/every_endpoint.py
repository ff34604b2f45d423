"""The endpoints of all clients that are installed: what the tests of one are, the tests of all are."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import anthropic_endpoints
import endpoints
import huggingface_endpoints
import litellm_endpoints
import ollama_endpoints
from anthropic_endpoints import MESSAGES
from endpoint import FAULT
from endpoints import CHAT

GROQ = replace(CHAT, name="groq chat", sdk="groq")
TOGETHER = replace(CHAT, name="together chat", sdk="together", fault={"error": FAULT})
_EACH = (
    *(*endpoints.ALL, *anthropic_endpoints.ALL, GROQ, TOGETHER),
    *(*ollama_endpoints.ALL, *huggingface_endpoints.ALL, *litellm_endpoints.ALL),
)
ALL = tuple(endpoint for endpoint in _EACH if find_spec(endpoint.sdk))
STREAMED = tuple(endpoint for endpoint in ALL if endpoint.events)
_FIRST = (CHAT, MESSAGES, GROQ, TOGETHER, ollama_endpoints.CHAT, huggingface_endpoints.CHAT, litellm_endpoints.CHAT)
CHATS = tuple(endpoint for endpoint in _FIRST if endpoint in ALL)
"""One endpoint of each client, for what is the same for all endpoints of a client."""
for each in CHATS:
    _ = each.module  # what is imported is what is traced
