"""Compares tools at applying migrations, at having nothing to do, and at status.

Started by scripts/bench.sh, which documents the options. The order of the tools
changes from run to run, so that none always profits or suffers from what ran
before it; every apply gets a fresh database; medians are reported.
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
import tools as contenders


def main():
    options = _options()
    # A signal unwinds like an error, so that the cluster is stopped.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    load = os.getloadavg()[0]
    tools = _chosen_tools(options)
    with tempfile.TemporaryDirectory(prefix="dieselkit-bench.") as work, contextlib.ExitStack() as stack:
        work = pathlib.Path(work)
        engines = [_engine(name, work, stack) for name in options.engines]
        folders = _write_migrations(tools, work, options.count)
        line = report.facts(engines, tools, databases.filesystem(work), load)
        results = {}
        for engine in engines:
            _measure_engine(engine, tools, folders, options, results)
        _print(engines, tools, results, line, options)


def _options():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh migrations")
    parser.add_argument("--count", type=_positive, default=1000, metavar="N")
    parser.add_argument("--runs", type=_positive, default=3, metavar="R")
    parser.add_argument("--repeats", type=_positive, default=10, metavar="R")
    parser.add_argument("--engines", type=_list_of("postgres", "sqlite"), default=["postgres", "sqlite"])
    parser.add_argument("--tools", type=_list_of("floor-each", "floor-all", "dieselkit", "diesel",
                                                 "sqlx", "refinery", "dbmate"), default=None)
    parser.add_argument("--operations", type=_list_of(*contenders.OPERATIONS), default=list(contenders.OPERATIONS))
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _list_of(*allowed):
    def parse(text):
        chosen = text.split(",")
        for name in chosen:
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"`{name}` is none of {', '.join(allowed)}")
        return chosen
    return parse


def _chosen_tools(options):
    tools, absent = contenders.all_tools()
    if options.tools is not None:
        absent = [name for name in absent if name in options.tools]
        tools = [tool for tool in tools if tool.name in options.tools]
    for name in absent:
        _say(f"`{name}` is not installed and is left out")
    if not tools:
        raise SystemExit("bench: none of the chosen tools is installed")
    return tools


def _engine(name, work, stack):
    if name == "postgres":
        return stack.enter_context(databases.postgres_cluster())
    return databases.Sqlite(work)


def _write_migrations(tools, work, count):
    folders = {}
    for tool in tools:
        folders[tool.name] = work / f"{tool.name}.migrations"
        folders[tool.name].mkdir()
        tool.write_files(folders[tool.name], count)
    return folders


def _measure_engine(engine, tools, folders, options, results):
    samples = {(tool.name, operation): measure.Samples() for tool in tools for operation in options.operations}

    # Without `apply` among the operations the databases still have to be filled.
    runs = options.runs if "apply" in options.operations else 1
    for run in range(runs):
        for tool in _order(tools, run):
            applied = samples.setdefault((tool.name, "apply"), measure.Samples())
            _apply(engine, tool, folders[tool.name], options.count, applied)
    for operation in [each for each in options.operations if each != "apply"]:
        for run in range(options.repeats):
            for tool in _order(tools, run):
                if not samples[tool.name, "apply"].error:
                    _measure(engine, tool, folders[tool.name], operation, samples[tool.name, operation])

    for (tool, operation), taken in samples.items():
        wanted = operation in options.operations and taken.seconds
        if wanted or taken.error:
            results[engine.name, tool, operation] = taken


def _order(tools, run):
    # Every other run goes backwards, so that the neighbours change as well.
    backwards = run % 2
    start = (run + backwards) % len(tools)
    rotated = tools[start:] + tools[:start]
    return rotated[::-1] if backwards else rotated


def _apply(engine, tool, folder, count, samples):
    if samples.error:
        return
    engine.fresh(tool.name)
    _measure(engine, tool, folder, "apply", samples)
    # A tool that skips work would win.
    made = 0 if samples.error else engine.count_tables(tool.name)
    if not samples.error and made != count:
        samples.error = f"exit code 0, but {made} of {count} tables"
    _say(f"{engine.name}: {tool.name}: apply: {samples.error or f'{samples.seconds[-1]:.2f} s'}")


def _measure(engine, tool, folder, operation, samples):
    if samples.error:
        return
    call = tool.call(operation, engine, tool.name, folder)
    if call is None:
        return
    try:
        samples.add(measure.run(call.command, folder.parent, call.env, call.stdin))
    except measure.CommandFailed as failure:
        samples.error = str(failure)


def _print(engines, tools, results, line, options):
    print(line)
    for engine in engines:
        print("\n" + report.table(engine, tools, results, options.count))
        for note in report.notes(engine, tools, results):
            print(f"\n{note}")
    if options.json:
        document = report.document(results, line, options.count)
        pathlib.Path(options.json).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
