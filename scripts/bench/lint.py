"""Measures `lint` over the migrations of tests/support/many, which the tests lint as well.

Started by scripts/bench.sh, which documents the options.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import sys
import tempfile
import time

import engines as databases
import measure

MANY = pathlib.Path(__file__).parents[2] / "tests/support/many"
NAME = "lint"


def main():
    options = _options()
    # A signal unwinds like an error, so that the cluster is stopped.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    load = os.getloadavg()[0]
    results = {}
    with tempfile.TemporaryDirectory(prefix="dieselkit-bench.") as work, contextlib.ExitStack() as stack:
        for name in options.engines:
            folder = pathlib.Path(work) / name
            count = write_migrations(name, folder / "migrations", options.nouns)
            engine = stack.enter_context(databases.postgres_cluster()) if name == "postgres" else databases.Sqlite(folder)
            engine.fresh(NAME)
            results[engine.title, count] = _measure(engine, folder, options.runs)
    print(f"load {load:.1f} at the start; {time.strftime('%Y-%m-%d', time.gmtime())}\n")
    print("| | migrations | lint (min–max) | peak |\n|---|--:|--:|--:|")
    for (title, count), samples in results.items():
        peak = samples.median_peak_bytes()
        print(f"| {title} | {count} | {samples.median_seconds():.2f} s "
              f"({min(samples.seconds):.2f}–{max(samples.seconds):.2f}) | "
              f"{f'{peak / 1_000_000:.0f} MB' if peak else '–'} |")
    if options.json:
        document = [{"engine": title, "count": count, "time_ms": [round(one * 1000, 2) for one in samples.seconds],
                     "peak_bytes": samples.peak_bytes} for (title, count), samples in results.items()]
        pathlib.Path(options.json).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def write_migrations(engine, folder, limit=None):
    """Writes every shape of an engine once for each noun, as tests/cli/lint_many.rs does, and returns how many."""
    nouns = (MANY / "nouns.txt").read_text(encoding="utf-8").split()[:limit]
    shapes = sorted((MANY / engine).iterdir())
    for index, noun in enumerate(nouns):
        parent = nouns[max(index - 1, 0)]
        for shape in shapes:
            number, name = shape.name.split("_", 1)
            target = folder / f"2026-01-{index + 1:02}-{number}0000_{noun}_{name}"
            for source in sorted(shape.iterdir()) if shape.is_dir() else [shape]:
                text = source.read_text(encoding="utf-8").replace("THING", noun).replace("PARENT", parent)
                path = target / source.name if shape.is_dir() else target
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    return len(nouns) * len(shapes)


def _measure(engine, folder, runs):
    samples = measure.Samples()
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": engine.url(NAME)}
    # What is found is no failure here.
    command = [os.environ["DIESELKIT"], "lint", "--all", "--deny", "off", "--json"]
    for _ in range(runs):
        try:
            samples.add(measure.run(command, folder, env))
        except measure.CommandFailed as failure:
            raise SystemExit(f"bench: {engine.name}: {failure}") from failure
        print(f"bench: {engine.name}: {samples.seconds[-1]:.2f} s", file=sys.stderr, flush=True)
    return samples


def _options():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh lint")
    parser.add_argument("--nouns", type=int, default=None, metavar="N")
    parser.add_argument("--runs", type=int, default=5, metavar="R")
    parser.add_argument("--engines", type=lambda text: text.split(","), default=["postgres", "sqlite"])
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    main()
