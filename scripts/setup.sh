#!/usr/bin/env bash
# Installs what the project needs and this machine lacks, and says nothing when all is there.
#
#   scripts/setup.sh build    the Rust toolchain is only looked for, never installed
#   scripts/setup.sh page     Node.js, and the npm packages that build and test the page
#   scripts/setup.sh demo     build, page, and the server binaries of PostgreSQL
#   scripts/setup.sh test     demo, and Docker with compose, pgbouncer, promtool and Chromium; an S3 server is built (scripts/tools.sh)
#
# Debian packages go through apt-get, as root or through sudo. No database cluster and no service is left running
# or enabled by it, but Docker's where systemd runs it. Exit status 3: something is missing and can't be installed.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp "${TMPDIR:-/tmp}/telltale-setup.XXXXXX")
trap 'rm -f "$log"' EXIT

missing() { printf 'telltale: %s\n' "$*" >&2; exit 3; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command quietly; when it fails, its last words are shown.
quietly() {
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 15 "$log" >&2
        return 1
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif [ -t 0 ] && [ -t 2 ]; then sudo "$@"
    else sudo -n "$@"; fi
}

# apt-get with lists fetched only when they are missing or too old to install from.
apt_install() {
    have apt-get || missing "needs $* and knows only apt-get; please install it with this system's package manager"
    [ "$(id -u)" = 0 ] || have sudo || missing "needs $*; run 'apt-get install $*' as root"
    printf 'Installing %s …\n' "$*"
    local install=(as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@")
    quietly "${install[@]}" 2>/dev/null && return
    quietly as_root apt-get update -q || missing "apt-get update failed; without its lists $* can't be installed"
    quietly "${install[@]}" || missing "apt-get could not install $* (its last lines are above)"
}

# Installs packages whose services Debian would start at once: telltale starts its own, where and when it needs them.
apt_install_without_starting() {
    local policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.conf
    local guarded=no
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        guarded=yes
    fi
    # A package that creates a cluster reads this file, which postgresql-common brings; it is put back afterwards.
    [ -e "$cluster" ] || apt_install postgresql-common
    as_root cp -p "$cluster" "$cluster.telltale"
    echo 'create_main_cluster = false' | as_root tee -a "$cluster" >/dev/null
    local status=0
    (apt_install "$@") || status=$?
    as_root mv "$cluster.telltale" "$cluster"
    [ "$guarded" = no ] || as_root rm -f "$policy"
    return "$status"
}

has_postgres() {
    have postgres && have initdb && return
    local initdb
    for initdb in /usr/lib/postgresql/*/bin/initdb; do [ -x "$initdb" ] && return; done
    return 1
}

rust() {
    have cargo || missing "needs Rust 1.95 or newer; rustup installs it"
    local wanted
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    local found
    found=$(cargo --version | cut -d' ' -f2)
    [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n1)" = "$wanted" ] ||
        missing "needs Rust $wanted or newer, and cargo is $found; 'rustup update stable' brings a newer one"
    have cc || apt_install gcc libc6-dev
}

database() { has_postgres || apt_install_without_starting postgresql; }

machine_for_tests() {
    local packages=()
    have dockerd || packages+=(docker.io)
    have curl || packages+=(curl)
    # The runbook's commands, which the tests execute.
    have jq || packages+=(jq)
    have pg_dump || packages+=(postgresql-client)
    have busybox || packages+=(busybox-static)
    have chromium || packages+=(chromium fonts-dejavu-core)
    have docker-compose || docker compose version >/dev/null 2>&1 || packages+=(docker-compose)
    [ ${#packages[@]} = 0 ] || apt_install "${packages[@]}"
    without_service pgbouncer pgbouncer
    # promtool, which tests the alert rules, and Prometheus itself, which the dashboards' queries are put to.
    without_service promtool prometheus
    have go || apt_install golang-go
    scripts/tools.sh
}

# Installs the package that brings a command, and leaves its service off: only its programs are wanted.
without_service() {
    local command=$1 package=$2
    have "$command" && return
    apt_install_without_starting "$package"
    if [ -d /run/systemd/system ]; then quietly as_root systemctl disable "$package" || true; fi
}

page() {
    if ! have node || ! have npm; then apt_install nodejs npm; fi
    node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
        missing "the page needs Node.js 20.19 or newer, and this is $(node --version)"
    # npm writes this file last, so it is newer than the lock file exactly when the packages fit it.
    [ web/node_modules/.package-lock.json -nt web/package-lock.json ] && return
    printf 'Installing the packages of the page …\n'
    quietly npm ci --prefix web --no-audit --no-fund || missing "npm could not install the packages of the page"
}

case "${1:-}" in
    build) rust ;;
    page) page ;;
    demo) rust; page; database ;;
    test) rust; page; database; machine_for_tests ;;
    *) echo "usage: $0 build|page|demo|test" >&2; exit 2 ;;
esac
