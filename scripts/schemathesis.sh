#!/usr/bin/env bash
# Schemathesis over /openapi.json with a member's token, against a server of its own: no answer of 5xx, and none that is not declared.
#
#   scripts/schemathesis.sh [ARGUMENT…]     more for `st run`, such as --max-examples 50 or --include-path-regex cleanup
#
# Streams and sessions are left out: the ones don't end, the others would sign the member out. Schemathesis comes from PyPI into
# ${XDG_CACHE_HOME:-~/.cache}/telltale, once. Exit status 1: it found something; 3: it can't be had.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=4.32.0

scripts/setup.sh demo
command -v python3 >/dev/null || { echo 'telltale: needs Python 3 for schemathesis' >&2; exit 3; }
home="${XDG_CACHE_HOME:-$HOME/.cache}/telltale/schemathesis-$VERSION"
if [ ! -x "$home/bin/st" ]; then
    printf 'Installing schemathesis %s …\n' "$VERSION"
    if ! { python3 -m venv "$home" && "$home/bin/pip" install --quiet "schemathesis==$VERSION"; }; then
        rm -rf "$home"
        echo "telltale: schemathesis can't be installed (Debian: apt-get install python3-venv)" >&2
        exit 3
    fi
fi
cargo build --quiet --locked

work=$(mktemp -d "${TMPDIR:-/tmp}/telltale-schemathesis.XXXXXX")
# The database runs as another user where this is run by root.
chmod 755 "$work"
export TELLTALE_DATA_DIR="$work/data" TELLTALE_LISTEN=127.0.0.1:0 TELLTALE_LOCAL_WORKER=false
target/debug/telltale serve >"$work/said" 2>"$work/log" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" || true; rm -rf "$work"' EXIT
until url=$(sed -n 's/^telltale is listening on \(.*\)$/\1/p' "$work/said") && [ -n "$url" ]; do
    kill -0 "$server" || { cat "$work/log" >&2; exit 3; }
    sleep 0.1
done
url=${url%/}

# A link of `telltale user add`, redeemed; prints the access token.
signed_in() {
    local link
    link=$(target/debug/telltale user add "$1" --role "$2" | grep -o 'link=[^[:space:]]*')
    curl --silent --fail --json "{\"link\":\"${link#link=}\",\"password\":\"correct horse battery\"}" "$url/api/v1/session/link" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["accessToken"])'
}
signed_in owner@example.org owner >/dev/null
token=$(signed_in member@example.org member)

# Bundles are made of bytes: it can't make up whole ones, and broken ones have to be answered as well.
cat >"$work/bundle_hooks.py" <<'PYTHON'
import schemathesis
from hypothesis import strategies

schemathesis.openapi.media_type("application/vnd.telltale.bundle", strategies.binary(max_size=4096))
PYTHON
cd "$work"
export SCHEMATHESIS_HOOKS=bundle_hooks PYTHONPATH="$work"
"$home/bin/st" run "$url/openapi.json" --header "Authorization: Bearer $token" --continue-on-failure --phases examples,coverage,fuzzing \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --exclude-path-regex 'stream|session' --max-examples 8 "$@"
