"""Measure ``show`` and ``diff`` of a plan of 10,000 jobs, side by side: ``python tests/benchmarks/review.py [ROUNDS]``.

Each command, its start included, is compared with the bare load of the YAML by libyaml without garbage collection.
Diffs are of the plan with itself, without a leaf, with another queue for all jobs, and with all jobs renamed. Commands
alternate; the ratio is that of the medians. The bound is 5.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.benchmarks.measure import bare_load, in_turn, median_seconds
from tests.support.command_line import BIN, environment
from tests.support.large_projects import LAYERED, write_large_project

_ROUNDS = 3  # the default
_PROGRAM = str(BIN / "kedro-batch")
_FORMATS = {"show": ("text", "markdown", "json", "mermaid", "html"), "diff": ("text", "markdown", "json", "html")}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        project = write_large_project(Path(folder) / "project", LAYERED)
        subprocess.run([_PROGRAM, "compile", "-q", "-o", "plan.yaml"], cwd=project, env=environment(), check=True)
        _write_others(project)
        commands = {"load one": bare_load("plan.yaml"), "load two": bare_load("plan.yaml", "queue.yaml")}
        commands |= {
            f"show {form}": [_PROGRAM, "show", "plan.yaml", f"--format={form}", "-o", "out"]
            for form in _FORMATS["show"]
        }
        for other in ("plan", "leaf", "queue", "renamed"):
            for form in _FORMATS["diff"] if other == "queue" else ("text",):
                words = [_PROGRAM, "diff", "plan.yaml", f"{other}.yaml", f"--format={form}", "-o", "out"]
                commands[f"diff {other} {form}"] = words
        runs = in_turn(commands, project, rounds)
    loads = {which: statistics.median(float(one.output) for one in runs[f"load {which}"]) for which in ("one", "two")}
    for name, command in runs.items():
        if not name.startswith("load"):
            load = loads["one" if name.startswith("show") else "two"]
            seconds, memory = median_seconds(command), max(one.megabytes for one in command)
            sys.stdout.write(
                f"{name:<20} {seconds:5.2f} s / bare load {load:.2f} s: {seconds / load:5.2f} (at most 5); "
                f"{memory:.0f} MB\n"
            )


def _write_others(project: Path) -> None:
    plan = (project / "plan.yaml").read_text()
    (project / "leaf.yaml").write_text(plan[: plan.rindex("  - name: ")])
    (project / "queue.yaml").write_text(plan.replace("a_queue", "another_queue"))
    (project / "renamed.yaml").write_text(plan.replace("n1", "m1").replace("n2", "m2").replace("n0", "m0"))


if __name__ == "__main__":
    main()
