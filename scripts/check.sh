#!/usr/bin/env bash
# Everything `make check` does: format, lints, documentation, licences, the syntax of scripts, and the page's types and lints.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh build
scripts/setup.sh page
for tool in cargo-fmt cargo-clippy; do
    if ! cargo "${tool#cargo-}" --version >/dev/null 2>&1; then
        echo "telltale: $tool is missing; 'rustup component add rustfmt clippy' brings it" >&2
        exit 3
    fi
done

step() { printf '\n== %s\n' "$*"; "$@"; }

step cargo fmt --check
step cargo clippy --all-targets --quiet -- -D warnings
# The pages are for those who work on the inside, so links to private items lead somewhere.
RUSTDOCFLAGS='-D warnings -A rustdoc::private-intra-doc-links' step cargo doc --no-deps --document-private-items --quiet
step scripts/licences.sh
for script in scripts/*.sh .ci/run; do
    case "$(head -n1 "$script")" in *bash) bash -n "$script" ;; *) sh -n "$script" ;; esac
done
if command -v shellcheck >/dev/null 2>&1; then step shellcheck --severity=warning scripts/*.sh .ci/run; fi
step npm run --silent check --prefix web
# The debug binary prints the description that the page's types are made from.
cargo build --quiet --locked
step npm run --silent types --prefix web -- --check
