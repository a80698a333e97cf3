#!/bin/sh
# Makes sure that a Docker daemon answers, and starts one when none does.
#
#   scripts/dockerd.sh [start|stop|status]
#
# For machines without an init system (containers, CI): where systemd runs Docker, `start` only finds that it
# answers. Idempotent. `stop` ends the daemon that this script started, by its pid file, and no other.
set -eu

STATE="${TELLTALE_DOCKERD_DIR:-/tmp/telltale-dockerd}"
# The daemon is up within two seconds here; slow disks and cold caches get thirty.
WAIT_SECONDS=30

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# Whether the pid file names a live dockerd: a recycled pid is no daemon of ours.
ours_is_alive() {
    [ -s "$STATE/dockerd.pid" ] && grep -qs dockerd "/proc/$(cat "$STATE/dockerd.pid")/comm"
}

start() {
    if answers; then echo "Docker answers: $(docker version --format '{{.Server.Version}}')"; return 0; fi
    if ! command -v dockerd >/dev/null; then
        echo "dockerd is not installed; on Debian: apt-get install docker.io" >&2; exit 3
    fi
    if [ "$(id -u)" != 0 ]; then echo "no Docker daemon answers, and only root can start one" >&2; exit 3; fi
    mkdir -p "$STATE"
    if ! ours_is_alive; then
        # A pid file of a dead daemon, ours or its own, keeps the next one from starting.
        rm -f "$STATE/dockerd.pid"
        [ -s /var/run/docker.pid ] && ! kill -0 "$(cat /var/run/docker.pid)" 2>/dev/null && rm -f /var/run/docker.pid
        nohup setsid dockerd ${TELLTALE_DOCKERD_ARGS:-} >"$STATE/dockerd.log" 2>&1 </dev/null &
        echo $! >"$STATE/dockerd.pid"
    fi
    tries=0
    until answers; do
        tries=$((tries + 1))
        if [ "$tries" -gt $((WAIT_SECONDS * 5)) ] || ! ours_is_alive; then
            echo "dockerd did not come up; the end of $STATE/dockerd.log:" >&2
            tail -n 5 "$STATE/dockerd.log" >&2
            exit 3
        fi
        sleep 0.2
    done
    echo "Docker answers: $(docker version --format '{{.Server.Version}}') (started, pid $(cat "$STATE/dockerd.pid"))"
}

stop() {
    if ! ours_is_alive; then echo "no daemon of this script is running"; return 0; fi
    pid=$(cat "$STATE/dockerd.pid")
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    rm -f "$STATE/dockerd.pid"
    echo "stopped dockerd (pid $pid)"
}

case "${1:-start}" in
    start) start ;;
    stop) stop ;;
    status) if answers; then echo up; else echo down; exit 3; fi ;;
    *) echo "usage: $0 [start|stop|status]" >&2; exit 2 ;;
esac
