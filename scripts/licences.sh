#!/usr/bin/env bash
# Every crate that gets into the binary has a licence that deny.toml allows.
#
# `cargo deny` does this and more, from the same file, and is used where it is installed; building it takes longer
# than building telltale, so it is not demanded. Its advisories need a clone of a public database, and are left out.
set -euo pipefail
cd "$(dirname "$0")/.."

if command -v cargo-deny >/dev/null 2>&1; then
    exec cargo deny --log-level error check licenses bans sources
fi

allowed=$(sed -n '/^allow = \[/,/^\]/s/^ *"\(.*\)",.*/\1/p' deny.toml)
cargo tree --locked --edges normal,build --no-dedupe --prefix none --format '{p};{l}' | sort -u |
    awk -F';' -v allowed="$allowed" '
        BEGIN { n = split(allowed, names, "\n"); for (i = 1; i <= n; i++) ok[names[i]] = 1 }
        # SPDX by its two operators: one alternative must have all its terms allowed. "A/B" is the older way to write OR.
        function alternative_is_allowed(text,    terms, k, j) {
            k = split(text, terms, / AND /)
            for (j = 1; j <= k; j++) if (!(terms[j] in ok)) return 0
            return 1
        }
        {
            text = $2; gsub(/[()]/, "", text); gsub(/ *\/ */, " OR ", text)
            found = 0; k = split(text, alternatives, / OR /)
            # "(A OR B) AND C" loses its brackets here and is read as A, or B AND C: then each term must be allowed.
            if ($2 ~ /\) AND|AND \(/) { gsub(/ OR /, " AND ", text); k = split(text, alternatives, / OR /) }
            for (i = 1; i <= k; i++) if (alternative_is_allowed(alternatives[i])) found = 1
            crates++
            if (!found) { printf "licence not allowed by deny.toml: %s: %s\n", $1, $2; bad++ }
        }
        END { if (!bad && crates > 0) printf "%d crates, all of allowed licences\n", crates; exit bad > 0 || crates == 0 }'
