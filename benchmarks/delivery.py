"""What the store writes in a second, what MLflow takes in a second, and whether it stays so.

python benchmarks/delivery.py                       all of it, at a small scale
python benchmarks/delivery.py --spans 1000000       the memory of a process over so many spans
python benchmarks/delivery.py --backlog 100000      a backlog of so many traces, delivered, and counted in MLflow
python benchmarks/delivery.py --only mlflow         one part: store, mlflow, server, memory, backlog
python benchmarks/delivery.py --json                the figures alone, as JSON
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from overhead import machine

CHILD = Path(__file__).with_name("_delivery_child.py")
PARTS = ("store", "mlflow", "server", "memory", "backlog")
REPEATED = ("store", "mlflow", "server")
"""What is measured in several processes, of which the median counts."""


def child(part: str, count: int) -> dict[str, Any]:
    """Run one part in a process and a folder of its own."""
    ours = {"MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"}
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "MLFLOW_", "OPENAI_"))} | ours
    with tempfile.TemporaryDirectory(prefix="otel-prompt-delivery-") as folder:
        command = [sys.executable, str(CHILD), part, str(count)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    if done.returncode or not done.stdout.strip():
        sys.exit(f"{part} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def measure(parts: Sequence[str], processes: int, counts: dict[str, int]) -> dict[str, list[dict[str, Any]]]:
    """Each part, in its processes, which take turns."""
    found: dict[str, list[dict[str, Any]]] = {part: [] for part in parts}
    for turn in range(processes):
        for part in parts:
            if turn == 0 or part in REPEATED:
                print(f"round {turn + 1}: {part}", file=sys.stderr, flush=True)
                found[part].append({**child(part, counts.get(part, 0)), "load": round(os.getloadavg()[0], 1)})
    return found


def median(results: list[dict[str, Any]], name: str) -> float:
    return statistics.median(each[name] for each in results)


def ratio(results: list[dict[str, Any]], name: str, to: str) -> float:
    """Of two figures of one process, the median over the processes."""
    return statistics.median(each[name] / each[to] for each in results)


def table(found: dict[str, list[dict[str, Any]]]) -> list[str]:
    """The figures, as Markdown."""
    lines = ["| what | in a second | |", "| --- | --- | --- |"]
    if results := found.get("store"):
        lines.append(f"| spans written by the store, 512 at once | {median(results, 'records'):.0f} | |")
        lines.append(f"| spans of the SDK, through the exporter | {median(results, 'exporter'):.0f} | |")
    for part, where in (("mlflow", "MLflow in SQLite"), ("server", "an `mlflow server` before SQLite")):
        if not (results := found.get(part)):
            continue
        lines.append(f"| traces delivered to {where} | {median(results, 'delivered'):.1f} | |")
        for name, what in (
            ("log_spans", "the same traces by `log_spans` alone, in its best batches"),
            ("autolog", "calls recorded by `mlflow.openai.autolog()`"),
            ("naive", "calls by the tutorials' script: a run for each"),
        ):
            if name in results[0]:
                rate = f"{ratio(results, 'delivered', name):.2f} x"
                lines.append(f"| {what} | {median(results, name):.1f} | delivery is {rate} |")
    for each in found.get("memory", ()):
        lines.append(f"| memory after a tenth, a half, all of {each['spans']} spans, MB | {each['megabytes']} | |")
    for each in found.get("backlog", ()):
        left = f"{each['traces']} traces, {each['found']} in MLflow, {each['missing']} missing, {each['twice']} twice"
        lines.append(
            f"| a backlog of {left} | {each['rate']:.1f} | first tenth {each['first']:.0f}, last {each['last']:.0f} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be given several times")
    parser.add_argument("--processes", type=int, default=3, help="processes for each rate (default 3)")
    parser.add_argument("--traces", type=int, default=600, help="traces of two spans for each rate (default 600)")
    parser.add_argument("--spans", type=int, default=50_000, help="spans over which memory is measured (default 50000)")
    parser.add_argument("--backlog", type=int, default=1_000, help="traces that wait (default 1000)")
    parser.add_argument("--json", action="store_true", help="print the figures of every process as JSON")
    given = parser.parse_args()
    counts = {"store": 20_480, "mlflow": given.traces, "server": given.traces // 2}
    counts |= {"memory": given.spans, "backlog": given.backlog}
    found = measure(given.only or PARTS, given.processes, counts)
    if given.json:
        print(json.dumps({"machine": machine(), "results": found}))
        return
    loads = [each["load"] for results in found.values() for each in results]
    print(f"{machine()}; load {min(loads)} to {max(loads)}\n")
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
