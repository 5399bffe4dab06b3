#!/usr/bin/env bash
# A night's backup, for cron or a timer: variables from a file, an account in a log, and the exit
# code of dieselkit. What fails is printed as well, so that cron sends it to somebody.
#
#   scripts/nightly-backup.sh FILE [create] [ARGUMENTS OF `dieselkit backup create`]
#   scripts/nightly-backup.sh FILE health|prune|verify [ARGUMENTS OF `dieselkit backup …`]
#
# Lines for crontab (cron's own PATH is short: name the program in the file): a backup at three each
# night, a look at it at nine, and a trial restore each Sunday:
#
#   0 3 * * *  /opt/shop/scripts/nightly-backup.sh /etc/dieselkit/shop.env
#   0 9 * * *  /opt/shop/scripts/nightly-backup.sh /etc/dieselkit/shop.env health --max-age 26h
#   0 5 * * 0  /opt/shop/scripts/nightly-backup.sh /etc/dieselkit/shop.env verify --restore
#
# The file is read by this shell. It may hold a password, so let nobody else read it (mode 0600):
#
#   PROJECT=/opt/shop                          # the folder of dieselkit.toml; else the current one
#   DIESELKIT=/usr/local/bin/dieselkit         # else the one in PATH
#   DIESELKIT_ENV=production
#   DATABASE_URL=postgres://backup:…@db/shop
#   BACKUP_LOG=/var/log/dieselkit/shop.log     # else standard error
#   BACKUP_METRICS=/var/lib/node_exporter/textfile_collector/shop_backup.prom
#   BACKUP_LOCK_WAIT=30m                       # how long a migration is waited for
#   PATH=/usr/lib/postgresql/17/bin:$PATH      # where pg_dump is in no usual place
set -euo pipefail

if [ $# -lt 1 ]; then
    echo "usage: $0 ENVIRONMENT_FILE [ARGUMENTS]" >&2
    exit 2
fi
environment=$1
shift
if [ ! -r "$environment" ]; then
    echo "error: \`$environment\` cannot be read" >&2
    exit 2
fi
case "$environment" in
    */*) ;;
    # A bare name would be looked for in PATH.
    *) environment=./$environment ;;
esac
set -a
# shellcheck disable=SC1090 # which file it is, is said by whoever calls
. "$environment"
set +a

verb=create
case "${1:-}" in
    create | health | prune | verify)
        verb=$1
        shift
        ;;
esac

metrics=${BACKUP_METRICS:-}
for argument in "$@"; do
    # What only looks has no numbers to write.
    if [ "$argument" = --dry-run ]; then
        metrics=
    fi
done
command=("${DIESELKIT:-dieselkit}" backup "$verb" --lock-wait "${BACKUP_LOCK_WAIT:-30m}" --color never)
if [ -n "$metrics" ]; then
    command+=(--metrics "$metrics")
fi

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# A folder that is gone is told as what fails in it is.
run() {
    cd "${PROJECT:-.}" || return 2
    "${command[@]}" "$@"
}

begun=$(now)
code=0
said=$(run "$@" 2>&1) || code=$?
account="$begun backup $verb begun
$said
$(now) ended with exit code $code"

if [ -n "${BACKUP_LOG:-}" ]; then
    # A log that cannot be written makes no backup fail, but somebody has to hear of it.
    (umask 077 && printf '%s\n' "$account" >>"$BACKUP_LOG") || echo "warning: no account in \`$BACKUP_LOG\`" >&2
fi
if [ -z "${BACKUP_LOG:-}" ] || [ "$code" -ne 0 ]; then
    printf '%s\n' "$account" >&2
fi
exit "$code"
