#!/usr/bin/env bash
# Runs a private PostgreSQL cluster for the tests, for as long as standard input stays open.
#
# The caller holds the other end of that pipe. However the caller ends, killed included, the pipe
# closes, and the cluster is stopped and its folder removed. Prints NAME=value lines and `ready`;
# on failure prints the reason instead and exits.
set -euo pipefail
exec 2>&1

# Ctrl-C reaches the whole foreground group; the cluster must outlive the tests that still use it.
trap '' INT TERM HUP

binaries=$("$(dirname "$0")/find-postgres.sh")
# Not TMPDIR, which may be long: a socket's path ends at 107 bytes.
folder=$(mktemp --directory /tmp/dkpg.XXXXXX)
cd "$folder"
password=$(od --address-radix=n --format=x1 --read-bytes=12 /dev/urandom | tr -d ' \n')

# The server refuses to run as root, so root hands it to another user.
server_user=$(id --user --name)
if [ "$server_user" = root ]; then
    server_user=postgres
    id postgres >/dev/null 2>&1 || server_user=nobody
    chown "$server_user" "$folder"
fi
as_server() {
    if [ "$(id --user)" = 0 ]; then runuser --user "$server_user" -- "$@"; else "$@"; fi
}

tear_down() {
    as_server "$binaries/pg_ctl" stop --pgdata=data --mode=immediate --silent >/dev/null 2>&1 || true
    cd / && rm -rf "$folder"
}
trap tear_down EXIT

create() {
    echo "$password" | as_server tee password >/dev/null
    as_server "$binaries/initdb" --pgdata=data --username=postgres --pwfile=password \
        --encoding=UTF8 --no-locale --no-sync >initdb.log 2>&1 || { cat initdb.log; exit 1; }

    # TCP always asks for a password, as production does; the socket lies in a folder that only the
    # server's user and root may enter.
    as_server tee data/pg_hba.conf >/dev/null <<-HBA
	local all all trust
	host all all 127.0.0.1/32 scram-sha-256
	HBA

    # Durability is not under test, speed is. The time zone is deliberately not UTC, so that a time
    # which was not converted is found out.
    as_server tee -a data/postgresql.conf >/dev/null <<-CONF
	listen_addresses = '127.0.0.1'
	unix_socket_directories = '$folder'
	unix_socket_permissions = 0700
	fsync = off
	full_page_writes = off
	autovacuum = off
	max_connections = 200
	max_prepared_transactions = 20
	shared_buffers = 32MB
	timezone = 'Asia/Kolkata'
	log_line_prefix = '%m [%p] %d %a '
	CONF
}

# Starts on a free port below the range that the system hands out to clients.
start() {
    for _ in 1 2 3 4 5 6 7 8; do
        port=$((15000 + RANDOM % 17000))
        as_server "$binaries/pg_ctl" start --pgdata=data --wait --timeout=60 --silent \
            --log=server.log --options="-p $port" >/dev/null 2>&1 && return
    done
    cat server.log
    exit 1
}

create
start
echo "DIESELKIT_TEST_POSTGRES_URL=postgres://postgres:$password@127.0.0.1:$port/postgres"
echo "DIESELKIT_TEST_POSTGRES_SOCKET=$folder"
echo "DIESELKIT_TEST_PG_BIN=$binaries"
echo ready

# From here nobody reads: a full pipe must not block, nor an open one keep the caller waiting.
exec >/dev/null 2>&1
cat >/dev/null
