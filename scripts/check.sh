#!/usr/bin/env bash
# The gates that every commit passes: format, lints, documentation, package, scripts.
set -euo pipefail
cd "$(dirname "$0")/.."

for component in fmt clippy; do
    cargo "$component" --version >/dev/null 2>&1 || {
        echo "error: cargo $component is not installed" >&2
        echo "hint: rustup component add rustfmt clippy" >&2
        exit 1
    }
done

step() {
    echo "== $*" >&2
    "$@"
}
lint() { step cargo clippy --quiet --all-targets "$@" -- --deny warnings; }

step cargo fmt --check

lint
# Each backend alone, with and without the program: what one needs must not lean on the other.
for features in sqlite,bundled,cli postgres,bundled,cli sqlite,bundled postgres,bundled; do
    lint --no-default-features --features "$features"
done
lint --no-default-features --features sqlite,postgres,bundled

RUSTDOCFLAGS="--deny warnings" step cargo doc --quiet --no-deps --lib

# Names what would be published; fails where the manifest or `include` is wrong.
step cargo package --quiet --allow-dirty --no-verify --list >/dev/null

if command -v shellcheck >/dev/null; then
    step shellcheck scripts/*.sh scripts/*/*.sh .ci/run
else
    for script in scripts/*.sh scripts/*/*.sh .ci/run; do step bash -n "$script"; done
fi
