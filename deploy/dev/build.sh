#!/usr/bin/env bash
# Server and agent from their sources. The dashboard is there already: the server's build takes it in.
set -euo pipefail
. "$(dirname "$0")/common.sh"

if [ ! -x "$SISKIN_SERVER_BIN" ]; then
    say "first build into $CARGO_TARGET_DIR: DuckDB's C++ takes about 25 minutes on two cores, once; all else a few"
fi
heartbeat "building" &
beat=$!
trap 'kill "$beat" 2>/dev/null || true' EXIT

say "server: cargo build --release"
cargo build --release -p siskin-server
say "agent: cargo build --profile agent"
cargo build --profile agent -p siskin-agent
hand_over_agent
say "built: $CARGO_TARGET_DIR/release/siskin-server ($(($(wc -c <"$SISKIN_SERVER_BIN") / 1000000)) MB)," \
    "$CARGO_TARGET_DIR/release/siskin-agent ($(($(wc -c <"$SISKIN_AGENT_BIN") / 1000)) kB)"
