#!/usr/bin/env bash
# The benchmarks: bench.sh store [sizes] and bench.sh retention [sizes], on the server that `make build` built; bench.sh agent
# [sizes], on an agent that is built here, with no need of the server. `--help` lists the sizes.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ "${1:-}" != agent ] || cargo build --profile agent -p siskin-agent
cargo build --release -p siskin-tests --bin siskin-bench
exec "$CARGO_TARGET_DIR/release/siskin-bench" "$@"
