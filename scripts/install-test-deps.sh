#!/usr/bin/env bash
# Installs what the build and the tests need beyond Rust and a C compiler, where it is missing:
# the PostgreSQL server and its client programs, PgBouncer, what a German locale is made of, and the perl
# and make with which the bundled OpenSSL is built. Does nothing, and asks no network, where all are there.
set -euo pipefail
here=$(dirname "$0")

# A wrong choice is to be corrected, not covered up by an installation.
[ -z "${DIESELKIT_TEST_PG_BIN:-}" ] || "$here/find-postgres.sh" >/dev/null

missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v make >/dev/null || missing+=(make)
# A minimal Debian has a perl without the modules that OpenSSL's Configure loads.
perl -MFindBin -MIPC::Cmd -MFile::Compare -e 1 2>/dev/null || missing+=(perl)
"$here/find-postgres.sh" >/dev/null 2>&1 || missing+=(postgresql)
command -v pg_dump >/dev/null || missing+=(postgresql-client)
# A server with TLS needs a certificate.
command -v openssl >/dev/null || missing+=(openssl)
PATH="$PATH:/usr/sbin" command -v pgbouncer >/dev/null || missing+=(pgbouncer)
{ command -v localedef && [ -e /usr/share/i18n/locales/de_DE ]; } >/dev/null || missing+=(locales)
[ "${#missing[@]}" -gt 0 ] || exit 0

refuse() {
    echo "error: missing for the tests: ${missing[*]}" >&2
    echo "hint: $1" >&2
    exit 1
}
command -v apt-get >/dev/null \
    || refuse "install these with this system's package manager, or set DIESELKIT_TEST_PG_BIN"
as_root=()
if [ "$(id --user)" != 0 ]; then
    sudo -n true 2>/dev/null || refuse "sudo apt-get install ${missing[*]}"
    as_root=(sudo -n)
fi

# Runlevel 1 keeps Debian's packages from starting their services; the tests start their own.
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get --quiet --yes --option=Dpkg::Use-Pty=0 "$@"
}
echo "installing for the tests: ${missing[*]}" >&2
apt update
if [[ " ${missing[*]} " == *" postgresql "* ]]; then
    # Debian would make and start a cluster of its own on port 5432; nothing here wants it.
    apt install --no-upgrade postgresql-common
    "${as_root[@]}" sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' \
        /etc/postgresql-common/createcluster.conf
fi
apt install --no-upgrade --no-install-recommends "${missing[@]}"
