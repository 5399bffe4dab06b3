"""The contenders: how each is found, fed and called.

A tool is a value: its layout of files, and one command an operation. Knows the
engines only by their URL, path and shell.
"""

import os
import pathlib
import shutil
import subprocess
from dataclasses import dataclass
from typing import Callable, Optional

OPERATIONS = ("apply", "nothing", "status")
# One statement a line, as a user would write them.
STATEMENTS = """CREATE TABLE t_{i} (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
);
CREATE INDEX t_{i}_name ON t_{i} (name);
"""
DOWN = "DROP TABLE t_{i};\n"


@dataclass
class Call:
    """What to run: the arguments, and the environment and the input where they matter."""

    command: list
    env: Optional[dict] = None
    stdin: Optional[str] = None


@dataclass
class Tool:
    """One contender. `call` returns None where the tool has no such operation."""

    name: str
    title: str
    write_files: Callable
    call: Callable
    program: str = ""
    version: str = ""


def version_of(i):
    return 20260101000000 + i


def all_tools():
    """Returns every contender that this machine has, and the names of those it has not."""
    present, absent = [_floor_each(), _floor_all()], []
    for name, make in (("dieselkit", _dieselkit), ("diesel", _diesel), ("sqlx", _sqlx),
                       ("refinery", _refinery), ("dbmate", _dbmate)):
        program = _find(name)
        if program is None:
            absent.append(name)
            continue
        tool = make(program)
        tool.program = program
        tool.version = _version(program)
        present.append(tool)
    return present, absent


def _find(name):
    if name == "dieselkit":
        own = os.environ.get("DIESELKIT", "")
        return own if os.access(own, os.X_OK) else None
    private = pathlib.Path(os.environ.get("PEERS_DIR", "")) / "bin" / name
    return str(private) if os.access(private, os.X_OK) else shutil.which(name)


def _version(program):
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = [word for word in shown.split() if word[:1].isdigit()]
    return numbers[0] if numbers else "?"


# The floors: the same SQL, and one row a migration that remembers it.

def _floor_each():
    def write(folder, count):
        steps = (f"BEGIN;\n{_step(i)}COMMIT;\n" for i in range(1, count + 1))
        _write(folder / "script.sql", _version_table() + "".join(steps))
    return Tool("floor-each", "floor: one transaction each", write, _floor_call)


def _floor_all():
    def write(folder, count):
        steps = "".join(_step(i) for i in range(1, count + 1))
        _write(folder / "script.sql", _version_table() + f"BEGIN;\n{steps}COMMIT;\n")
    return Tool("floor-all", "floor: all in one transaction", write, _floor_call)


def _floor_call(operation, engine, tool, folder):
    if operation == "apply":
        command, stdin = engine.shell(tool, script=folder / "script.sql")
    else:
        # The least that "nothing to do" and "status" can be: connect and read the versions.
        command, stdin = engine.shell(tool, query="SELECT version FROM version ORDER BY version")
    return Call(command, stdin=stdin)


def _version_table():
    return "CREATE TABLE version (version VARCHAR(50) NOT NULL PRIMARY KEY, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);\n"


def _step(i):
    return STATEMENTS.format(i=i) + f"INSERT INTO version (version) VALUES ('{version_of(i)}');\n"


# The tools.

def _dieselkit(program):
    def call(operation, engine, tool, folder):
        verb = "status" if operation == "status" else "up"
        return Call([program, "--database-url", engine.url(tool), "--migrations", str(folder), verb])
    return Tool("dieselkit", "**dieselkit**", _write_folders, call)


def _diesel(program):
    def call(operation, engine, tool, folder):
        verb = "list" if operation == "status" else "run"
        # diesel takes a path for SQLite, not a `sqlite:` URL.
        url = str(engine.path(tool)) if engine.name == "sqlite" else engine.url(tool)
        return Call([program, "migration", verb, "--database-url", url,
                     "--migration-dir", str(folder), "--config-file", os.devnull])
    return Tool("diesel", "diesel", _write_folders, call)


def _sqlx(program):
    def write(folder, count):
        for i in range(1, count + 1):
            _write(folder / f"{version_of(i)}_create_t_{i}.sql", STATEMENTS.format(i=i))

    def call(operation, engine, tool, folder):
        verb = "info" if operation == "status" else "run"
        # Otherwise sqlx refuses a file that does not exist yet.
        url = engine.url(tool) + ("?mode=rwc" if engine.name == "sqlite" else "")
        return Call([program, "migrate", verb, "--source", str(folder), "--database-url", url])
    return Tool("sqlx", "sqlx", write, call)


def _refinery(program):
    def write(folder, count):
        for i in range(1, count + 1):
            _write(folder / f"V{i}__create_t_{i}.sql", STATEMENTS.format(i=i))

    def call(operation, engine, tool, folder):
        if operation == "status":
            return None
        env = {**os.environ, "BENCH_URL": engine.url(tool)}
        if engine.name == "sqlite":
            # refinery opens what is there and creates nothing.
            engine.path(tool).touch()
            env["BENCH_URL"] = f"sqlite://{engine.path(tool)}"
        return Call([program, "migrate", "-e", "BENCH_URL", "-p", str(folder)], env=env)
    return Tool("refinery", "refinery", write, call)


def _dbmate(program):
    def write(folder, count):
        for i in range(1, count + 1):
            text = f"-- migrate:up\n{STATEMENTS.format(i=i)}\n-- migrate:down\n{DOWN.format(i=i)}"
            _write(folder / f"{version_of(i)}_create_t_{i}.sql", text)

    def call(operation, engine, tool, folder):
        verb = "status" if operation == "status" else "migrate"
        # The dump of the schema is work that no other contender does.
        return Call([program, "--url", engine.url(tool), "--migrations-dir", str(folder),
                     "--no-dump-schema", verb])
    return Tool("dbmate", "dbmate", write, call)


def _write_folders(folder, count):
    for i in range(1, count + 1):
        migration = folder / f"{version_of(i)}_create_t_{i}"
        migration.mkdir()
        _write(migration / "up.sql", STATEMENTS.format(i=i))
        _write(migration / "down.sql", DOWN.format(i=i))


def _write(path, text):
    path.write_text(text, encoding="utf-8")
