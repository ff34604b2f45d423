"""Every attribute, metric and event name that the package writes or reads: the only file that spells them.

Standard names are those of the OpenTelemetry GenAI conventions' newest tree
(https://github.com/open-telemetry/semantic-conventions-genai); what no standard names is under ``otel_prompt.``.
"""

from __future__ import annotations

from typing import Final

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.41.0"
SCOPE: Final = "otel_prompt"
CONVENTIONS_PREFIX: Final = "gen_ai."

# The call.
OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
ERROR_TYPE: Final = "error.type"
HTTP_STATUS: Final = "http.response.status_code"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
OUTPUT_TYPE: Final = "gen_ai.output.type"
ATTEMPTS: Final = "otel_prompt.request.attempts"

# The request.
REQUEST_PREFIX: Final = "gen_ai.request."
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
PARAM_PREFIX: Final = "otel_prompt.param."
REQUEST_PARAMETERS: Final = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "frequency_penalty",
        "presence_penalty",
        "seed",
        "stop_sequences",
        "choice.count",
        "encoding_formats",
        "reasoning.level",
        "previous_response.id",
    }
)
"""The decoding parameters with a standard name under ``gen_ai.request.``; all others are ``otel_prompt.param.``."""

# The response.
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_STATUS: Final = "gen_ai.response.status"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
EMBEDDING_DIMENSIONS: Final = "gen_ai.embeddings.dimension.count"

# Content, as JSON strings on spans.
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
CONTENT: Final = (SYSTEM_INSTRUCTIONS, INPUT_MESSAGES, OUTPUT_MESSAGES, TOOL_DEFINITIONS)

CUT_SHORT: Final = "otel_prompt.cut_short"
"""True where a stream, or a step that is a generator, was still open when the process ended."""

# Usage: subsets are counted in their totals.
USAGE_PREFIX: Final = "gen_ai.usage."
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_write.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
AUDIO_INPUT_TOKENS: Final = "gen_ai.usage.audio.input_tokens"
AUDIO_OUTPUT_TOKENS: Final = "gen_ai.usage.audio.output_tokens"
IMAGE_INPUT_TOKENS: Final = "gen_ai.usage.image.input_tokens"
IMAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.image.output_tokens"
PROCESSED_INPUT_TOKENS: Final = "otel_prompt.usage.processed.input_tokens"
PROCESSED_OUTPUT_TOKENS: Final = "otel_prompt.usage.processed.output_tokens"
PROCESSED_CACHED_TOKENS: Final = "otel_prompt.usage.processed.cache_read.input_tokens"
"""The tokens that the model took, where the service bills fewer of them: the conventions' counts are those billed."""
SEARCH_UNITS: Final = "otel_prompt.usage.search_units"
"""What a service bills for ranking documents in place of tokens."""
CACHE_WRITE_1H_TOKENS: Final = "otel_prompt.usage.cache_write_1h.input_tokens"
TEXT_INPUT_TOKENS: Final = "gen_ai.usage.text.input_tokens"
CACHE_CREATION_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
"""The spelling of cache writes until 2026, still the one that most readers know."""

COST_PREFIX: Final = "otel_prompt.cost."
COST_INPUT: Final = "otel_prompt.cost.input_usd"
COST_OUTPUT: Final = "otel_prompt.cost.output_usd"
COST_TOTAL: Final = "otel_prompt.cost.total_usd"

# OpenAI's own.
OPENAI_API_TYPE: Final = "openai.api.type"
OPENAI_REQUEST_SERVICE_TIER: Final = "openai.request.service_tier"
OPENAI_RESPONSE_SERVICE_TIER: Final = "openai.response.service_tier"
OPENAI_SYSTEM_FINGERPRINT: Final = "openai.response.system_fingerprint"

# Amazon Bedrock's own.
BEDROCK_GUARDRAIL: Final = "aws.bedrock.guardrail.id"
BEDROCK_KNOWLEDGE_BASE: Final = "aws.bedrock.knowledge_base.id"
GUARDRAIL_ACTION: Final = "otel_prompt.guardrail.action"
"""What a guardrail did, in its service's own word, where it did something."""

# Ollama's own: how long its server took for each part of a call, in seconds.
OLLAMA_PREFIX: Final = "otel_prompt.ollama."

# Steps.
AGENT_ID: Final = "gen_ai.agent.id"
AGENT_NAME: Final = "gen_ai.agent.name"
AGENT_DESCRIPTION: Final = "gen_ai.agent.description"
WORKFLOW_NAME: Final = "gen_ai.workflow.name"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"
DATA_SOURCE: Final = "gen_ai.data_source.id"
RETRIEVAL_TOP_K: Final = "gen_ai.retrieval.top_k"
RETRIEVAL_QUERY: Final = "gen_ai.retrieval.query.text"
RETRIEVAL_DOCUMENTS: Final = "gen_ai.retrieval.documents"
STEP_NAME: Final = "otel_prompt.step.name"
STEP_KIND: Final = "otel_prompt.step.kind"
"""What another instrumentation calls a step that is no operation: ``chain``, ``task``, ``reranker``, ``guardrail``."""
STEP_INPUT: Final = "otel_prompt.step.input"
STEP_OUTPUT: Final = "otel_prompt.step.output"

# The prompt.
PROMPT_NAME: Final = "gen_ai.prompt.name"
PROMPT_VERSION: Final = "gen_ai.prompt.version"
PROMPT_VARIABLE_PREFIX: Final = "gen_ai.prompt.variable."
PROMPT_TEMPLATE: Final = "otel_prompt.prompt.template"
PROMPT_TEMPLATE_HASH: Final = "otel_prompt.prompt.template_hash"
PROMPT_LABEL: Final = "otel_prompt.prompt.label"
PROMPT_SOURCE: Final = "otel_prompt.prompt.source"
PROMPT_ID: Final = "otel_prompt.prompt.id"
PROMPT_COMMIT: Final = "otel_prompt.prompt.commit"
PROMPT_DIRTY: Final = "otel_prompt.prompt.dirty"
PROMPT_SPLIT: Final = "otel_prompt.prompt.split"
PROMPT_FUNCTION: Final = "otel_prompt.prompt.function"
"""Where no prompt is known: the function that made the call. The source is then ``auto``, and there is no name."""
PROMPT_ALL: Final = "otel_prompt.prompts"
"""JSON ``[{name, version, template_hash}]``: every prompt in the call, where there is more than one."""

# One call that two instrumentations saw.
SAME_CALL: Final = "otel_prompt.same_call_as"
"""The id of the span that owns the call, its tokens and its cost: on the other one, which saw the same call."""
MLFLOW_TRACE: Final = "otel_prompt.mlflow.trace_id"
"""MLflow's id of the trace of its own that has the call as a step."""

# What surrounds a call.
USER_ID: Final = "user.id"
SESSION_ID: Final = "session.id"
TAGS: Final = "otel_prompt.tags"
METADATA_PREFIX: Final = "otel_prompt.metadata."
EXPERIMENT: Final = "otel_prompt.experiment.name"
EXPERIMENTER: Final = "otel_prompt.experimenter"
RUN_KEY: Final = "otel_prompt.run.key"
RUN_NAME: Final = "otel_prompt.run.name"
RUN_STEP: Final = "otel_prompt.run.step"
DATASET_PREFIX: Final = "otel_prompt.dataset."
DATASET_NAME: Final = "otel_prompt.dataset.name"
DATASET_VERSION: Final = "otel_prompt.dataset.version"
DATASET_DIGEST: Final = "otel_prompt.dataset.digest"
DATASET_ITEM_ID: Final = "otel_prompt.dataset.item.id"
DATASET_ITEM_EXPECTED: Final = "otel_prompt.dataset.item.expected"
LINK_PREFIX: Final = "otel_prompt.link."
"""Addresses of the span's own page in other tools, by tool."""
JAEGER_LINK: Final = "otel_prompt.link.jaeger"
WANDB_LINK: Final = "otel_prompt.link.wandb"
WANDB_RUN: Final = "otel_prompt.wandb.run_id"
"""The id of the W&B run, out of its address: for Jaeger's pages."""
VCS_REVISION: Final = "vcs.ref.head.revision"

# Exceptions, on span events.
EXCEPTION_EVENT: Final = "exception"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"

# The conventions' names of former times, and others' names in their namespace: read, never written by us.
SYSTEM: Final = "gen_ai.system"
LEGACY_PROMPT: Final = "gen_ai.prompt"
LEGACY_COMPLETION: Final = "gen_ai.completion"
LEGACY_PROMPT_PREFIX: Final = "gen_ai.prompt."
USAGE_DETAILS_PREFIX: Final = "gen_ai.usage.details."
USAGE_RAW: Final = "gen_ai.usage.raw"
TOTAL_TOKENS: Final = "gen_ai.usage.total_tokens"
MESSAGE_EVENT_ROLES: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
CHOICE_EVENT: Final = "gen_ai.choice"
PROMPT_EVENT: Final = "gen_ai.content.prompt"
COMPLETION_EVENT: Final = "gen_ai.content.completion"
RENAMED: Final = {
    SYSTEM: PROVIDER,
    "gen_ai.usage.prompt_tokens": INPUT_TOKENS,
    "gen_ai.usage.completion_tokens": OUTPUT_TOKENS,
    "gen_ai.usage.reasoning_tokens": REASONING_TOKENS,
    "gen_ai.usage.cache_read_input_tokens": CACHE_READ_TOKENS,
    "gen_ai.usage.cache_creation_input_tokens": CACHE_WRITE_TOKENS,
    CACHE_CREATION_TOKENS: CACHE_WRITE_TOKENS,
    "gen_ai.usage.details.reasoning_tokens": REASONING_TOKENS,
    "gen_ai.usage.details.cache_read_tokens": CACHE_READ_TOKENS,
    "gen_ai.usage.details.cache_write_tokens": CACHE_WRITE_TOKENS,
    "gen_ai.usage.input_audio_tokens": AUDIO_INPUT_TOKENS,
    "gen_ai.usage.output_audio_tokens": AUDIO_OUTPUT_TOKENS,
    "gen_ai.is_streaming": REQUEST_STREAM,
    "gen_ai.request.is_stream": REQUEST_STREAM,
    "gen_ai.request.n": "gen_ai.request.choice.count",
    "gen_ai.request.max_completion_tokens": "gen_ai.request.max_tokens",
    "gen_ai.request.reasoning_effort": "gen_ai.request.reasoning.level",
    "gen_ai.response.finish_reason": FINISH_REASONS,
    "gen_ai.response.stop_reason": FINISH_REASONS,
    "gen_ai.openai.request.seed": "gen_ai.request.seed",
    "gen_ai.openai.request.response_format": OUTPUT_TYPE,
    "gen_ai.openai.request.service_tier": OPENAI_REQUEST_SERVICE_TIER,
    "gen_ai.openai.response.service_tier": OPENAI_RESPONSE_SERVICE_TIER,
    "gen_ai.openai.response.system_fingerprint": OPENAI_SYSTEM_FINGERPRINT,
    "gen_ai.openai.system_fingerprint": OPENAI_SYSTEM_FINGERPRINT,
    "gen_ai.cost.input_cost": COST_INPUT,
    "gen_ai.cost.output_cost": COST_OUTPUT,
    "gen_ai.cost.total_cost": COST_TOTAL,
}
"""A former name, or an instrumentation's own, and the name of today."""

# Events.
INFERENCE_DETAILS_EVENT: Final = "gen_ai.client.inference.operation.details"
EVALUATION_EVENT: Final = "gen_ai.evaluation.result"
EVALUATION_NAME: Final = "gen_ai.evaluation.name"
EVALUATION_VALUE: Final = "gen_ai.evaluation.score.value"
EVALUATION_LABEL: Final = "gen_ai.evaluation.score.label"
EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"
EVALUATION_ID: Final = "otel_prompt.evaluation.id"
EVALUATION_SOURCE_TYPE: Final = "otel_prompt.evaluation.source.type"
EVALUATION_SOURCE_ID: Final = "otel_prompt.evaluation.source.id"
EVALUATION_METADATA_PREFIX: Final = "otel_prompt.evaluation.metadata."

# Metrics.
INFERENCE_DURATION: Final = "gen_ai.client.inference.duration"
OPERATION_DURATION: Final = "gen_ai.client.operation.duration"
METRIC_TIME_TO_FIRST_CHUNK: Final = "gen_ai.client.inference.time_to_first_chunk"
METRIC_TIME_PER_OUTPUT_CHUNK: Final = "gen_ai.client.inference.time_per_output_chunk"
METRIC_USAGE_PREFIX: Final = "gen_ai.client.inference.usage."
METRIC_INPUT_TOKENS: Final = "gen_ai.client.inference.operation.input_tokens"
METRIC_OUTPUT_TOKENS: Final = "gen_ai.client.inference.operation.output_tokens"
TOKEN_MODALITY: Final = "gen_ai.token.modality"

DURATION_BUCKETS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKEN_BUCKETS: Final = tuple(4**n for n in range(14))

# Operations.
CHAT: Final = "chat"
TEXT_COMPLETION: Final = "text_completion"
GENERATE_CONTENT: Final = "generate_content"
EMBEDDINGS: Final = "embeddings"
MODERATION: Final = "moderation"
FETCH_RESPONSE: Final = "fetch_response"
INVOKE_WORKFLOW: Final = "invoke_workflow"
INVOKE_AGENT: Final = "invoke_agent"
EXECUTE_TOOL: Final = "execute_tool"
RETRIEVAL: Final = "retrieval"
INFERENCE: Final = frozenset({CHAT, TEXT_COMPLETION, GENERATE_CONTENT})
"""The operations in which a model generates; their duration is ``gen_ai.client.inference.duration``."""
MODEL_CALLS: Final = INFERENCE | {EMBEDDINGS, MODERATION, FETCH_RESPONSE}
"""The operations that are one request to a model's service."""
