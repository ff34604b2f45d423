#!/bin/sh
# Builds the Collector of builder.yaml and a Jaeger, once, into ~/.cache/otel-prompt-tests/collector (or the folder
# given), with Go and its module proxy. It takes some ten minutes and downloads about 1 GB of modules; what is there
# is not built again.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
into=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/otel-prompt-tests/collector}
builder_version=v$(sed -n 's/^  version: //p' "$here/builder.yaml")
# The newest Jaeger that the module proxy has a version of: its releases 2.x have no module of their own, and this one
# has the same sources as Jaeger 2.13.
jaeger_version=v1.76.0
# Two compilers at once leave a small machine usable.
export GOFLAGS="-p=2 -buildvcs=false ${GOFLAGS:-}"

command -v go >/dev/null || { echo "Go is needed to build the Collector: https://go.dev/dl" >&2; exit 1; }
mkdir -p "$into"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build_collector() {
    echo "Building the Collector $builder_version into $into ..."
    GOBIN=$work nice -n 10 go install "go.opentelemetry.io/collector/cmd/builder@$builder_version"
    (cd "$work" && nice -n 10 ./builder --config "$here/builder.yaml" --output-path "$work/otelcol")
    cp "$here/builder.yaml" "$into/builder.yaml"
    mv "$work/otelcol/otelcol-prompt" "$into/otelcol-prompt"
}

# Not "go install": its go.mod has a replacement, which a module that is installed by its name may not have. Its own
# go.sum comes with it, so that each module is the one that Jaeger was made with.
build_jaeger() {
    echo "Building Jaeger $jaeger_version into $into ..."
    mkdir "$work/jaeger"
    cd "$work/jaeger"
    go mod init jaeger-of-otel-prompt
    go mod edit -require="github.com/jaegertracing/jaeger@$jaeger_version"
    cp "$(go mod download -json "github.com/jaegertracing/jaeger@$jaeger_version" \
        | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')/go.sum" go.sum
    chmod u+w go.sum
    nice -n 10 go build -mod=mod -trimpath -o "$work/jaeger/binary" github.com/jaegertracing/jaeger/cmd/jaeger
    mv "$work/jaeger/binary" "$into/jaeger"
}

if [ ! -x "$into/otelcol-prompt" ] || ! cmp -s "$here/builder.yaml" "$into/builder.yaml"; then build_collector; fi
if [ ! -x "$into/jaeger" ]; then build_jaeger; fi
echo "$into has otelcol-prompt and jaeger."
