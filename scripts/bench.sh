#!/usr/bin/env bash
#
# Measures dieselkit beside the floor (psql, pg_dump, sqlite3) and its peers.
#
# Usage: scripts/bench.sh migrations [OPTION…]
#        scripts/bench.sh seeds [--count N] [--runs R] [--engines LIST] [--json FILE] [--no-build]
#        scripts/bench.sh backup [--megabytes LIST] [--runs R] [--engines LIST] [--ways LIST]
#                                [--json FILE] [--no-build]
#        scripts/bench.sh lint [--nouns N] [--runs R] [--engines LIST] [--json FILE] [--no-build]
#
#   --count N        migrations of two statements each (default: 1000)
#   --runs R         applies a tool, each on a fresh database (default: 3)
#   --repeats R      runs of "nothing to do" and "status" (default: 10)
#   --engines LIST   postgres,sqlite (default: both)
#   --tools LIST     floor-each,floor-all,dieselkit,diesel,sqlx,refinery,dbmate
#   --operations L   apply,nothing,status (default: all three)
#   --megabytes LIST sizes of the databases that are copied, as a dump has them
#                    (default: 100,1000; needs three times the largest on disk)
#   --ways LIST      floor,gzip,pigz,custom,dieselkit
#   --nouns N        how many of the nouns in tests/support/many have their migrations
#                    (default: all)
#   --json FILE      every sample, besides the table on stdout
#   --no-build       measures the dieselkit that is built already
#
# The table goes to stdout, progress to stderr. Peers are looked for in
# PEERS_DIR/bin (see scripts/bench/install-peers.sh), then in PATH, and one that
# is not installed is left out. Needs Python 3.9, GNU time for the memory, the
# PostgreSQL server programs (a private cluster is started and stopped) and
# sqlite3. TMPDIR says on which disk the databases are.
#
# Growth of what should cost nothing, beside the same with --count 1000:
#   scripts/bench.sh migrations --count 10000 --tools dieselkit --operations nothing,status
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

usage() {
    sed -n '3,/^set -euo/{/^set -euo/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
}

case "${1:-}" in
    migrations | seeds | backup | lint)
        what="$1"
        shift
        ;;
    -h | --help | help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
esac

build=yes
options=()
for option in "$@"; do
    case "$option" in
        --no-build) build=no ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) options+=("$option") ;;
    esac
done

if [ "$build" = yes ]; then
    (cd "$root" && cargo build --release --locked --quiet --bin dieselkit)
fi

export DIESELKIT="${DIESELKIT:-${CARGO_TARGET_DIR:-$root/target}/release/dieselkit}"
export PEERS_DIR="${PEERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/dieselkit/peers}"
exec python3 "$root/scripts/bench/$what.py" ${options[@]+"${options[@]}"}
