"""What ``OTEL_TRACES_EXPORTER=langfuse`` and its like find: an exporter class for each tool that takes OTLP."""

from __future__ import annotations

from .otlp import exporter_class

jaeger_exporter = exporter_class("jaeger")
langfuse_exporter = exporter_class("langfuse")
langsmith_exporter = exporter_class("langsmith")
mlflow_otlp_exporter = exporter_class("mlflow-otlp")
phoenix_exporter = exporter_class("phoenix")
weave_otlp_exporter = exporter_class("weave-otlp")
