#!/usr/bin/env bash
# The soak: 500 runs while one of three workers is killed every second or two, three times in a row; see tests/soak/main.rs.
#
#   scripts/soak.sh [TIMES]
#
# A Docker daemon is started when none answers and ended again, by its pid.
set -euo pipefail
cd "$(dirname "$0")/.."

times=${1:-3}
scripts/setup.sh test
if [ "$(scripts/dockerd.sh status 2>/dev/null || true)" != up ]; then
    scripts/dockerd.sh start || {
        echo "telltale: a tenth of the runs are containers, and no Docker daemon answers or can be started here" >&2
        exit 3
    }
    trap 'scripts/dockerd.sh stop' EXIT
fi
scripts/sample-image.sh
cargo build --locked --test soak
for ((time = 1; time <= times; time++)); do
    echo "soak $time of $times"
    cargo test --quiet --locked --test soak
done
