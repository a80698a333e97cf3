#!/usr/bin/env bash
# The figures of the page, in Chromium against the optimised binary: first load, a long run, a wide graph, live events.
#
#   scripts/bench-web.sh [FILE]     also writes them to FILE as JSON
#
# Exit status 1 where a target is missed.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh test
scripts/web.sh
cargo build --release --locked
TELLTALE_TEST_BINARY=target/release/telltale exec node web/bench/page.mjs "$@"
