"""Turns samples into the Markdown table and the JSON document. Measures nothing."""

import os
import platform
import time

from tools import OPERATIONS


def facts(engines, tools, folder_type, load):
    """Returns the line that says on what and with what it was measured."""
    versions = [version for engine in engines for version in engine.versions()]
    versions += [f"{tool.name} {tool.version}" for tool in tools if tool.version]
    return (f"{os.cpu_count()} cores ({_processor()}), {_memory_gb()} GB, {platform.system()} "
            f"{platform.release()}, {folder_type}, load {load:.1f} at the start; "
            f"{', '.join(versions)}; {time.strftime('%Y-%m-%d', time.gmtime())}")


def table(engine, tools, results, count):
    """Returns the Markdown table of one engine."""
    floor = results[engine.name, engine.floor, "apply"].median_seconds() if (
        engine.name, engine.floor, "apply") in results else None
    lines = [
        f"| {engine.title} | apply {count:,} (min–max) | × floor | peak | nothing to do | peak | status | peak |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [_row(engine, tool, results, floor) for tool in tools]
    return "\n".join(lines)


def notes(engine, tools, results):
    """Returns a line for each thing that failed, so that no gap goes unexplained."""
    failed = []
    for tool in tools:
        for operation in OPERATIONS:
            samples = results.get((engine.name, tool.name, operation))
            if samples and samples.error:
                failed.append(f"{engine.title}, {tool.name}, {operation}: {samples.error}")
    return failed


def document(results, facts_line, count):
    """Returns every sample as plain values for JSON."""
    return {
        "schema_version": 1,
        "machine": facts_line,
        "count": count,
        "results": [
            {
                "engine": engine, "tool": tool, "operation": operation,
                "time_ms": [round(seconds * 1000, 2) for seconds in samples.seconds],
                "peak_bytes": samples.peak_bytes,
                "error": samples.error or None,
            }
            for (engine, tool, operation), samples in results.items()
        ],
    }


def _row(engine, tool, results, floor):
    cells = [tool.title]
    for operation in OPERATIONS:
        samples = results.get((engine.name, tool.name, operation))
        cells.append(_time(samples, operation))
        if operation == "apply":
            cells.append(_ratio(samples, floor))
        cells.append(_peak(samples))
    return "| " + " | ".join(cells) + " |"


def _time(samples, operation):
    if samples is None:
        return "–"
    if samples.error or not samples.seconds:
        return "failed"
    if operation == "apply":
        return f"{samples.median_seconds():.2f} s ({min(samples.seconds):.2f}–{max(samples.seconds):.2f})"
    return f"{samples.median_seconds() * 1000:.0f} ms"


def _ratio(samples, floor):
    if samples is None or samples.error or not samples.seconds or not floor:
        return "–"
    return f"{samples.median_seconds() / floor:.2f}"


def _peak(samples):
    peak = samples.median_peak_bytes() if samples and not samples.error else None
    return f"{peak / 1_000_000:.0f} MB" if peak is not None else "–"


def _processor():
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _memory_gb():
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            return round(int(line.split()[1]) / 1_000_000)
    return "?"


def _lines(path):
    try:
        with open(path, encoding="utf-8") as source:
            return source.readlines()
    except OSError:
        return []
