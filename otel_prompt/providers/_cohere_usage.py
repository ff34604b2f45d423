"""What Cohere counts: the tokens that it bills, and those that its model took, which are more."""

from __future__ import annotations

from ..invocation import Invocation, Json, Usage
from ..semconv import PROCESSED_CACHED_TOKENS, PROCESSED_INPUT_TOKENS, PROCESSED_OUTPUT_TOKENS, SEARCH_UNITS
from ._base import child, counts


def _said(body: Json) -> Json:
    return child(body, "usage") or child(body, "meta")


def usage(body: Json) -> Usage:
    """The tokens of a call: those billed, as the conventions want them where a service says both.

    What was read from the cache is counted in the tokens that the model took; of those billed it is no part.
    """
    said = _said(body)
    billed, taken = child(said, "billed_units"), child(said, "tokens")
    if "input_tokens" in billed or "output_tokens" in billed:
        return Usage(*counts(billed.get("input_tokens"), billed.get("output_tokens")))
    return Usage(*counts(taken.get("input_tokens"), taken.get("output_tokens"), said.get("cached_tokens")))


def describe(inv: Invocation, body: Json) -> None:
    """What is counted beside what is billed in tokens."""
    said = _said(body)
    billed, taken = child(said, "billed_units"), child(said, "tokens")
    counted = {SEARCH_UNITS: billed.get("search_units")}
    if "input_tokens" in billed:
        counted[PROCESSED_INPUT_TOKENS] = taken.get("input_tokens")
        counted[PROCESSED_OUTPUT_TOKENS] = taken.get("output_tokens")
        counted[PROCESSED_CACHED_TOKENS] = said.get("cached_tokens")
    inv.attributes |= {name: count for name, count in zip(counted, counts(*counted.values())) if count is not None}
