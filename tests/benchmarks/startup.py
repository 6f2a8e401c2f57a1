"""Measures how long starting takes, side by side in one run: ``python tests/benchmarks/startup.py``.

Prints the wall time of ``kedro-batch --help``, and of ``kedro-batch compile`` beside ``kedro registry list`` on the
demo: the commands alternate, and the ratio is that of the medians.
"""

import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from kedro_batch.scaffold.demo_project import DemoView, write_demo_project
from tests.benchmarks.measure import in_turn, median_seconds
from tests.support.command_line import BIN

_ROUNDS = 9  # or the number that is given


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(folder) / "demo"
        write_demo_project(demo, DemoView(kedro_version=version("kedro")))
        program = str(BIN / "kedro-batch")
        commands = {
            "kedro-batch --help": [program, "--help"],
            "kedro registry list": [str(BIN / "kedro"), "registry", "list"],
            "kedro-batch compile": [program, "compile"],
        }
        runs = in_turn(commands, demo, int(sys.argv[1]) if len(sys.argv) > 1 else _ROUNDS)
    found = {name: median_seconds(taken) for name, taken in runs.items()}
    for name, median in found.items():
        sys.stdout.write(f"{name:22} {median:.3f} s\n")
    ratio = found["kedro-batch compile"] / found["kedro registry list"]
    sys.stdout.write(f"compile / registry list: {ratio:.2f} (aim: at most 1.3); --help aims at 0.3 s or less\n")


if __name__ == "__main__":
    main()
