#!/usr/bin/env bash
# Builds the program and shows its main job on SQLite: apply, look, roll back to a version, apply.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --quiet --bin dieselkit
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# What the reader's own shell points at must not be migrated by a demo.
unset DATABASE_URL DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD
export DIESELKIT_ENV=development

dieselkit() {
    echo
    echo "\$ dieselkit $*"
    "$target/debug/dieselkit" --database-url "sqlite:$folder/demo.db" --migrations migrations "$@"
}

# The version in the middle of the project's own migrations: digits up to the first `_`.
versions=$(cd migrations && printf '%s\n' * | sed -n 's/^\([0-9][0-9-]*\)_.*/\1/p' | tr -d - | sort -u)
middle=$(sed -n "$((($(wc -l <<<"$versions") + 1) / 2))p" <<<"$versions")

dieselkit up
dieselkit status
dieselkit rollback --to "$middle" --yes
dieselkit status
dieselkit up
