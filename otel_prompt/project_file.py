"""``[tool.otel-prompt]`` in the nearest pyproject.toml."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import ConfigurationError


def read() -> tuple[Path | None, Mapping[str, Any]]:
    """The nearest file, of this folder and those above it, with our table in it; neither, where there is none.

    Raises:
        ConfigurationError: it cannot be read, or our table is none.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # pyright: ignore[reportMissingImports] - only below 3.11
    try:
        here = Path.cwd()
    except OSError:  # the folder was deleted
        return None, {}
    for folder in (here, *here.parents):
        file = folder / "pyproject.toml"
        try:
            if file.is_file():
                return file, _own_table(tomllib.loads(file.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{file} cannot be read ({error}); its settings are left out.") from None
    return None, {}


def _own_table(file: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = file
    for name in ("tool", "otel-prompt"):
        found = found.get(name, {})
        if not isinstance(found, Mapping):
            raise ConfigurationError(f"{name} is no table but {found!r}")
    return found
