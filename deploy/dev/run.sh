#!/usr/bin/env bash
# A server and an agent on this machine, from what `make build` built, until Ctrl-C (or SIGTERM) ends both.
set -euo pipefail
. "$(dirname "$0")/common.sh"

# The host of HOST:PORT; a number of IPv6 without its brackets.
name_of() {
    local name="${1%:*}"
    name="${name#[}"
    printf '%s' "${name%]}"
}

listen="${SISKIN_LISTEN:-127.0.0.1:5050}"
agent_listen="${SISKIN_AGENT_LISTEN:-127.0.0.1:5001}"
data="${DATABASE_PATH:-data/siskin.duckdb}"
logs="$(dirname "$data")"
# Seconds the server and the first sample may take.
PATIENCE=60

# A token file of other servers is not meant here: this one is for this machine alone.
unset SISKIN_TOKEN_FILE
port="${listen##*:}"
host="$(name_of "$listen")"
server=""
agent=""

in_use() { (: <"/dev/tcp/$(name_of "$1")/${1##*:}") 2>/dev/null; }

get() {
    (
        exec 3<>"/dev/tcp/$host/$port"
        printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$1" "$listen" >&3
        # Not for ever: a server that takes the request and is silent is no answer.
        while IFS= read -r -t 5 line || [ -n "$line" ]; do printf '%s\n' "$line"; done <&3
    ) 2>/dev/null
}

# Samples stored of all hosts; 0 when there is no answer.
samples() { { get /hosts | grep -o '"metric_count": *[0-9]*' || true; } | awk -F: '{ n += $2 } END { print n + 0 }'; }

alive() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }

# Ends one process: asks, waits, and says how it went.
end() {
    local name="$1" pid="$2" code=0
    [ -n "$pid" ] || return 0
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" || code=$?
    if [ "$code" = 0 ]; then say "$name: stopped"; else say "$name: ended with status $code, see $logs/$name.log"; fi
    return "$code"
}

# The agent first, so that it can still hand over what it has.
end_both() {
    trap '' INT TERM
    trap - EXIT
    local worst=0
    end agent "$agent" || worst=$?
    end server "$server" || worst=$?
    server="" agent=""
    return "$worst"
}

stop() {
    say ""
    say "stopping"
    end_both || exit 1
    say "the data is in $data"
    exit 0
}

fail() {
    say "$*" >&2
    end_both || true
    exit 1
}

wait_for() {
    local what="$1" deadline=$((SECONDS + PATIENCE))
    shift
    until "$@"; do
        alive "$server" || { tail -n 5 "$logs/server.log" >&2 && fail "the server ended: $logs/server.log has all it said"; }
        [ -z "$agent" ] || alive "$agent" ||
            { tail -n 5 "$logs/agent.log" >&2 && fail "the agent ended: $logs/agent.log has all it said"; }
        [ "$SECONDS" -lt "$deadline" ] || fail "no $what within $PATIENCE s: see $logs/server.log and $logs/agent.log"
        sleep 0.2
    done
}

server_answers() { get /health | grep -q '"ok"'; }
sample_stored() { [ "$(samples)" -gt "$before" ]; }

in_use "$listen" && die "$listen is in use: stop what listens there, or choose another with SISKIN_LISTEN=127.0.0.1:PORT make run"
in_use "$agent_listen" &&
    die "$agent_listen is in use: stop what listens there, or choose another with SISKIN_AGENT_LISTEN=127.0.0.1:PORT make run"

mkdir -p "$logs"
trap stop INT TERM
# Whatever else ends this script, nothing is left running.
trap end_both EXIT
# Each in a process group of its own: Ctrl-C reaches this script alone, which then ends them in order.
set -m
NO_COLOR=1 "$SISKIN_SERVER_BIN" serve --listen "$listen" --data "$data" >"$logs/server.log" 2>&1 &
server=$!
wait_for "answer of the server" server_answers
before="$(samples)"
NO_COLOR=1 "$SISKIN_AGENT_BIN" --listen "$agent_listen" --server "http://$listen" \
    --interval "${SISKIN_AGENT_INTERVAL:-2}" >"$logs/agent.log" 2>&1 &
agent=$!
set +m
wait_for "sample" sample_stored

say ""
say "Siskin is watching this machine.  Dashboard: http://$listen/dashboard"
say "logs: $logs/server.log, $logs/agent.log   Ctrl-C ends both"
while alive "$server" && alive "$agent"; do
    sleep 1 &
    wait $! || true
done
alive "$server" || { tail -n 5 "$logs/server.log" >&2 && fail "the server ended on its own: see $logs/server.log"; }
tail -n 5 "$logs/agent.log" >&2
fail "the agent ended on its own: see $logs/agent.log"
