"""Measures time and memory for large projects: ``python tests/benchmarks/scale.py [ROUNDS [WORD]]``.

For each of four projects it prints the wall time of ``compile`` beside that of ``kedro registry list``, and the wall
time of ``validate`` beside the bare load of the plan's YAML by libyaml without garbage collection. The commands
alternate, and the ratios are those of the medians.
"""

import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.benchmarks.measure import bare_load, in_turn, median_seconds
from tests.support.command_line import BIN
from tests.support.large_projects import LARGE, LAYERED, write_large_project

_ROUNDS = 5


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS
    word = sys.argv[2] if len(sys.argv) > 2 else ""
    program = str(BIN / "kedro-batch")
    for name, registry in LARGE.items():
        if word not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            project = write_large_project(Path(folder) / "project", registry)
            commands = {
                "list": [str(BIN / "kedro"), "registry", "list"],
                "compile": [program, "compile", "--quiet", "--output=plan.yaml"],
                "validate": [program, "validate", "plan.yaml"],
                "load": bare_load("plan.yaml"),
            }
            runs = in_turn(commands, project, rounds)
        listed, compiled, validated = (median_seconds(runs[which]) for which in ("list", "compile", "validate"))
        load = statistics.median(float(one.output) for one in runs["load"])
        memory = {which: max(one.megabytes for one in runs[which]) for which in ("compile", "validate")}
        bound = 2 if registry is LAYERED else 3
        sys.stdout.write(
            f"{name}\n"
            f"  compile {compiled:.2f} s / registry list {listed:.2f} s: {compiled / listed:.2f} (at most {bound}); "
            f"{memory['compile']:.0f} MB (at most 400)\n"
            f"  validate {validated:.2f} s / bare load {load:.2f} s: {validated / load:.2f} (at most 5); "
            f"{memory['validate']:.0f} MB\n"
        )


if __name__ == "__main__":
    main()
