#!/usr/bin/env bash
# The demo: a server on its embedded PostgreSQL, and the samples in two ways: some run round after round by `telltale run`,
# the others are stored on the server, started through its API, and executed by the worker that it starts for itself.
#
#   scripts/demo.sh start|restart|stop
#
# `start` returns while the server goes on in the background, and finds a server that is already up. `restart` kills
# the server with SIGKILL in mid-run, to show that page, runs and worker go on. Data: TELLTALE_DATA_DIR, else .telltale here.
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
WORKER_PID=$TELLTALE_DATA_DIR/worker.lock    # the server's own worker locks it and writes its pid there
ENGINE=$TELLTALE_DATA_DIR/demo-engine        # docker or process: what the running server was started for
SEEDED=$TELLTALE_DATA_DIR/demo-seeded        # there once the lists were filled
OUR_DOCKERD=$TELLTALE_DATA_DIR/demo-dockerd  # there while a daemon runs that this script started
# A new cluster takes seconds; a slow disk gets a minute before we call it failed.
READY_SECONDS=60
# The first container on a cold machine takes a few seconds.
RUN_SECONDS=30
# A container gets ten seconds to end before it is killed.
STOP_SECONDS=15
# The page should still be moving for whoever looks a little later, but not for ever.
ROUNDS=20
# Ten minutes of heartbeats, two a second: what `restart` looks for.
BEATS=1200
# Made-up runs of the last thirty days, so that lists and filters have something to show. Takes a second.
SEEDS=300
# What is stored, callees before their callers, and what is started besides `heartbeat` and `offboarding`.
STORED="child parent matrix painter alert-investigation heartbeat offboarding"
STARTED="parent matrix painter alert-investigation"

say() { printf '%s\n' "$*"; }
fail() { printf 'telltale: %s\n' "$*" >&2; exit 1; }

# Prints the live pid of a pid file whose process is ours: a recycled pid is not.
alive() {
    local pid
    pid=$(cat "$1" 2>/dev/null) || return 1
    { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -q -- "$2" && echo "$pid"
}

# Waits until a process is gone; false when it isn't in time.
is_gone() {
    local tries=0
    while kill -0 "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt $((STOP_SECONDS * 10)) ] || return 1
        sleep 0.1
    done
}

# What the server said last of where it listens.
address() { sed -n 's/.*telltale is listening on \(http[^ ]*\).*/\1/p' "$SERVER_LOG" 2>/dev/null | tail -n 1; }

# A command of the client, for the demo's server.
client() { TELLTALE_URL=$(address) "$BIN" "$@"; }

# Starts a run of a stored workflow under a name that tells it from all others; prints it.
start_run() {
    local run
    run=demo-$1-$(date +%s)
    client workflow start "$@" --run-id "$run" >/dev/null
    echo "$run"
}

# The ids of the runs in a status that were started by `start_run`, newest first; of one workflow, where it is named.
our_runs() {
    client runs --status "$1" ${2:+--workflow "$2"} --limit 1000 --json 2>/dev/null | sed -n 's/^{"runId":"\(demo-[^"]*\)".*/\1/p'
}

start_server() {
    mkdir -p "$TELLTALE_DATA_DIR"
    : >"$SERVER_LOG"
    # Without containers the worker runs nodes as processes of this machine, which nobody but its operator may allow.
    if [ "$(cat "$ENGINE" 2>/dev/null)" = process ]; then export TELLTALE_PROCESS_ENGINE=true; fi
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
    local tries=0 run=
    until [ -n "$run" ] && client events "$run" 2>/dev/null | grep -q NODE_STARTED; do
        tries=$((tries + 1))
        if [ "$tries" -ge $((RUN_SECONDS * 5)) ]; then
            tail -n 5 "$FEED_LOG" >&2
            fail "the server is up at $1, but no sample run starts; what they said is in $FEED_LOG"
        fi
        sleep 0.2
        run=$(sed -n 's/^run  //p' "$FEED_LOG" | tail -n 1)
    done
}

# The question comes after a node or two. A demo without it is one as well.
wait_for_the_question() {
    local tries=0
    until [ -n "$(our_runs AWAITING_INPUT offboarding)" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt $((RUN_SECONDS * 5)) ] || return 0
        sleep 0.2
    done
}

# Stores the samples that a worker executes. Without Docker their images are left out, which makes processes of their nodes.
store_workflows() {
    local name folder=$TELLTALE_DATA_DIR/demo-workflows
    mkdir -p "$folder"
    for name in $STORED; do
        if [ "$1" = docker ]; then cp "samples/$name.yaml" "$folder/"; else
            sed '/^ *image: telltale\/busybox$/d; s/image: telltale\/busybox, //' "samples/$name.yaml" >"$folder/$name.yaml"
        fi
        client workflow put "$folder/$name.yaml" >/dev/null
    done
}

# Starts runs of stored workflows; the server's own worker takes them up.
start_workflows() {
    local name
    for name in $STARTED; do
        if [ "$1 $name" = "process alert-investigation" ] && ! command -v busybox >/dev/null; then
            say "alert-investigation is not started: as a process it needs busybox."
            continue
        fi
        start_run "$name" >/dev/null
    done
    [ -n "$(our_runs RUNNING heartbeat)" ] || start_run heartbeat --input beats=$BEATS >/dev/null
    # The one that waits for its answer waits through restarts as well, and one is enough.
    [ -n "$(our_runs AWAITING_INPUT offboarding)" ] || start_run offboarding >/dev/null
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
    local pid url engine waiting there=
    if pid=$(alive "$SERVER_PID" 'telltale serve') && [ -n "$(address)" ]; then
        say "The demo's server is already running (pid $pid)."
    else
        scripts/setup.sh demo
        scripts/web.sh
        say "Building (the first time takes a few minutes) …"
        cargo build --quiet --locked
        mkdir -p "$TELLTALE_DATA_DIR"
        engine >"$ENGINE"
        say "Starting the server …"
        start_server_somewhere
        pid=$(cat "$SERVER_PID")
    fi
    url=$(address)
    engine=$(cat "$ENGINE" 2>/dev/null || engine)
    # Client commands look for the usual address by themselves.
    [ "$url" = http://127.0.0.1:4780 ] || there="TELLTALE_URL=$url "
    if ! alive "$FEED_PID" demo.sh >/dev/null; then
        case "$engine" in
            docker) say "The samples run in containers." ;;
            process) say "The samples run as processes of this machine, since no Docker daemon answers here; the server's own"
                     say "worker may do so because the demo's server has TELLTALE_PROCESS_ENGINE=true." ;;
        esac
        if [ ! -e "$SEEDED" ]; then client demo seed --runs $SEEDS >/dev/null && touch "$SEEDED"; fi
        store_workflows "$engine"
        start_workflows "$engine"
        TELLTALE_URL=$url setsid nohup scripts/demo.sh feed "$engine" >"$FEED_LOG" 2>&1 </dev/null &
        echo $! >"$FEED_PID"
        wait_for_a_run "$url"
        wait_for_the_question
    fi
    waiting=$(our_runs AWAITING_INPUT offboarding | head -n 1)
    cat <<END

  Runs are moving at    $url/
  The API's page        $url/docs
  In this terminal      ${there}target/debug/telltale watch @latest
  Your own file         ${there}target/debug/telltale run FILE.yaml --watch
  A stored workflow     ${there}target/debug/telltale workflow start matrix --watch
END
    [ -z "$waiting" ] || cat <<END

  One run waits for you: $url/ui/runs/$waiting
  Answer it there, or    ${there}target/debug/telltale input $waiting approve --approve --data '{"keepMailbox": true}'
END
    cat <<END

  A moment to remember: open a run, say 'make demo-restart' here, and see it resume without a gap.
  The server goes on in the background (pid $pid); 'make demo-stop' ends it.
END
    if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -z "${CI:-}" ] && command -v xdg-open >/dev/null; then
        xdg-open "$url/" >/dev/null 2>&1 &
    fi
}

# Waits for a line in a file that grows, and prints it.
line_of() {
    local tries=0
    until grep -m1 -- "$2" "$1"; do
        tries=$((tries + 1))
        [ "$tries" -lt $((RUN_SECONDS * 10)) ] || return 1
        sleep 0.1
    done
}

restart() {
    local pid url run watched watcher worker
    pid=$(alive "$SERVER_PID" 'telltale serve') || fail "the demo is not running; 'make demo' starts it"
    url=$(address)
    run=$(our_runs RUNNING heartbeat | head -n 1)
    [ -n "$run" ] || run=$(start_run heartbeat --input beats=$BEATS)
    watched=$TELLTALE_DATA_DIR/demo-watch.log
    TELLTALE_URL=$url "$BIN" watch "$run" --plain >"$watched" 2>/dev/null &
    watcher=$!
    line_of "$watched" ' log .* beat ' >/dev/null || fail "the run $run does not beat; telltale watch $run shows what it does"
    worker=$(alive "$WORKER_PID" 'worker --local') || worker=
    kill -9 "$pid"
    say "Killed the server (kill -9 $pid)."
    # Its port is free once it is gone, which on a busy machine takes a moment.
    is_gone "$pid" || fail "the server that was killed is still there"
    # The same address again, so that pages and runs find it.
    TELLTALE_LISTEN=${url#http://} start_server || { tail -n 5 "$SERVER_LOG" >&2; fail "the server did not come back"; }
    say "Started again (pid $(cat "$SERVER_PID")) at $url/: look at the page."
    say "  telltale watch $run: $(line_of "$watched" '^resumed at seq' || echo 'did not resume')"
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    undisturbed "$run" "$worker"
}

# Says how the node of a run that beats twice a second has come through: with its worker, its attempt and all its lines.
undisturbed() {
    local beats
    beats=$(client logs "$1" --node heart | sed -n 's/^beat \([0-9]*\) .*/\1/p')
    if [ "$(seq "$(wc -l <<<"$beats")")" != "$beats" ]; then fail "beats are missing: telltale logs $1 shows which"; fi
    if client events "$1" | grep -q 'NODE_RETRYING\|NODE_FAILED'; then fail "its node was disturbed: telltale events $1 shows how"; fi
    say "  its node went on meanwhile: $(wc -l <<<"$beats") beats without one missing, in its first attempt"
    if [ -n "$2" ] && [ "$(alive "$WORKER_PID" 'worker --local')" = "$2" ]; then
        say "  and so did the server's own worker (pid $2), which executes it."
    fi
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

# Ends the runs that were started here; the one that waits for a person waits on, also for the next demo.
cancel_workflows() {
    local run tries=0
    for run in $(our_runs RUNNING); do
        client cancel "$run" --reason "the demo ends" >/dev/null || true
    done
    while [ -n "$(our_runs RUNNING)" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt $((STOP_SECONDS * 5)) ] || return 0
        sleep 0.2
    done
}

# Its first signal lets a worker finish what works, the second doesn't. The server is gone by then and starts no other.
stop_worker() {
    local pid
    pid=$(alive "$WORKER_PID" 'worker --local') || return 0
    kill "$pid"
    is_gone "$pid" || { kill "$pid" && is_gone "$pid"; } || kill -9 "$pid"
    say "Stopped its worker (pid $pid)."
}

stop() {
    local pid
    if pid=$(alive "$FEED_PID" demo.sh); then stop_group "$pid"; fi
    rm -f "$FEED_PID"
    if pid=$(alive "$SERVER_PID" 'telltale serve'); then
        cancel_workflows
        kill "$pid"
        while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
        say "Stopped the demo's server (pid $pid). Its data stays in $TELLTALE_DATA_DIR."
    else
        say "The demo is not running."
    fi
    rm -f "$SERVER_PID"
    stop_worker
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
