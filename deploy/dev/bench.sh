#!/usr/bin/env bash
# The benchmark, on what `make build` built: bench.sh [--help | sizes].
set -euo pipefail
. "$(dirname "$0")/common.sh"

cargo build --release -p siskin-tests --bin siskin-bench
exec "$CARGO_TARGET_DIR/release/siskin-bench" "$@"
