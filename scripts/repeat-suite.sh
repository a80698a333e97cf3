#!/bin/sh
# Runs the conformance suite N times (default 20) and stops at the first failure, whose output it keeps.
# Usage: scripts/repeat-suite.sh [N] [test filter …]
#   scripts/repeat-suite.sh 20 the_samples_behave    the golden timelines, in containers and as processes
set -eu

cd "$(dirname "$0")/.."
times=${1:-20}
[ $# -gt 0 ] && shift

cargo test --quiet --test suite --no-run
log=$(mktemp "${TMPDIR:-/tmp}/telltale-suite-XXXXXX")
round=1
while [ "$round" -le "$times" ]; do
    began=$(date +%s)
    if ! cargo test --quiet --test suite -- "$@" >"$log" 2>&1; then
        cat "$log"
        echo "round $round of $times failed; its output is in $log" >&2
        exit 1
    fi
    # A filter that fits no test would pass for ever.
    if grep -q '^test result: ok\. 0 passed' "$log"; then
        echo "no test of the suite fits: $*" >&2
        exit 2
    fi
    echo "round $round of $times: $(grep '^test result' "$log"), $(($(date +%s) - began)) s"
    round=$((round + 1))
done
rm -f "$log"
