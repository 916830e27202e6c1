#!/usr/bin/env bash
# Fuzz targets on the stable compiler: fuzz.sh [SECONDS] [TARGET…], or fuzz.sh TARGET FILE. A target is a file of
# tests/fuzz/fuzz_targets, or kernel:PARSER. Without targets: all of them, and each parser of the kernel's files by itself.
set -euo pipefail
. "$(dirname "$0")/common.sh"

if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
    say "make fuzz ARGS=\"[SECONDS] [TARGET…]\": so many seconds (60) for each target, all without a name"
    say "make fuzz ARGS=\"TARGET FILE\": runs what was found once more"
    say "targets: $(cd tests/fuzz/fuzz_targets && echo *.rs | sed 's/\.rs//g'), and kernel:PARSER"
    exit 0
fi

# What a compiler with `-Z sanitizer` would set, but for the sanitizers: they find faults of C, not of Rust.
# With a target named, build scripts are built without these flags.
host="$(rustc -vV | sed -n 's/^host: //p')"
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
cargo build --release --manifest-path tests/fuzz/Cargo.toml --target "$host" --target-dir "$CARGO_TARGET_DIR/fuzz"
built="$CARGO_TARGET_DIR/fuzz/$host/release"

# A file to run again: TARGET FILE.
if [ "$#" -eq 2 ] && [ -f "$2" ]; then
    parser=""
    [[ "$1" != *:* ]] || parser="${1#*:}"
    SISKIN_FUZZ_PARSER="$parser" exec "$built/${1%%:*}" "$2"
fi
seconds=60
if [[ "${1:-}" =~ ^[0-9]+$ ]]; then
    seconds="$1"
    shift
fi
targets=("$@")
if [ "$#" -eq 0 ]; then
    mapfile -t targets < <(
        find tests/fuzz/fuzz_targets -name '*.rs' ! -name kernel.rs -exec basename {} .rs \; | sort
        sed -n 's/^    ("\([a-z_0-9]*\)", |.*/kernel:\1/p' platform/tests/parsers/mod.rs
    )
fi

# What a run finds on its way stays beside what was built; only small seeds and findings are kept in the repository.
status=0
for target in "${targets[@]}"; do
    name="${target%%:*}" parser=""
    [ "$name" = "$target" ] || parser="${target#*:}"
    seeds="tests/fuzz/corpus/$name"
    [ "$name" != kernel ] || seeds="platform/fixtures"
    work="$CARGO_TARGET_DIR/fuzz/corpus/$target" found="$CARGO_TARGET_DIR/fuzz/found/$target"
    mkdir -p "$work" "$found"
    dictionary=()
    [ ! -f "tests/fuzz/dictionaries/$name" ] || dictionary=(-dict="tests/fuzz/dictionaries/$name")
    if SISKIN_FUZZ_PARSER="${parser:-}" "$built/$name" "${dictionary[@]}" -artifact_prefix="$found/" -max_len=8192 -timeout=25 \
        -rss_limit_mb=1024 -max_total_time="$seconds" -print_final_stats=1 "$work" "$seeds" >"$found/log" 2>&1; then
        say "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log") runs in $seconds s, nothing found"
    else
        say "$target: FOUND, $(find "$found" -type f ! -name log | tr '\n' ' '), its log is $found/log"
        status=1
    fi
done
exit "$status"
