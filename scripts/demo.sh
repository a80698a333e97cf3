#!/usr/bin/env bash
# The demo: a server on its embedded PostgreSQL, and the samples running round after round.
#
#   scripts/demo.sh start|restart|stop
#
# `start` returns while the server goes on in the background, and finds a server that is already up. `restart` kills
# the server with SIGKILL in mid-run, to show that page and runs go on. Data: TELLTALE_DATA_DIR, else .telltale here.
# Only processes named in its own pid files are ever ended, and only while they are still what the file says.
set -euo pipefail
cd "$(dirname "$0")/.."

# Started by root, PostgreSQL runs as another user, who may be kept out of this folder (root's home, say).
default_data_dir() {
    local folder=$PWD
    while [ "$(id -u)" = 0 ] && [ "$folder" != / ]; do
        case "$(stat -c %A "$folder")" in *[xt]) ;; *) echo "/var/lib/telltale-demo/$(cksum <<<"$PWD" | cut -d' ' -f1)"; return ;; esac
        folder=$(dirname "$folder")
    done
    echo "$PWD/.telltale"
}

TELLTALE_DATA_DIR=${TELLTALE_DATA_DIR:-$(default_data_dir)}
export TELLTALE_DATA_DIR
BIN=$PWD/target/debug/telltale
SERVER_LOG=$TELLTALE_DATA_DIR/demo-server.log
SERVER_PID=$TELLTALE_DATA_DIR/demo-server.pid
FEED_PID=$TELLTALE_DATA_DIR/demo-runs.pid
FEED_LOG=$TELLTALE_DATA_DIR/demo-runs.log
OUR_DOCKERD=$TELLTALE_DATA_DIR/demo-dockerd # there while a daemon runs that this script started
# A new cluster takes seconds; a slow disk gets a minute before we call it failed.
READY_SECONDS=60
# The first container on a cold machine takes a few seconds.
RUN_SECONDS=30
# A container gets ten seconds to end before it is killed.
STOP_SECONDS=15
# The page should still be moving for whoever looks a little later, but not for ever.
ROUNDS=20

say() { printf '%s\n' "$*"; }
fail() { printf 'telltale: %s\n' "$*" >&2; exit 1; }

# Prints the live pid of a pid file whose process is ours: a recycled pid is not.
alive() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 1
    grep -aqs "$2" "/proc/$pid/cmdline" && echo "$pid"
}

# What the server said last of where it listens.
address() { sed -n 's/.*telltale is listening on \(http[^ ]*\).*/\1/p' "$SERVER_LOG" 2>/dev/null | tail -n 1; }

start_server() {
    mkdir -p "$TELLTALE_DATA_DIR"
    : >"$SERVER_LOG"
    setsid nohup "$BIN" serve >>"$SERVER_LOG" 2>&1 </dev/null &
    local pid=$! tries=0
    echo "$pid" >"$SERVER_PID"
    until [ -n "$(address)" ]; do
        tries=$((tries + 1))
        kill -0 "$pid" 2>/dev/null || return 1
        [ "$tries" -lt $((READY_SECONDS * 10)) ] || return 1
        sleep 0.1
    done
}

start_server_somewhere() {
    start_server && return
    # The usual port may be somebody else's; the demo then takes any free one, unless it was told which.
    if [ -z "${TELLTALE_LISTEN:-}" ] && grep -q 'is taken' "$SERVER_LOG"; then
        say "Port 4780 is taken, so another one is used."
        TELLTALE_LISTEN=127.0.0.1:0 start_server && return
    fi
    tail -n 5 "$SERVER_LOG" >&2
    fail "the server did not start; all it said is in $SERVER_LOG"
}

# Containers where a Docker daemon answers or may be started, else processes of this machine.
engine() {
    if [ "$(scripts/dockerd.sh status 2>/dev/null)" != up ] && [ "$(id -u)" = 0 ] && command -v dockerd >/dev/null; then
        if scripts/dockerd.sh start >/dev/null 2>&1; then touch "$OUR_DOCKERD"; fi
    fi
    if [ "$(scripts/dockerd.sh status 2>/dev/null)" = up ] && scripts/sample-image.sh >/dev/null 2>&1; then
        echo docker
    else
        echo process
    fi
}

# Nothing is called moving before it moves.
wait_for_a_run() {
    local tries=0
    until [ -n "$(TELLTALE_URL=$1 "$BIN" runs --status RUNNING --json --limit 1 2>/dev/null)" ]; do
        tries=$((tries + 1))
        if [ "$tries" -ge $((RUN_SECONDS * 5)) ]; then
            tail -n 5 "$FEED_LOG" >&2
            fail "the server is up at $1, but no sample run starts; what they said is in $FEED_LOG"
        fi
        sleep 0.2
    done
}

# Round after round of the samples, one process group that `stop` can end.
feed() {
    local round sample
    for ((round = 1; round <= ROUNDS; round++)); do
        for sample in recon flaky failing; do
            "$BIN" run "samples/$sample.yaml" --engine "$1" </dev/null || true
        done
    done
}

start() {
    local pid url engine there=
    if pid=$(alive "$SERVER_PID" serve) && [ -n "$(address)" ]; then
        say "The demo's server is already running (pid $pid)."
    else
        scripts/setup.sh demo
        say "Building (the first time takes a few minutes) …"
        cargo build --quiet --locked
        say "Starting the server …"
        start_server_somewhere
        pid=$(cat "$SERVER_PID")
    fi
    url=$(address)
    # Client commands look for the usual address by themselves.
    [ "$url" = http://127.0.0.1:4780 ] || there="TELLTALE_URL=$url "
    if ! alive "$FEED_PID" demo.sh >/dev/null; then
        engine=$(engine)
        case "$engine" in
            docker) say "The samples run in containers." ;;
            process) say "The samples run as processes of this machine, since no Docker daemon answers here." ;;
        esac
        TELLTALE_URL=$url setsid nohup scripts/demo.sh feed "$engine" >"$FEED_LOG" 2>&1 </dev/null &
        echo $! >"$FEED_PID"
        wait_for_a_run "$url"
    fi
    cat <<END

  Runs are moving at    $url/
  The API's page        $url/docs
  In this terminal      ${there}target/debug/telltale watch @latest
  Your own file         ${there}target/debug/telltale run FILE.yaml --watch

  A moment to remember: open a run, say 'make demo-restart' here, and see it resume without a gap.
  The server goes on in the background (pid $pid); 'make demo-stop' ends it.
END
    if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -z "${CI:-}" ] && command -v xdg-open >/dev/null; then
        xdg-open "$url/" >/dev/null 2>&1 &
    fi
}

restart() {
    local pid url
    pid=$(alive "$SERVER_PID" serve) || fail "the demo is not running; 'make demo' starts it"
    url=$(address)
    kill -9 "$pid"
    say "Killed the server (kill -9 $pid)."
    # The same address again, so that pages and runs find it.
    TELLTALE_LISTEN=${url#http://} start_server || { tail -n 5 "$SERVER_LOG" >&2; fail "the server did not come back"; }
    say "Started again (pid $(cat "$SERVER_PID")) at $url/: look at the page."
}

# Ends the sample runs before the server that records them: they stop their containers and say that they were cancelled.
stop_group() {
    local tries=0
    kill -- "-$1" 2>/dev/null || return 0
    while kill -0 -- "-$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt $((STOP_SECONDS * 10)) ] || { kill -9 -- "-$1" 2>/dev/null; return 0; }
        sleep 0.1
    done
}

stop() {
    local pid
    if pid=$(alive "$FEED_PID" demo.sh); then stop_group "$pid"; fi
    rm -f "$FEED_PID"
    if pid=$(alive "$SERVER_PID" serve); then
        kill "$pid"
        while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
        say "Stopped the demo's server (pid $pid). Its data stays in $TELLTALE_DATA_DIR."
    else
        say "The demo is not running."
    fi
    rm -f "$SERVER_PID"
    if [ -e "$OUR_DOCKERD" ]; then
        rm -f "$OUR_DOCKERD"
        scripts/dockerd.sh stop
    fi
}

case "${1:-start}" in
    start | restart | stop) "$1" ;;
    feed) feed "$2" ;;
    *) echo "usage: $0 start|restart|stop" >&2; exit 2 ;;
esac
