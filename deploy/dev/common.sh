# shellcheck shell=bash
# What the scripts beside this one share. Sourced, never run.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
SISKIN_SERVER_BIN="${SISKIN_SERVER_BIN:-$CARGO_TARGET_DIR/release/siskin-server}"
SISKIN_AGENT_BIN="${SISKIN_AGENT_BIN:-$CARGO_TARGET_DIR/agent/siskin-agent}"
export CARGO_TARGET_DIR SISKIN_SERVER_BIN SISKIN_AGENT_BIN

say() { printf '%s\n' "$*"; }

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Where the browser of the browser tests is, or nothing.
chromium_path() {
    local name
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        if [ -n "$name" ] && has "$name"; then
            command -v "$name"
            return
        fi
    done
}

# The agent has a build profile of its own (small), the tests' build does not know it: hand over the right one.
hand_over_agent() {
    mkdir -p "$CARGO_TARGET_DIR/release"
    cmp -s "$CARGO_TARGET_DIR/agent/siskin-agent" "$CARGO_TARGET_DIR/release/siskin-agent" ||
        { rm -f "$CARGO_TARGET_DIR/release/siskin-agent" &&
            cp "$CARGO_TARGET_DIR/agent/siskin-agent" "$CARGO_TARGET_DIR/release/siskin-agent"; }
}

# Says every minute that work goes on, where cargo shows no bar of its own. Ends with the shell that started it.
heartbeat() {
    [ ! -t 2 ] || return 0
    local what="$1" started=$SECONDS parent=$$
    while sleep 60 >/dev/null 2>&1 && kill -0 "$parent" 2>/dev/null; do
        say "… $what: $(((SECONDS - started) / 60)) min"
    done
}
