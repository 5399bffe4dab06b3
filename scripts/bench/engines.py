"""The databases that are measured: a private PostgreSQL cluster, and SQLite files.

Each gives every tool a database of its own, fresh when asked. Knows nothing of
the tools.
"""

import contextlib
import glob
import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import tempfile

USER = "bench"


class Sqlite:
    """SQLite files in the work folder, with SQLite's own defaults (`synchronous = FULL`)."""

    name = "sqlite"
    title = "SQLite"
    # The floor that ratios are taken to: the time goes into commits, and one is enough.
    floor = "floor-all"

    def __init__(self, work):
        self.work = pathlib.Path(work)

    def path(self, tool):
        return self.work / f"{tool}.db"

    def url(self, tool):
        return f"sqlite:{self.path(tool)}"

    def fresh(self, tool):
        for suffix in ("", "-journal", "-wal", "-shm"):
            self.path(tool).with_name(self.path(tool).name + suffix).unlink(missing_ok=True)
        os.sync()

    def drop(self, tool):
        self.fresh(tool)

    def target(self, tool):
        """Returns what names the database where another address is known."""
        return str(self.path(tool))

    def shell(self, tool, script=None, query=None):
        """Returns the floor's command and the file that it reads as its input."""
        command = ["sqlite3", "-batch", "-bail", str(self.path(tool))]
        return (command + [query], None) if query else (command, str(script))

    def count_tables(self, tool):
        query = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE 't\\_%' ESCAPE '\\'"
        return int(output(["sqlite3", "-batch", str(self.path(tool)), query]))

    def versions(self):
        return [f"sqlite3 {output(['sqlite3', '--version']).split()[0]}"]


class Postgres:
    """A PostgreSQL cluster of its own with the server's default settings."""

    name = "postgres"
    title = "PostgreSQL"
    # One transaction a migration, as every tool here does it.
    floor = "floor-each"

    def __init__(self, binaries, port):
        self.binaries = binaries
        self.port = port

    def url(self, tool):
        return f"postgres://{USER}:{USER}@127.0.0.1:{self.port}/{_database(tool)}?sslmode=disable"

    def fresh(self, tool):
        database = _database(tool)
        self._query("postgres", f"DROP DATABASE IF EXISTS {database}")
        self._query("postgres", f"CREATE DATABASE {database}")
        # What the last run left to write is written before this one starts.
        self._query("postgres", "CHECKPOINT")
        os.sync()

    def drop(self, tool):
        self._query("postgres", f"DROP DATABASE IF EXISTS {_database(tool)}")
        self._query("postgres", "CHECKPOINT")
        os.sync()

    def target(self, tool):
        return _database(tool)

    def shell(self, tool, script=None, query=None):
        command = [*self._psql(), self.url(tool)]
        return command + (["-c", query] if query else ["-f", str(script)]), None

    def count_tables(self, tool):
        query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 't\\_%'"
        return int(self._query(_database(tool), query))

    def versions(self):
        shown = self._query("postgres", "SHOW server_version").split()[0]
        fsync = self._query("postgres", "SHOW fsync")
        return [f"PostgreSQL {shown} (fsync {fsync})"]

    def _psql(self):
        return [f"{self.binaries}/psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1"]

    def _query(self, database, query):
        url = f"postgres://{USER}@127.0.0.1:{self.port}/{database}"
        return output([*self._psql(), url, "-c", query])


@contextlib.contextmanager
def postgres_cluster():
    """Starts a cluster in a scratch folder, and stops and removes it on every way out."""
    binaries = _server_binaries()
    folder = tempfile.mkdtemp(prefix="dieselkit-bench-pg.")
    as_owner = _become_owner(folder)
    port = _free_port()
    # Only the address and the port differ from what initdb gives.
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='{folder}'"
    control = [*as_owner, f"{binaries}/pg_ctl", "-s", "-w", "-D", f"{folder}/data"]
    try:
        output([*as_owner, f"{binaries}/initdb", "-D", f"{folder}/data", "-A", "trust", "-U", USER])
        output([*control, "-o", options, "-l", f"{folder}/log", "start"], cwd="/")
        yield Postgres(binaries, port)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], cwd="/", capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


def filesystem(path):
    """Returns the type of the file system under `path`: on a tmpfs, fsync costs nothing."""
    return output(["df", "--output=fstype", str(path)]).splitlines()[-1]


def _database(tool):
    return "bench_" + re.sub(r"\W", "_", tool)


def _server_binaries():
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb") + glob.glob("/usr/pgsql-*/bin/initdb")
    if found:
        newest = max(found, key=lambda path: int(re.search(r"(\d+)/bin", path).group(1)))
        return os.path.dirname(newest)
    if shutil.which("initdb"):
        return os.path.dirname(shutil.which("initdb"))
    raise SystemExit("bench: no PostgreSQL server programs: install postgresql, or use --engines sqlite")


def _become_owner(folder):
    # The server refuses to run as root.
    if os.geteuid() != 0:
        return []
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ["runuser", "-u", "postgres", "--"]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def output(command, cwd="/"):
    # Files, not pipes: the server that pg_ctl starts would keep a pipe open.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        result = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, check=False)
        out.seek(0)
        errors.seek(0)
        if result.returncode != 0:
            raise SystemExit(f"bench: `{command[0]}` failed: {errors.read().decode().strip()}")
        return out.read().decode().strip()
