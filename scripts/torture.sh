#!/usr/bin/env bash
# The torture, in two parts: runs by the hundred while workers are killed (tests/soak), then servers, PostgreSQL, the network, disks,
# clocks and Loki failing under load (tests/torture). Prints what was acknowledged, stored, lost, doubled, out of order, and falsely
# acknowledged, and fails unless all but the first two are 0.
#
#   scripts/torture.sh
#
# SEED=N repeats its choices (printed otherwise), TORTURE_MINUTES=N says how long both parts take together (20; everything happens at
# least once, however few), TORTURE_CLIENTS=N how many clients the reconnect storm has (10,000, or as many files as may be open).
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${TORTURE_MINUTES:-20}
export TELLTALE_TEST_SEED=${SEED:-$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')}
echo "torture: SEED=$TELLTALE_TEST_SEED TORTURE_MINUTES=$minutes"

SECONDS=0
scripts/soak.sh 1
cargo build --locked --test torture
left=$((minutes - SECONDS / 60))
TORTURE_MINUTES=$((left > 0 ? left : 0)) cargo test --quiet --locked --test torture
