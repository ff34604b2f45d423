"""One file per SDK, each with one value: ``PROVIDER``. A file is imported when its SDK is to be instrumented."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from ._base import Provider

REGISTRY: Final[Mapping[str, str]] = {"openai": "openai"}
"""The clients by the name that users give them -> the module here that knows them."""


def provider(name: str) -> Provider:
    """The provider of a client in ``REGISTRY``."""
    found: Provider = import_module(f"{__name__}.{REGISTRY[name]}").PROVIDER
    return found
