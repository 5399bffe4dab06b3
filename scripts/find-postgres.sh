#!/usr/bin/env bash
# Prints the folder that holds PostgreSQL's server programs, or fails and says where it looked.
set -euo pipefail

has_server() { [ -x "$1/postgres" ] && [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ]; }

# An explicit choice is never second-guessed: falling back would test another version unnoticed.
if [ -n "${DIESELKIT_TEST_PG_BIN:-}" ]; then
    has_server "$DIESELKIT_TEST_PG_BIN" && echo "$DIESELKIT_TEST_PG_BIN" && exit
    echo "error: DIESELKIT_TEST_PG_BIN=$DIESELKIT_TEST_PG_BIN holds no postgres, initdb and pg_ctl" >&2
    exit 1
fi

# The link is followed, since the server finds its own files relative to the real program.
if on_path=$(command -v postgres); then
    on_path=$(dirname "$(readlink -f "$on_path")")
    has_server "$on_path" && echo "$on_path" && exit
fi

# Debian keeps server programs out of PATH, one folder a version; the newest is wanted.
while read -r folder; do
    has_server "$folder" && echo "$folder" && exit
done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort --reverse)

echo "error: no PostgreSQL server in DIESELKIT_TEST_PG_BIN, PATH or /usr/lib/postgresql/*/bin" >&2
exit 1
