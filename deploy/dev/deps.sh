#!/usr/bin/env bash
# Are the programs there that building and testing need? `check build`, `check test`: if not, install them where we
# may (root, or CI=true), else say the one line that does. `install`: install what is missing.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# Vite's minimum.
NODE_MAJOR=20
NODE_MINOR=19

node_is_new_enough() {
    local version major minor
    version="$(node --version)"
    version="${version#v}"
    major="${version%%.*}"
    minor="${version#*.}"
    minor="${minor%%.*}"
    [ "$major" -gt "$NODE_MAJOR" ] || { [ "$major" -eq "$NODE_MAJOR" ] && [ "$minor" -ge "$NODE_MINOR" ]; }
}

# One word for each program that is not there.
missing() {
    has c++ || has g++ || has clang++ || say c++
    has make || say make
    has node || say node
    has npm || say npm
    [ "$1" = build ] || [ -n "$(chromium_path)" ] || say chromium
    # The tests compare with `free` and `uptime`.
    [ "$1" = build ] || [ "$(uname -s)" != Linux ] || { has free && has uptime; } || say procps
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        die "this needs root, and sudo is not there; run as root: make deps"
    fi
}

install_debian() {
    local word packages=()
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
    for word in "$@"; do
        case "$word" in
        c++) packages+=(g++) ;;
        node) packages+=(nodejs) ;;
        # Where Node.js comes from elsewhere than Debian it brings npm along.
        npm) has node || apt-cache show npm >/dev/null 2>&1 && packages+=(npm) ;;
        *) packages+=("$word") ;;
        esac
    done
    say "installing ${packages[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}"
}

install_macos() {
    has brew || die "Homebrew is missing: https://brew.sh, then run: make deps"
    local word
    for word in "$@"; do
        case "$word" in
        c++ | make) xcode-select --install || true ;;
        node | npm) brew install node ;;
        chromium) brew install --cask chromium ;;
        esac
    done
}

need_new_node() {
    node_is_new_enough ||
        die "Node.js $(node --version) is too old: $NODE_MAJOR.$NODE_MINOR or later is needed (https://nodejs.org)"
}

install() {
    local words
    words="$(missing test)"
    [ -n "$words" ] || {
        need_new_node
        say "system packages: all there"
        return 0
    }
    # shellcheck disable=SC2086 # one word each
    case "$(uname -s)" in
    Darwin) install_macos $words ;;
    *)
        has apt-get || die "missing: ${words//$'\n'/, }; this script knows apt-get and brew only, please install them yourself"
        install_debian $words
        ;;
    esac
    words="$(missing test)"
    [ -z "$words" ] || die "still missing: ${words//$'\n'/, }; please install them yourself"
    need_new_node
}

check() {
    local words
    words="$(missing "$1")"
    if [ -n "$words" ]; then
        say "missing: ${words//$'\n'/, }"
        if [ "$(id -u)" = 0 ] || [ "${CI:-}" = true ]; then install; else die "run: make deps"; fi
    fi
    has cargo || die "Rust is missing: install it from https://rustup.rs and run this again"
    need_new_node
}

case "${1:-}" in
install) install ;;
check) check "${2:?build or test}" ;;
*) die "usage: deps.sh install | deps.sh check build|test" ;;
esac
