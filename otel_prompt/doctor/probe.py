"""Ask an address whether anybody is there, and say in words what came back."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

import msgspec

TIMEOUT: Final = 3.0
_MOST_BYTES: Final = 65_536


class Answer(msgspec.Struct, frozen=True):
    """What an address said: a status and the beginning of what came with it, or in words why there is none."""

    status: int | None = None
    reason: str = ""
    body: bytes = b""


def ask(url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Answer:
    """One HTTP request, without redirects and without retries."""
    try:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    except (ValueError, HTTPException):
        return Answer(reason="it is no address")
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.reason, response.read(_MOST_BYTES))
    except (OSError, HTTPException, ValueError) as error:
        return Answer(reason=in_words(error))
    finally:
        connection.close()


def connect(host: str, port: int) -> Answer:
    """Whether anything listens on a port; the status is 0 if so."""
    try:
        socket.create_connection((host, port), TIMEOUT).close()
    except OSError as error:
        return Answer(reason=in_words(error))
    return Answer(0)


def in_words(error: Exception) -> str:
    """Why nobody answered."""
    match error:
        case ConnectionRefusedError():
            return "nothing listens there"
        case TimeoutError():
            return f"no answer within {TIMEOUT:g} seconds"
        case socket.gaierror():
            return "there is no host of that name"
        case ssl.SSLError():
            return f"no secure connection ({error.reason or error})"
        case ConnectionError() | HTTPException():
            return "it answers, but not in HTTP; is the scheme (http, https) right?"
        case _:
            return str(error) or type(error).__name__
