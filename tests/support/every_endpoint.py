"""The endpoints of all clients that are installed: what the tests of one are, the tests of all are."""

from __future__ import annotations

from dataclasses import replace

import anthropic_endpoints
import bedrock_endpoints
import cohere_endpoints
import endpoints
import google_endpoints
import huggingface_endpoints
import litellm_endpoints
import mistral_endpoints
import ollama_endpoints
from anthropic_endpoints import MESSAGES
from bedrock_endpoints import CONVERSE
from endpoint import FAULT
from endpoints import CHAT

GROQ = replace(CHAT, name="groq chat", sdk="groq")
TOGETHER = replace(CHAT, name="together chat", sdk="together", fault={"error": FAULT})
_EACH = (
    *endpoints.ALL,
    *anthropic_endpoints.ALL,
    *(GROQ, TOGETHER),
    *google_endpoints.ALL,
    *mistral_endpoints.ALL,
    *cohere_endpoints.ALL,
    *bedrock_endpoints.ALL,
    *ollama_endpoints.ALL,
    *huggingface_endpoints.ALL,
    *litellm_endpoints.ALL,
)
ALL = tuple(endpoint for endpoint in _EACH if endpoint.installed)
STREAMED = tuple(endpoint for endpoint in ALL if endpoint.events)
_CHATS = (
    *(CHAT, MESSAGES, GROQ, TOGETHER, CONVERSE),
    *(google_endpoints.CONTENT, mistral_endpoints.CHAT, cohere_endpoints.CHAT),
    *(ollama_endpoints.CHAT, huggingface_endpoints.CHAT, litellm_endpoints.CHAT),
)
CHATS = tuple(endpoint for endpoint in _CHATS if endpoint in ALL)
"""One endpoint of each client, for what is the same for all endpoints of a client."""
for each in CHATS:
    _ = each.module  # what is imported is what is traced
