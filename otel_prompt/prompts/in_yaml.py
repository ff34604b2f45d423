"""Rendered texts in YAML: PyYAML writes a ``str``, but refuses what is only a kind of one."""

from __future__ import annotations

from functools import cache
from typing import Any

import wrapt


def _plain(dumper: Any, text: str) -> Any:
    return dumper.represent_str(str.__str__(text))


@cache
def teach_yaml(kind: type[str]) -> None:
    """Have PyYAML write a kind of text as the text that it is; at once, or when the application imports PyYAML."""

    def teach(yaml: Any) -> None:
        waiting = [yaml.representer.SafeRepresenter]
        while waiting:
            found = waiting.pop()
            waiting += found.__subclasses__()
            if "yaml_representers" in vars(found):  # the others look it up in these
                found.add_representer(kind, _plain)

    wrapt.register_post_import_hook(teach, "yaml")
