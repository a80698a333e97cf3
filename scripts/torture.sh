#!/usr/bin/env bash
# The torture, in two parts: runs by the hundred while workers are killed (tests/soak), then servers, PostgreSQL, the network, disks,
# clocks, Loki, Docker and the bucket failing under load, and the previous version of telltale beside this one (tests/torture). Prints
# what was acknowledged, stored, lost, doubled, out of order, and falsely acknowledged, and fails unless all but the first two are 0.
#
#   scripts/torture.sh
#
# SEED=N repeats its choices (printed otherwise), TORTURE_MINUTES=N says how long both parts take together (20; everything happens at
# least once, however few), TORTURE_CLIENTS=N how many clients the reconnect storm has (10,000, or as many files as may be open).
# TORTURE_ONLY=WORD does only what has WORD in its name, without the soak.
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=${TORTURE_MINUTES:-20}
export TELLTALE_TEST_SEED=${SEED:-$(od -An -N6 -tu8 /dev/urandom | tr -d ' ')}
echo "torture: SEED=$TELLTALE_TEST_SEED TORTURE_MINUTES=$minutes"

# The version that is run beside this one, built once from the clone's history. Without it that part is skipped, and says so.
previous() {
    local commit home sources
    commit=$(cat tests/torture/PREVIOUS)
    home="${XDG_CACHE_HOME:-$HOME/.cache}/telltale/versions/$commit"
    [ -x "$home/telltale" ] && return
    git cat-file -e "$commit^{commit}" 2>/dev/null || {
        echo "torture: the commit $commit is not in this clone; the two versions side by side are skipped" >&2
        return
    }
    echo "torture: building the previous version, $commit"
    sources="$home/sources"
    rm -rf "$sources" && mkdir -p "$sources"
    git archive "$commit" | tar -x -C "$sources"
    # Nobody debugs it, and only the binary is kept.
    if CARGO_PROFILE_DEV_DEBUG=0 cargo build --quiet --locked --bin telltale \
        --manifest-path "$sources/Cargo.toml" --target-dir "$home/target"; then
        mv "$home/target/debug/telltale" "$home/telltale"
    else
        echo "torture: the commit $commit can't be built; the two versions side by side are skipped" >&2
    fi
    rm -rf "$sources" "$home/target"
}

SECONDS=0
scripts/tools.sh || echo "torture: without an S3 server the outage of the bucket is skipped" >&2
previous
[ -n "${TORTURE_ONLY:-}" ] || scripts/soak.sh 1
cargo build --locked --test torture
left=$((minutes - SECONDS / 60))
TORTURE_MINUTES=$((left > 0 ? left : 0)) cargo test --quiet --locked --test torture
