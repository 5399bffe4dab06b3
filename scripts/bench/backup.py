"""Compares ways of copying a database into one file, of checking that file and of restoring it.

Started by scripts/bench.sh, which documents the options. The floor reads the database and writes
nothing. The ways of one round come right after one another, in an order that changes from round to
round, and what is shown as "× floor" is the median of the ratios within a round: a machine that is
busy for a while is busy for all of them. The CPU seconds are those of the programs that are started,
not of the server.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import shlex
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile

import engines as databases
import measure
import report

DATABASE = "backup"
RESTORED = "restored"
# How much the rows of one batch take, in bytes of a dump; every batch has the same rows, further
# apart than gzip looks back.
BATCH_BYTES = 12_000_000
TABLES = {
    "users": ("email, name, locale, active, created_at",
              "id BIGINT PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL, locale TEXT NOT NULL, "
              "active BOOLEAN NOT NULL, created_at TIMESTAMP NOT NULL"),
    "orders": ("user_id, status, amount, quantity, ordered_at, shipped_at",
               "id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL, status TEXT NOT NULL, amount NUMERIC(10, 2) NOT NULL, "
               "quantity INTEGER NOT NULL, ordered_at TIMESTAMP NOT NULL, shipped_at TIMESTAMP"),
    "messages": ("order_id, subject, body, sent_at",
                 "id BIGINT PRIMARY KEY, order_id BIGINT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, "
                 "sent_at TIMESTAMP NOT NULL"),
}


def main():
    options = _options()
    # A signal unwinds like an error, so that the cluster is stopped.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="dieselkit-bench.") as work, contextlib.ExitStack() as stack:
        work = pathlib.Path(work)
        chosen = [_engine(name, work, stack) for name in options.engines]
        line = report.facts(chosen, [], databases.filesystem(work), load)
        batch = Batch()
        tables, results = [], {}
        for engine in chosen:
            for megabytes in options.megabytes:
                filled = Filled(engine, work, batch, megabytes)
                ways = [way for way in filled.ways() if not options.ways or way.name in options.ways]
                _measure_rounds(ways, options.runs)
                checks = filled.checks()
                _measure_rounds(checks, options.runs)
                restores = filled.restores()
                _measure_rounds(restores, options.runs)
                results[engine.name, megabytes] = ways + checks + restores
                tables += [
                    _table(f"{engine.title}, {megabytes:,} MB", ways),
                    _table("its file", checks),
                    _table("restored", restores),
                ]
                filled.drop()
        print(line)
        for table in filter(None, tables):
            print("\n" + table)
        if options.json:
            document = _document(results, line)
            pathlib.Path(options.json).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _options():
    def listed(of):
        return lambda text: [of(part) for part in text.split(",")]

    parser = argparse.ArgumentParser(prog="scripts/bench.sh backup")
    parser.add_argument("--megabytes", type=listed(int), default=[100, 1000], metavar="LIST")
    parser.add_argument("--runs", type=int, default=3, metavar="R")
    parser.add_argument("--engines", type=listed(str), default=["postgres", "sqlite"])
    parser.add_argument("--ways", type=listed(str), metavar="LIST")
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def _engine(name, work, stack):
    if name == "postgres":
        return stack.enter_context(databases.postgres_cluster())
    return databases.Sqlite(work)


class Batch:
    """Rows of text, numbers and times as programs write them, the same in each run."""

    def __init__(self):
        self.random = random.Random(4711)
        letters = "etaoinshrdlucmfwypvbgk"
        self.words = ["".join(self.random.choices(letters, k=self.random.randint(2, 11))) for _ in range(6000)]
        # Zipf's law: few words are most of a text.
        self.weights = [1 / (rank + 3) for rank in range(len(self.words))]
        share = {"users": 0.15, "orders": 0.35, "messages": 0.5}
        self.rows = {table: self._rows(table, BATCH_BYTES * part) for table, part in share.items()}

    def _rows(self, table, wanted):
        rows, size = [], 0
        while size < wanted:
            row = getattr(self, "_" + table)()
            rows.append(row)
            size += sum(len(str(value)) + 1 for value in row) + 8
        return rows

    def _users(self):
        first, last = self._text(1), self._text(1)
        return (f"{first}.{last}{self.random.randrange(1000)}@example.com", f"{first.title()} {last.title()}",
                self.random.choice(["en", "de", "fr", "pt-BR"]), self.random.choice("tf"), self._time())

    def _orders(self):
        shipped = self._time() if self.random.random() < 0.7 else None
        return (self.random.randrange(1_000_000), self.random.choice(["pending", "paid", "shipped", "cancelled"]),
                f"{self.random.randrange(100_000) / 100:.2f}", self.random.randrange(1, 20), self._time(), shipped)

    def _messages(self):
        return (self.random.randrange(5_000_000), self._text(self.random.randint(2, 7)).capitalize(),
                self._text(self.random.randint(10, 120)), self._time())

    def _text(self, words):
        return " ".join(self.random.choices(self.words, self.weights, k=words))

    def _time(self):
        pick = self.random.randrange
        return (f"2026-{pick(1, 13):02d}-{pick(1, 29):02d} {pick(24):02d}:{pick(60):02d}:{pick(60):02d}"
                f".{pick(1_000_000):06d}")


class Filled:
    """A database of so many megabytes of dump, and what is to be done with it."""

    def __init__(self, engine, work, batch, megabytes):
        self.engine = engine
        self.folder = work / f"{engine.name}.{megabytes}"
        self.folder.mkdir()
        (self.folder / "migrations").mkdir()
        (self.folder / "dieselkit.toml").write_text('[backups]\ndirectory = "backups"\n', encoding="utf-8")
        _say(f"{engine.name}: filling {megabytes} MB")
        engine.fresh(DATABASE)
        fill = self._fill_postgres if engine.name == "postgres" else self._fill_sqlite
        fill(batch, max(1, round(megabytes * 1_000_000 / BATCH_BYTES)))
        os.sync()

    def _fill_postgres(self, batch, batches):
        for table, (columns, definition) in TABLES.items():
            definition = definition.replace("PRIMARY KEY", "GENERATED ALWAYS AS IDENTITY PRIMARY KEY", 1)
            self._run(self.engine.shell(DATABASE, query=f"CREATE TABLE {table} ({definition})")[0])
            lines = ("\t".join("\\N" if value is None else str(value) for value in row) for row in batch.rows[table])
            text = ("\n".join(lines) + "\n").encode()
            copy = self.engine.shell(DATABASE, query=f"COPY {table} ({columns}) FROM STDIN")[0]
            with subprocess.Popen(copy, stdin=subprocess.PIPE) as psql:
                for _ in range(batches):
                    psql.stdin.write(text)
                psql.stdin.close()
            if psql.returncode != 0:
                raise SystemExit("bench: psql could not fill the database")
        self._run(self.engine.shell(DATABASE, query="VACUUM ANALYZE")[0])
        self._run(self.engine.shell(DATABASE, query="CHECKPOINT")[0])

    def _fill_sqlite(self, batch, batches):
        connection = sqlite3.connect(self.engine.path(DATABASE))
        for table, (columns, definition) in TABLES.items():
            connection.execute(f"CREATE TABLE {table} ({definition.replace('BIGINT PRIMARY', 'INTEGER PRIMARY', 1)})")
            places = ", ".join("?" for _ in columns.split(","))
            for _ in range(batches):
                connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", batch.rows[table])
                connection.commit()
        connection.close()

    def ways(self):
        return self._postgres_ways() if self.engine.name == "postgres" else self._sqlite_ways()

    def _postgres_ways(self):
        dump = shlex.join([f"{self.engine.binaries}/pg_dump", "-d", self.engine.url(DATABASE)])
        ways = [
            Way("floor", "floor: `pg_dump > /dev/null`", self, f"{dump} > /dev/null", None),
            Way("gzip", "`pg_dump \\| gzip -6`", self, f"{dump} | gzip -6 > copy.sql.gz", "copy.sql.gz"),
        ]
        if shutil.which("pigz"):
            ways.append(Way("pigz", "`pg_dump \\| pigz`", self, f"{dump} | pigz > copy.sql.gz", "copy.sql.gz"))
        ways.append(Way("custom", "`pg_dump -Fc`", self, f"{dump} -Fc -f copy.dump", "copy.dump"))
        return [*ways, self._dieselkit()]

    def _sqlite_ways(self):
        path = shlex.quote(str(self.engine.path(DATABASE)))
        vacuum = f"sqlite3 -batch {path} \"VACUUM INTO 'copy.db'\""
        return [
            Way("floor", "floor: `VACUUM INTO`", self, vacuum, "copy.db"),
            Way("gzip", "`VACUUM INTO` and `gzip -6`", self, f"{vacuum} && gzip -6 copy.db", "copy.db.gz"),
            self._dieselkit(),
        ]

    def _dieselkit(self):
        program = shlex.quote(os.environ["DIESELKIT"])
        return Way("dieselkit", "**dieselkit backup create**", self, f"{program} backup create -q", "backups/*.gz")

    def checks(self):
        """Ways to check the file that dieselkit made; none where it made none."""
        made = list(self.folder.glob("backups/*.gz"))
        if not made:
            return []
        program = shlex.quote(os.environ["DIESELKIT"])
        file = shlex.quote(str(made[0]))
        return [
            Way("gzip-t", "floor: `gzip -t`", self, f"gzip -t {file}", None, keep=True),
            Way("verify", "**dieselkit backup verify**", self, f"{program} backup verify latest -q", None, keep=True),
        ]

    def restores(self):
        """Ways to restore the file that dieselkit made, each into a database of its own."""
        made = list(self.folder.glob("backups/*.gz"))
        if not made:
            return []
        file = shlex.quote(str(made[0]))
        target = shlex.quote(self.engine.target(RESTORED))
        line = f"{shlex.quote(os.environ['DIESELKIT'])} restore latest --into {target} -q"
        ours = Way("restore", "**dieselkit restore**", self, line, None, keep=True, before=self.engine.drop)
        return [*self._other_restores(file), ours]

    def _other_restores(self, file):
        if self.engine.name == "sqlite":
            inflate = f"gunzip -c {file} > {shlex.quote(str(self.engine.path(RESTORED)))}"
            return [Way("gunzip", "floor: `gunzip`", self, inflate, None, keep=True, before=self.engine.drop)]
        script = self.folder / "script.sql"
        self._run(["bash", "-c", f"gunzip -c {file} > {shlex.quote(str(script))}"])
        psql = shlex.join(self.engine.shell(RESTORED, script="-")[0])
        fresh = self.engine.fresh
        return [
            Way("psql", "floor: `psql` from the file, uncompressed", self,
                shlex.join(self.engine.shell(RESTORED, script=script)[0]), None, keep=True, before=fresh),
            Way("gunzip", "`gunzip \\| psql`", self, f"gunzip -c {file} | {psql}", None, keep=True, before=fresh),
        ]

    def forget_copies(self):
        for copy in self.folder.glob("copy.*"):
            copy.unlink()
        shutil.rmtree(self.folder / "backups", ignore_errors=True)

    def drop(self):
        shutil.rmtree(self.folder)
        self.engine.drop(RESTORED)
        if self.engine.name == "sqlite":
            self.engine.path(DATABASE).unlink()

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "DATABASE_URL": self.engine.url(DATABASE)}

    def _run(self, command):
        measure.run(command, self.folder)


class Way:
    """One command line, the file that it makes, and what makes room for what it restores."""

    def __init__(self, name, title, filled, line, file, keep=False, before=None):
        self.name = name
        self.title = title
        self.filled = filled
        self.line = line
        self.file = file
        self.keep = keep
        self.before = before
        self.samples = measure.Samples()
        self.bytes = None

    def measure(self):
        if self.samples.error:
            return
        if not self.keep:
            self.filled.forget_copies()
        if self.before:
            self.before(RESTORED)
        os.sync()
        # Without pipefail a dump that failed would be a fast one.
        command = ["bash", "-c", f"set -o pipefail; {self.line}"]
        try:
            self.samples.add(measure.run(command, self.filled.folder, self.filled.environment()))
            self.bytes = self._size()
        except measure.CommandFailed as failure:
            self.samples.error = str(failure)
        _say(f"{self.filled.engine.name}: {self.name}: {self.samples.error or f'{self.samples.seconds[-1]:.2f} s'}")

    def _size(self):
        if not self.file:
            return None
        found = list(self.filled.folder.glob(self.file))
        if len(found) != 1:
            raise measure.CommandFailed(f"exit code 0, but {len(found)} files")
        # A way that skips work would win.
        if found[0].suffix == ".gz":
            inflate = f"set -o pipefail; gunzip -c {shlex.quote(str(found[0]))} | tail -c 2000"
            ran = subprocess.run(["bash", "-c", inflate], capture_output=True, check=False)
            is_script = found[0].name.endswith(".sql.gz")
            if ran.returncode != 0 or (is_script and b"database dump complete" not in ran.stdout):
                raise measure.CommandFailed("exit code 0, but the file is not whole")
        return found[0].stat().st_size

    def ratio(self, floor):
        """Returns the median of the ratios within a round."""
        pairs = zip(self.samples.seconds, floor.samples.seconds)
        return statistics.median(mine / its for mine, its in pairs)


def _measure_rounds(ways, runs):
    for run in range(runs):
        # dieselkit is the last of the last round, since the checks need its file.
        order = ways if (runs - 1 - run) % 2 == 0 else ways[::-1]
        for way in order:
            way.measure()


def _table(title, ways):
    if not ways:
        return ""
    lines = [f"| {title} | time (min–max) | × floor | CPU | peak | file |", "|---|--:|--:|--:|--:|--:|"]
    return "\n".join(lines + [_line(way, ways[0]) for way in ways])


def _line(way, floor):
    samples = way.samples
    if samples.error or not samples.seconds:
        return f"| {way.title} | {samples.error or '–'} | – | – | – | – |"
    low, high = min(samples.seconds), max(samples.seconds)
    peak, cpu = samples.median_peak_bytes(), samples.median_cpu_seconds()
    cells = [
        way.title,
        f"{samples.median_seconds():.2f} s ({low:.2f}–{high:.2f})",
        f"{way.ratio(floor):.2f}" if floor.samples.seconds else "–",
        f"{cpu:.2f} s" if cpu is not None else "–",
        f"{peak / 1_000_000:.0f} MB" if peak is not None else "–",
        f"{way.bytes / 1_000_000:.1f} MB" if way.bytes else "–",
    ]
    return "| " + " | ".join(cells) + " |"


def _document(results, line):
    return {
        "schema_version": 1,
        "machine": line,
        "results": [
            {
                "engine": engine, "megabytes": megabytes, "way": way.name,
                "time_ms": [round(seconds * 1000, 2) for seconds in way.samples.seconds],
                "cpu_ms": [seconds and round(seconds * 1000, 2) for seconds in way.samples.cpu_seconds],
                "peak_bytes": way.samples.peak_bytes,
                "file_bytes": way.bytes,
                "error": way.samples.error or None,
            }
            for (engine, megabytes), ways in results.items() for way in ways
        ],
    }


def _say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
