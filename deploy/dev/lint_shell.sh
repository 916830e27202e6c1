#!/usr/bin/env bash
# The shell scripts' lint, where it is installed. Functions that only a trap or a loop calls look unused to it: SC2317.
set -euo pipefail
. "$(dirname "$0")/common.sh"

has shellcheck || {
    say "shellcheck: not installed, skipped"
    exit 0
}
shellcheck -x -P SCRIPTDIR -e SC2317 deploy/dev/*.sh .ci/run
say "shellcheck: clean"
