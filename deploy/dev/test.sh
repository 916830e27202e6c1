#!/usr/bin/env bash
# Every test there is, on what `make build` built. Goes on after a failure, so that one run tells all; ends with a summary.
set -euo pipefail
. "$(dirname "$0")/common.sh"

log="$(mktemp -d)"
heartbeat "testing" &
beat=$!
trap 'kill "$beat" 2>/dev/null || true; rm -rf "$log"' EXIT

CHROMIUM="$(chromium_path)"
[ -z "$CHROMIUM" ] || export CHROMIUM

# `npm run test:browser` without its build: the page that the server has taken in is the one to test.
browser_tests() { (cd dashboard && npx --no-install vitest run --config vitest.browser.config.ts); }

# Reads what a test runner printed (cargo test, Vitest, node --test): "passed failed skipped".
count() {
    sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
        /^test result:/ { passed += $4; failed += $6; skipped += $8 }
        /^ *Tests +[0-9]/ {
            for (i = 2; i < NF; i++) {
                if ($(i + 1) ~ /^passed/) passed += $i
                if ($(i + 1) ~ /^failed/) failed += $i
                if ($(i + 1) ~ /^skipped/) skipped += $i
            }
        }
        /^[^A-Za-z0-9]+ pass [0-9]+$/ { passed += $NF }
        /^[^A-Za-z0-9]+ fail [0-9]+$/ { failed += $NF }
        /^[^A-Za-z0-9]+ skipped [0-9]+$/ { skipped += $NF }
        END { print passed + 0, failed + 0, skipped + 0 }'
}

total_passed=0 total_failed=0 total_skipped=0 status=0
summary=""

# part NAME COMMAND…: runs it, shows what it prints, adds a line to the summary.
part() {
    local name="$1" started=$SECONDS code=0 passed failed skipped
    shift
    say ""
    say "== $name: $*"
    "$@" 2>&1 | tee "$log/$name" || code=$?
    # Ctrl-C ends all of it.
    [ "$code" -ne 130 ] || exit 130
    read -r passed failed skipped < <(count "$log/$name")
    # A runner that ran nothing has not passed, and one that broke off has failed.
    if [ "$code" -eq 0 ] && [ "$passed" -eq 0 ]; then code=1; fi
    if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
    total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed)) total_skipped=$((total_skipped + skipped))
    if [ "$code" -ne 0 ] || [ "$failed" -ne 0 ]; then status=1; fi
    summary+="$(printf '%-10s %5d passed %4d failed %4d skipped %6d s' "$name" "$passed" "$failed" "$skipped" "$((SECONDS - started))")"$'\n'
}

# The profile that `make run` uses too: DuckDB is compiled once.
part rust cargo test --release --workspace --no-fail-fast
hand_over_agent
part dashboard npm --prefix dashboard run --silent test
part browser browser_tests

say ""
say "== summary"
printf '%s' "$summary"
[ "$status" -eq 0 ] || grep -hE '^test .* FAILED$|^ *(×|✗|✖|not ok) ' "$log"/* || true
say "$total_passed passed, $total_failed failed, $total_skipped skipped"
exit "$status"
