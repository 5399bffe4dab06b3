"""Compares ways of filling a table: into an empty one, with nothing new, and with 1 % changed.

Started by scripts/bench.sh, which documents the options. The floor is the same work typed by hand
in psql and sqlite3; `batches` is what programs without COPY do. Each run fills a fresh database,
and the order of the ways changes from run to run; medians are reported.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import sys
import tempfile

import engines as databases
import measure
import report

OPERATIONS = ("first", "unchanged", "changed")
COLUMNS = "id,sku,name,price,quantity,active,created_at,note"
TABLE = {
    "postgres": "CREATE TABLE items (id BIGINT PRIMARY KEY, sku TEXT NOT NULL UNIQUE, name TEXT NOT NULL, "
                "price NUMERIC(10, 2) NOT NULL, quantity INTEGER NOT NULL, active BOOLEAN NOT NULL, "
                "created_at TIMESTAMP NOT NULL, note TEXT);",
    "sqlite": "CREATE TABLE items (id INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, name TEXT NOT NULL, "
              "price NUMERIC NOT NULL, quantity INTEGER NOT NULL, active BOOLEAN NOT NULL, "
              "created_at TIMESTAMP NOT NULL, note TEXT);",
}
REST = COLUMNS.split(",")[1:]


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
        results = {}
        for engine in chosen:
            _measure_engine(engine, work, options, results)
        print(line)
        for engine in chosen:
            print("\n" + _table(engine, results, options.count))
        if options.json:
            document = report.document(results, line, options.count)
            pathlib.Path(options.json).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _options():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh seeds")
    parser.add_argument("--count", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--runs", type=int, default=3, metavar="R")
    parser.add_argument("--engines", type=lambda text: text.split(","), default=["postgres", "sqlite"])
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def _engine(name, work, stack):
    if name == "postgres":
        return stack.enter_context(databases.postgres_cluster())
    return databases.Sqlite(work)


def _measure_engine(engine, work, options, results):
    folder = work / f"{engine.name}.files"
    folder.mkdir()
    ways = [Floor(engine, folder), Dieselkit(engine, folder)]
    if engine.name == "postgres":
        ways.append(Batches(engine, folder))
    _write_rows(folder, options.count)
    for way in ways:
        way.prepare(options.count)
    for run in range(options.runs):
        for way in ways if run % 2 == 0 else ways[::-1]:
            engine.fresh(way.name)
            way.create_table()
            for operation in OPERATIONS:
                samples = results.setdefault((engine.name, way.name, operation), measure.Samples())
                _measure(way, operation, samples)
                _say(f"{engine.name}: {way.name}: {operation}: {samples.error or f'{samples.seconds[-1]:.2f} s'}")
            way.check(options.count)


def _measure(way, operation, samples):
    if samples.error:
        return
    command, env, stdin = way.call(operation)
    try:
        samples.add(measure.run(command, way.folder, env, stdin))
    except measure.CommandFailed as failure:
        samples.error = str(failure)


def _row(number, changed):
    note = "" if number % 3 else f"a note, \"quoted\" {number}"
    name = f"Item number {number}" + (" (new)" if changed else "")
    minute, hour, day = number % 60, number // 60 % 24, number // 1440 % 28 + 1
    return [number, f"SKU-{number * 7919 % 100_000_007:09d}", name, f"{number % 1000}.{number % 100:02d}",
            number % 500, "true" if number % 2 else "false", f"2026-01-{day:02d} {hour:02d}:{minute:02d}:00", note]


def _write_rows(folder, count):
    for operation in ("first", "changed"):
        with open(folder / f"{operation}.csv", "w", encoding="utf-8") as file:
            file.write(COLUMNS + "\n")
            for number in range(1, count + 1):
                row = _row(number, operation == "changed" and number % 100 == 0)
                row[-1] = '"' + row[-1].replace('"', '""') + '"' if row[-1] else ""
                file.write(",".join(map(str, row)) + "\n")


class Way:
    """One way to fill the table."""

    def __init__(self, engine, folder):
        self.engine = engine
        self.folder = folder

    def prepare(self, count):
        """Writes what the way needs beside the rows."""

    def create_table(self):
        command, stdin = self.engine.shell(self.name, query=TABLE[self.engine.name])
        measure.run(command, self.folder, None, stdin)

    def csv(self, operation):
        return self.folder / ("changed.csv" if operation == "changed" else "first.csv")

    def check(self, count):
        """A way that skips work would win."""
        query = "SELECT count(*) || ' ' || count(CASE WHEN name LIKE '%(new)' THEN 1 END) FROM items"
        command, _ = self.engine.shell(self.name, query=query)
        found = databases.output(command)
        if found != f"{count} {count // 100}":
            raise SystemExit(f"bench: {self.name} left `{found}` of {count} rows")


class Floor(Way):
    """The same work, typed by hand."""

    name = "floor"
    title = "floor: psql, sqlite3"

    def prepare(self, count):
        for operation in OPERATIONS:
            script = self._postgres(operation) if self.engine.name == "postgres" else self._sqlite(operation)
            (self.folder / f"{operation}.sql").write_text(script, encoding="utf-8")

    def _postgres(self, operation):
        copy = f"FROM '{self.csv(operation)}' WITH (FORMAT csv, HEADER true)"
        if operation == "first":
            return f"\\copy items ({COLUMNS}) {copy}\n"
        sets = ", ".join(f"{name} = s.{name}" for name in REST)
        mine, theirs = (", ".join(f"{table}.{name}" for name in REST) for table in ("items", "s"))
        return (f"BEGIN;\nCREATE TEMP TABLE staged ON COMMIT DROP AS SELECT {COLUMNS} FROM items WITH NO DATA;\n"
                f"\\copy staged ({COLUMNS}) {copy}\n"
                f"UPDATE items SET {sets} FROM staged AS s WHERE items.id = s.id "
                f"AND ({mine}) IS DISTINCT FROM ({theirs});\n"
                f"INSERT INTO items ({COLUMNS}) SELECT {COLUMNS} FROM staged AS s "
                f"WHERE NOT EXISTS (SELECT FROM items WHERE items.id = s.id) ON CONFLICT (id) DO NOTHING;\nCOMMIT;\n")

    def _sqlite(self, operation):
        if operation == "first":
            return f".import --csv --skip 1 {self.csv(operation)} items\n"
        sets = ", ".join(f"{name} = excluded.{name}" for name in REST)
        differs = " OR ".join(f"items.{name} IS NOT excluded.{name}" for name in REST)
        return (f"CREATE TEMP TABLE staged AS SELECT {COLUMNS} FROM items WHERE 0;\n"
                f".import --csv --skip 1 {self.csv(operation)} staged\nBEGIN;\n"
                f"INSERT INTO items ({COLUMNS}) SELECT {COLUMNS} FROM staged WHERE true "
                f"ON CONFLICT (id) DO UPDATE SET {sets} WHERE {differs};\nCOMMIT;\n")

    def call(self, operation):
        command, stdin = self.engine.shell(self.name, script=self.folder / f"{operation}.sql")
        return command, None, stdin


class Dieselkit(Way):
    """`dieselkit seed --force`."""

    name = "dieselkit"
    title = "**dieselkit**"

    def prepare(self, count):
        (self.folder / "migrations").mkdir()
        (self.folder / "seeds" / "development").mkdir(parents=True)

    def call(self, operation):
        seed = self.folder / "seeds" / "development" / "010_items.csv"
        seed.unlink(missing_ok=True)
        seed.symlink_to(self.csv(operation))
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "DATABASE_URL": self.engine.url(self.name)}
        return [os.environ["DIESELKIT"], "seed", "--force", "-q"], env, None


class Batches(Way):
    """`INSERT … ON CONFLICT` of 1,000 rows at a time."""

    name = "batches"
    title = "batches of 1,000"

    def prepare(self, count):
        sets = ", ".join(f"{name} = excluded.{name}" for name in REST)
        for operation in ("first", "changed"):
            with open(self.folder / f"batches.{operation}.sql", "w", encoding="utf-8") as file:
                file.write("BEGIN;\n")
                for start in range(1, count + 1, 1000):
                    rows = [self._values(number, operation) for number in range(start, min(start + 1000, count + 1))]
                    file.write(f"INSERT INTO items ({COLUMNS}) VALUES {', '.join(rows)} "
                               f"ON CONFLICT (id) DO UPDATE SET {sets};\n")
                file.write("COMMIT;\n")

    def _values(self, number, operation):
        row = _row(number, operation == "changed" and number % 100 == 0)
        quoted = ["NULL" if value == "" else "'" + str(value).replace("'", "''") + "'" for value in row]
        return "(" + ", ".join(quoted) + ")"

    def call(self, operation):
        name = "changed" if operation == "changed" else "first"
        command, stdin = self.engine.shell(self.name, script=self.folder / f"batches.{name}.sql")
        return command, None, stdin


def _table(engine, results, count):
    lines = [
        f"| {engine.title}, {count:,} rows | first load | × floor | unchanged, forced | × floor | 1 % changed | × floor | peak |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for way in (Floor, Dieselkit, Batches):
        if (engine.name, way.name, "first") in results:
            lines.append(_line(engine, way, results))
    return "\n".join(lines)


def _line(engine, way, results):
    cells, peaks = [way.title], []
    for operation in OPERATIONS:
        samples = results[engine.name, way.name, operation]
        floor = results[engine.name, "floor", operation].median_seconds()
        if samples.error or not samples.seconds:
            cells += [samples.error or "–", "–"]
            continue
        low, high = min(samples.seconds), max(samples.seconds)
        cells += [f"{samples.median_seconds():.2f} s ({low:.2f}–{high:.2f})",
                  f"{samples.median_seconds() / floor:.2f}" if floor else "–"]
        peaks.append(samples.median_peak_bytes())
    known = [peak for peak in peaks if peak is not None]
    cells.append(f"{max(known) / 1_000_000:.0f} MB" if known else "–")
    return "| " + " | ".join(cells) + " |"


def _say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
