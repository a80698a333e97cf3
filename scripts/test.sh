#!/usr/bin/env bash
# Everything `make test` does: Rust's tests, with PostgreSQL, pgbouncer and Docker for real, the page's units, and the
# page in a browser.
#
# A Docker daemon is started when none answers and ended again, by its pid. Arguments go to `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."

# Far above what the tests need; a test that hangs must end before CI's own limit, so that its name gets printed.
LIMIT=40m

scripts/setup.sh test
scripts/web.sh

if [ "$(scripts/dockerd.sh status 2>/dev/null || true)" != up ]; then
    scripts/dockerd.sh start || {
        echo "telltale: the tests run workflows in real containers, and no Docker daemon answers or can be started here" >&2
        exit 3
    }
    trap 'scripts/dockerd.sh stop' EXIT
fi
scripts/sample-image.sh

# Most of the suite's tests wait: for processes, leases, timeouts. Twice as many at a time as there are cores take half the time.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-$((2 * $(nproc)))}"

# One profile and one build; --no-fail-fast, since a list of what fails is worth more than its first line.
timeout --foreground --kill-after=30s "$LIMIT" cargo test --no-fail-fast "$@"
if [ $# = 0 ]; then
    timeout --foreground --kill-after=30s "$LIMIT" npm run --silent unit --prefix web
    timeout --foreground --kill-after=30s "$LIMIT" node web/test/page.mjs
fi
