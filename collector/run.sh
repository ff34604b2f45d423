#!/bin/sh
# Starts MLflow, Jaeger and the Collector on this machine, runs a command beside them, and keeps them until Ctrl-C:
#
#     collector/run.sh otel-prompt demo --otlp http://localhost:4318
#
# Their files are in the folder .demo, their programs where build.sh has put them; mlflow must be on the PATH.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
programs=${XDG_CACHE_HOME:-$HOME/.cache}/otel-prompt-tests/collector
files=$PWD/.demo
mkdir -p "$files"
export JAEGER_UI_CONFIG="$here/jaeger/ui.json"
# To MLflow's experiment 0, which is there from the beginning.
export MLFLOW_TRACKING_URI=http://localhost:5001 MLFLOW_EXPERIMENT_ID=0
export OTEL_PROMPT_MLFLOW_UI=$MLFLOW_TRACKING_URI

started=
trap 'kill $started 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM

# start NAME PORT COMMAND...: in the background, and wait until it listens.
start() {
    name=$1 port=$2
    shift 2
    if curl -s -o /dev/null "http://localhost:$port"; then
        echo "Port $port, which $name needs, is taken: something listens there already." >&2
        exit 1
    fi
    "$@" >"$files/$name.log" 2>&1 &
    started="$started $!"
    tries=0
    until curl -s -o /dev/null "http://localhost:$port"; do
        tries=$((tries + 1))
        if [ $tries -gt 240 ] || ! kill -0 $! 2>/dev/null; then
            echo "$name did not start; $files/$name.log says why" >&2
            exit 1
        fi
        sleep 0.5
    done
}

echo "Starting MLflow, Jaeger and the Collector ..."
start mlflow-server 5001 env MLFLOW_DISABLE_TELEMETRY=true \
    mlflow server --port 5001 --workers 1 \
    --backend-store-uri "sqlite:///$files/collected.db" --artifacts-destination "$files/artifacts"
start jaeger 16686 "$programs/jaeger" --config "$here/jaeger/server.yaml"
start collector 4318 "$programs/otelcol-prompt" \
    --config "$here/base.yaml" --config "$here/jaeger.yaml" --config "$here/mlflow.yaml"

"$@"

cat <<'EOF'

MLflow has its traces: http://localhost:5001/#/experiments/0/traces
Jaeger has them, too. A Jaeger that Go has built has no pages, and answers at its API (docs/collector.md has pages):
  curl -G http://localhost:16686/api/traces -d service=story-experiment \
    --data-urlencode 'tags={"gen_ai.prompt.name": "story", "gen_ai.prompt.version": "1"}'
EOF
if [ -t 0 ]; then
    echo "Ctrl-C ends them."
    wait
fi
