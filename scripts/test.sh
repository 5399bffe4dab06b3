#!/usr/bin/env bash
# Runs the whole suite: both backends together, the documentation's examples, each backend alone.
# Arguments go to the test runner: `scripts/test.sh rollback` runs what has that in its name.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-test-deps.sh

# One cluster for the whole suite, since the runner may give each test a process of its own. It
# lives in a session of its own, out of Ctrl-C's reach, until our end of its pipe closes.
coproc POSTGRES { exec setsid scripts/private-postgres.sh; }
# Bash forgets both variables when the process ends.
cluster=$POSTGRES_PID hold=${POSTGRES[1]} said=${POSTGRES[0]}
stop_cluster() {
    exec {hold}>&-
    wait "$cluster" || true
}
trap stop_cluster EXIT

ready=no
while read -r line <&"$said"; do
    case $line in
        ready) ready=yes && break ;;
        DIESELKIT_TEST_*=*) export "${line?}" ;;
        *) echo "$line" >&2 ;;
    esac
done
[ "$ready" = yes ] || { echo "error: the tests' PostgreSQL cluster did not start" >&2; exit 1; }

run_tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run "$@"
    else
        cargo test --all-targets "$@"
    fi
}

# What a build of one engine would only repeat: tests about one engine alone, of many processes, of
# odd values, and of faults and kills have run with both engines, on the same code.
repeated=(alone:: heavy odd:: faults:: killed::)

run_tests_of_one_engine() {
    local those
    printf -v those ' | test(%s)' "${repeated[@]}"
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run "$@" -E "not (${those# | })"
    else
        cargo test --all-targets "$@" -- "${repeated[@]/#/--skip=}"
    fi
}

run_tests "$@"
[ $# -eq 0 ] || exit 0
cargo test --quiet --doc
# The library alone is covered by check.sh; here each backend is proved to work without the other.
for backend in sqlite postgres; do
    run_tests_of_one_engine --no-default-features --features "$backend,cli,bundled"
done
