#!/usr/bin/env bash
# Builds the servers that tests speak to and no package brings, from tests/tools/go.mod: versitygw, an S3 server.
# They go to ${XDG_CACHE_HOME:-~/.cache}/telltale/tools, and are built again only when their versions have changed.
# Exit status 3: there is no Go, or a module can't be had.
set -euo pipefail
cd "$(dirname "$0")/../tests/tools"

tools="${XDG_CACHE_HOME:-$HOME/.cache}/telltale/tools"
wanted=$(sha256sum go.mod go.sum | sha256sum | cut -d' ' -f1)
[ -x "$tools/versitygw" ] && [ "$(cat "$tools/versions" 2>/dev/null)" = "$wanted" ] && exit 0

command -v go >/dev/null || { echo 'telltale: needs Go to build the S3 server that tests use' >&2; exit 3; }
mkdir -p "$tools"
printf 'Building versitygw …\n'
go build -o "$tools/versitygw.$$" github.com/versity/versitygw/cmd/versitygw ||
    { echo 'telltale: versitygw could not be built' >&2; exit 3; }
mv "$tools/versitygw.$$" "$tools/versitygw"
printf '%s\n' "$wanted" >"$tools/versions"
