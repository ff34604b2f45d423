"""What ``opentelemetry-instrument`` offers as options for us, and which distro it is to load.

It loads one distro and one configurator, the first that it finds. Where opentelemetry-distro is installed as well, that
one asks for an OTLP exporter over gRPC and, if there is none, nothing is instrumented at all. Ours does what it does
without asking for more, so it is the default; ``OTEL_PYTHON_DISTRO`` still chooses.
"""

from __future__ import annotations

from .config import set_default

OTEL_PROMPT_CLIENTS = "OTEL_PROMPT_CLIENTS"
OTEL_PROMPT_EXPORTERS = "OTEL_PROMPT_EXPORTERS"
OTEL_PROMPT_CAPTURE_CONTENT = "OTEL_PROMPT_CAPTURE_CONTENT"
OTEL_PROMPT_STORE = "OTEL_PROMPT_STORE"
OTEL_PROMPT_PROMPTS = "OTEL_PROMPT_PROMPTS"
OTEL_PROMPT_EXPERIMENT = "OTEL_PROMPT_EXPERIMENT"
OTEL_PROMPT_EXPERIMENTER = "OTEL_PROMPT_EXPERIMENTER"
OTEL_PROMPT_RUN_PER = "OTEL_PROMPT_RUN_PER"

set_default("OTEL_PYTHON_DISTRO", "otel_prompt")
set_default("OTEL_PYTHON_CONFIGURATOR", "otel_prompt")
