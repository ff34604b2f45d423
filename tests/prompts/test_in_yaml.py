"""A rendered text is written as YAML like any other, whenever PyYAML comes in."""

from __future__ import annotations

import subprocess
import sys

import pytest

yaml = pytest.importorskip("yaml")

RENDER = """
from otel_prompt import Prompt
text = Prompt("p", "Hello {{x}}\\n").render(x="you")
"""
DUMPER = """
import yaml
class Own(yaml.SafeDumper):
    pass
Own.add_representer(set, lambda dumper, _: dumper.represent_str("a set"))
"""
DUMP = """
assert type(text) is not str
made = {"m": [text, str(text)]}
plain = yaml.safe_dump({"m": [str(text), str(text)]})
ways = [yaml.safe_dump(made), yaml.dump(made), yaml.dump(made, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))]
ways += [yaml.dump(made, Dumper=Own)]
assert ways == [plain] * 4, ways
"""


@pytest.mark.parametrize("order", [DUMPER + RENDER, RENDER + DUMPER], ids=["before", "after"])
def test_a_rendered_text_in_yaml(order):
    """It is plain text there, with each dumper, an own one too, imported before or after it was rendered."""
    made = subprocess.run([sys.executable, "-c", order + DUMP], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
