#!/usr/bin/env bash
# Builds the program and shows its main job on SQLite: apply, look, roll back to a version, apply.
# Works in a temporary folder, and exits with an error where any step does not do what it says.
# DIESELKIT names the program, where it need not be built: `make demo DIESELKIT=target/release/dieselkit`.
set -Eeuo pipefail
cd "$(dirname "$0")/.."

folder=
failed() { echo "error: the demo failed, see above" >&2; }
trap '[ -z "$folder" ] || rm -rf "$folder"' EXIT
trap failed ERR

read -ra program <<<"${DIESELKIT:-}"
if [ "${#program[@]}" = 0 ]; then
    echo "Building dieselkit; the first time, with SQLite and libpq, takes some minutes." >&2
    cargo build --locked --bin dieselkit
    target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
    program=("$target/debug/dieselkit")
fi

folder=$(mktemp -d)
# What the reader's own shell points at must not be migrated by a demo.
unset DATABASE_URL DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD
export DIESELKIT_ENV=development

say() { printf '\n# %s\n' "$*"; }
dieselkit() {
    echo "\$ dieselkit $*"
    "${program[@]}" --database-url "sqlite:$folder/studio.db" --migrations migrations "$@"
}

# The version in the middle of the project's own migrations: digits up to the first `_`.
versions=$(cd migrations && printf '%s\n' * | sed -n 's/^\([0-9][0-9-]*\)_.*/\1/p' | tr -d - | sort -u)
middle=$(sed -n "$((($(wc -l <<<"$versions") + 1) / 2))p" <<<"$versions")

say "Apply this project's migrations to a new SQLite database."
dieselkit up
say "Fill it with the seeds of this environment; a second time there is nothing to do."
dieselkit seed
dieselkit seed
say "Look at every migration's state."
dieselkit status
say "Roll back to the version in the middle, which stays applied."
dieselkit rollback --to "$middle" --yes
say "What was rolled back is pending again."
dieselkit status
say "Apply it again."
dieselkit up
say "Nothing is left to do: with --check that is exit code 0."
dieselkit status --check
say "Done. The database was temporary and is removed."
