#!/usr/bin/env bash
# Builds the page into web/dist/app where its sources are newer than what is there, and says nothing when they aren't.
#
# A failed build leaves the page that was there, and a server that reads it from there never finds half of one.
set -euo pipefail
cd "$(dirname "$0")/.."

built=web/dist/app
# Says when the last build began, so that what was changed during one is built by the next.
stamp=web/dist/stamp
sources=(web/src web/public web/scripts web/index.html web/vite.config.ts web/tsconfig.json web/package-lock.json)

if [ -e "$built/index.html" ] && [ -e "$stamp" ] && [ -z "$(find "${sources[@]}" -newer "$stamp" -print -quit)" ]; then exit 0; fi

scripts/setup.sh page
printf 'Building the page …\n'
log=$(mktemp "${TMPDIR:-/tmp}/telltale-web.XXXXXX")
trap 'rm -f "$log"' EXIT
touch "$stamp.next"
if ! npm run --silent build --prefix web -- --outDir dist/next --logLevel warn >"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    printf 'telltale: the page could not be built (the reason is above)\n' >&2
    exit 1
fi
rm -rf "$built"
mv web/dist/next "$built"
mv "$stamp.next" "$stamp"
