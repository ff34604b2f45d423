"""What tracing adds to a call of the OpenAI client: the caller's CPU, against a span written by hand.

python benchmarks/overhead.py            otel-prompt in this environment
python benchmarks/overhead.py --peers    and four other instrumentations, each in an environment of its own
python benchmarks/overhead.py --json     the figures alone, as JSON
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import _peers
import _tools

CHILD = Path(__file__).with_name("_child.py")
PEERS = [name for name, tool in _tools.TOOLS.items() if tool.requirement]
COLUMNS = (
    # heading, mode, case, arm, which of the case's figures
    ("chat", "on", "chat", "traced", 0),
    ("with metrics", "metrics", "chat", "traced", 0),
    ("no content", "off", "chat", "traced", 0),
    ("unsampled", "unsampled", "chat", "traced", 0),
    ("unsampled 2 MB", "unsampled", "big", "traced", 0),
    ("async x50", "on", "async", "traced", 0),
    ("stream", "on", "stream", "traced", 0),
    ("1st chunk", "on", "stream", "traced", 1),
    ("per chunk", "on", "stream", "traced", 2),
    ("floor", "on", "chat", "floor", 0),
    ("floor+dumps", "on", "chat", "floor_dumps", 0),
    ("unsampled floor", "unsampled", "chat", "floor", 0),
    ("bare call", "on", "chat", "bare", 0),
)
Results = dict[str, dict[str, list[dict[str, Any]]]]
"""By tool and mode, what each process found."""


def child(python: Path | str, tool: str, mode: str, rounds: int) -> dict[str, Any]:
    """Run one process; without what it says where it fails."""
    command = [str(python), str(CHILD), tool, mode, "--rounds", str(rounds)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "OPENAI_", "MLFLOW_"))}
    # Bytecode is kept apart from the checkout, so that a cold start finds it, as an installed package's.
    environment |= {"PYTHONPYCACHEPREFIX": str(_peers.folder() / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
    _peers.folder().mkdir(parents=True, exist_ok=True)  # where some tools leave files beside them
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=_peers.folder(), check=False)
    if done.returncode or not done.stdout.strip():
        sys.exit(f"{tool} ({mode}) failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def run(pythons: dict[str, Path | str], processes: int, rounds: int, starts: int) -> Results:
    """Measure all tools. Their processes take turns, so that a busy spell of the machine falls on none alone."""
    found: Results = {name: {} for name in pythons}
    for name, python in pythons.items():
        child(python, name, "start", 0)  # compiles bytecode; does not count
    for turn in range(max(processes, starts)):
        for name, python in pythons.items():
            print(f"round {turn + 1}: {name}", file=sys.stderr, flush=True)
            if turn < starts:
                found[name].setdefault("start", []).append(child(python, name, "start", 0))
            if turn < processes:
                for mode in _tools.TOOLS[name].modes:
                    found[name].setdefault(mode, []).append(child(python, name, mode, rounds))
    return found


def figure(results: Results, tool: str, mode: str, case: str, arm: str, which: int) -> float | None:
    """The median over a tool's processes."""
    values = [p["found"][case][arm][which] for p in results[tool].get(mode, ()) if arm in p["found"].get(case, ())]
    return statistics.median(values) if values else None


def ratio(results: Results, tool: str, mode: str) -> float | None:
    """A chat against the floor: both measured in one process, the median over the processes."""
    pairs = [
        p["found"]["chat"]["traced"][0] / q["found"]["chat"]["floor"][0]
        for p, q in zip(results[tool].get(mode, ()), results[tool]["on"])
    ]
    return statistics.median(pairs) if pairs else None


def start(results: Results, tool: str, clock: str) -> float:
    return statistics.median(p["found"][clock] for p in results[tool]["start"])


def table(results: Results) -> list[str]:
    """The figures, as Markdown."""
    heads = ["", *(c[0] for c in COLUMNS), "x floor", "x with metrics", "start ms", "start CPU ms"]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for tool in results:
        cells = [tool]
        for _, mode, case, arm, which in COLUMNS:
            value = figure(results, tool, mode, case, arm, which)
            cells.append("-" if value is None else f"{value:.1f}" if abs(value) < 10 else f"{value:.0f}")
        for mode in ("on", "metrics"):
            value = ratio(results, tool, mode)
            cells.append("-" if value is None else f"{value:.1f}")
        cells += [f"{start(results, tool, clock):.0f}" for clock in ("wall", "cpu")]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def targets(results: Results) -> list[str]:
    """Each target, with what was reached."""
    tool = "otel-prompt"
    reached = (
        ("chat, x floor", ratio(results, tool, "on"), 2.0),
        ("chat with metrics, x floor", ratio(results, tool, "metrics"), 3.5),
        ("per chunk of a stream, us", figure(results, tool, "on", "stream", "traced", 2), 2.0),
        ("unsampled, us", figure(results, tool, "unsampled", "chat", "traced", 0), 15.0),
        ("import and set-up, CPU ms", start(results, tool, "cpu"), 60.0),
    )
    lines = ["| target | at most | reached | |", "| --- | --- | --- | --- |"]
    for name, value, most in reached:
        if value is not None:
            lines.append(f"| {name} | {most:g} | {value:.1f} | {'yes' if value <= most else '**no**'} |")
    off = figure(results, tool, "on", "chat", "inactive", 0)
    return [*lines, "", f"With the patch in place but switched off, a call takes {off:.1f} us more than without it."]


def machine() -> str:
    """The machine, the Python and the versions, in one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.partition(":")[2].strip() for line in cpuinfo.read_text("utf-8").splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    today = datetime.now(timezone.utc).date()
    return f"{today}, {model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def versions(results: Results) -> str:
    found = {name: v for tool in results.values() for name, v in tool["start"][0]["versions"].items()}
    return ", ".join(f"{name} {v}" for name, v in found.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", action="store_true", help=f"also measure {', '.join(PEERS)}")
    parser.add_argument("--json", action="store_true", help="print the figures of every process as JSON")
    parser.add_argument("--processes", type=int, default=5, help="processes for each tool and mode (default 5)")
    parser.add_argument("--rounds", type=int, default=30, help="rounds within a process (default 30)")
    parser.add_argument("--starts", type=int, default=9, help="cold starts for each tool (default 9)")
    given = parser.parse_args()
    pythons: dict[str, Path | str] = {"none": sys.executable, "otel-prompt": sys.executable}
    if given.peers:
        pythons |= {name: _peers.environment(name) for name in PEERS}
    results = run(pythons, given.processes, given.rounds, given.starts)
    if given.json:
        print(json.dumps({"machine": machine(), "results": results}))
        return
    print(f"{machine()}; {versions(results)}\n")
    print("Added to a call: us of the caller's CPU, medians; README.md says what each column is.\n")
    print("\n".join(table(results)), "\n".join(targets(results)), sep="\n\n")


if __name__ == "__main__":
    main()
