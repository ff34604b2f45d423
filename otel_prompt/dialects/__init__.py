"""One span, said as each backend reads it: functions from a record to a record.

No set of attributes is right for all: what one reads another takes for something else. docs/mapping.md is the table of
what becomes of each fact, and the tests hold each of its cells.
"""

from __future__ import annotations
