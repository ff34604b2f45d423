"""LiteLLM's names of the services that the conventions, or we, call otherwise."""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "azure": "azure.ai.openai",
    "azure_text": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "bedrock_mantle": "aws.bedrock",
    "vertex_ai": "gcp.vertex_ai",
    "vertex_ai_beta": "gcp.vertex_ai",
    "gemini": "gcp.gemini",
    "text-completion-openai": "openai",
    "custom_openai": "openai_compatible",
    "anthropic_text": "anthropic",
    "mistral": "mistral_ai",
    "codestral": "mistral_ai",
    "text-completion-codestral": "mistral_ai",
    "xai": "x_ai",
    "moonshot": "moonshot_ai",
    "watsonx": "ibm.watsonx.ai",
    "watsonx_text": "ibm.watsonx.ai",
    "together_ai": "together",
    "huggingface": "hugging_face",
    "cohere_chat": "cohere",
    "ollama_chat": "ollama",
    "fireworks_ai": "fireworks",
    "nvidia_nim": "nvidia",
    "dashscope": "alibaba_cloud",
    "hosted_vllm": "vllm",
}
