#!/usr/bin/env bash
#
# Installs the tools that `scripts/bench.sh` compares dieselkit with: diesel,
# sqlx and refinery from crates.io, dbmate from npm. They go into a private
# root, so that nothing on the machine changes for anyone else, and one that is
# there already is left as it is (remove the root to renew them).
#
#   PEERS_DIR          where to (default: ${XDG_CACHE_HOME:-$HOME/.cache}/dieselkit/peers)
#   CARGO_BUILD_JOBS   parallel compiler processes (default: 1, to be gentle)
#
# Usage: scripts/bench/install-peers.sh [diesel] [sqlx] [refinery] [dbmate]
set -euo pipefail

PEERS_DIR="${PEERS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/dieselkit/peers}"
export CARGO_BUILD_JOBS="${CARGO_BUILD_JOBS:-1}"
# One target directory, so that what the peers share is compiled once.
export CARGO_TARGET_DIR="$PEERS_DIR/target"

# The header alone proves nothing to the linker, hence the library as well.
ensure_libpq() {
    if pkg-config --exists libpq 2>/dev/null || command -v pg_config >/dev/null; then
        return
    fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq &&
            apt-get install -y -qq libpq-dev
    else
        echo "install-peers: diesel needs libpq: install libpq-dev (Debian) or postgresql-devel" >&2
        return 1
    fi
}

# cargo_install PROGRAM CRATE [OPTION…]
cargo_install() {
    local program="$1" crate="$2"
    shift 2
    if [ -x "$PEERS_DIR/bin/$program" ]; then
        echo "install-peers: $program is there already"
        return
    fi
    nice -n 19 cargo install --locked --quiet --root "$PEERS_DIR" "$crate" "$@"
}

install_diesel() {
    ensure_libpq || return
    cargo_install diesel diesel_cli --no-default-features --features "postgres sqlite-bundled"
}

install_sqlx() {
    cargo_install sqlx sqlx-cli --no-default-features --features "postgres,sqlite,rustls"
}

install_refinery() {
    cargo_install refinery refinery_cli --no-default-features --features "postgresql,sqlite-bundled"
}

# The npm package's `dbmate` is a Node script that starts the real program. The
# program itself is linked, so that Node's start is not counted against it.
install_dbmate() {
    if [ -x "$PEERS_DIR/bin/dbmate" ]; then
        echo "install-peers: dbmate is there already"
        return
    fi
    nice -n 19 npm install --silent --no-audit --no-fund --prefix "$PEERS_DIR/npm" dbmate || return
    local program
    program="$(find "$PEERS_DIR/npm/node_modules/@dbmate" -type f -name dbmate -perm -u+x | head -n 1)"
    if [ -z "$program" ]; then
        echo "install-peers: npm brought no dbmate program for this platform" >&2
        return 1
    fi
    ln -sf "$program" "$PEERS_DIR/bin/dbmate"
}

mkdir -p "$PEERS_DIR/bin"
if [ $# = 0 ]; then
    set -- dbmate diesel sqlx refinery
fi

# One peer that cannot be installed does not keep the others away. `set -e` is
# off inside `||`, which is why the functions above return their failures.
failed=()
for peer in "$@"; do
    case "$peer" in
        diesel | sqlx | refinery | dbmate) ;;
        *)
            echo "install-peers: unknown peer \`$peer\` (diesel, sqlx, refinery, dbmate)" >&2
            exit 2
            ;;
    esac
    "install_$peer" || failed+=("$peer")
done

echo "install-peers: programs are in $PEERS_DIR/bin"
if [ ${#failed[@]} -gt 0 ]; then
    echo "install-peers: not installed: ${failed[*]}" >&2
    exit 1
fi
