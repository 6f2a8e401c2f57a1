"""Measures what the installed hook adds to a start of Kedro: ``python tests/benchmarks/hook.py [PAIRS]``.

Prints the time that its imports take, and that of ``kedro run`` of one node in a project where kedro-batch is installed
with its hook and without it. The two alternate in pairs, each pair in the other order than the one before; the medians
of the seconds of the processor and of the wall are printed, and the median of the differences within the pairs.
"""

import re
import statistics
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.benchmarks.measure import measured
from tests.support.command_line import BIN, run
from tests.support.projects import write_project

_PAIRS = 15  # or the number that is given
_REGISTRY = """
from kedro.pipeline import Pipeline, node


def make():
    return 1


def register_pipelines():
    return {"__default__": Pipeline([node(make, None, "made", name="make")])}
"""
_IMPORT = "from kedro.framework.session import KedroSession; import kedro_batch.hooks"


def without_hook(folder: Path) -> dict[str, str]:
    """Return the variables under which kedro-batch is installed, but has no hook: another description comes first."""
    installed = distribution("kedro-batch")
    info = folder / f"kedro_batch-{installed.version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: kedro-batch\nVersion: {installed.version}\n")
    points = installed.read_text("entry_points.txt") or ""
    (info / "entry_points.txt").write_text(re.sub(r"\[kedro\.hooks\]\n[^\[]*", "", points))
    return {"PYTHONPATH": str(folder)}


def import_ms(cwd: Path) -> float:
    """Return the milliseconds that the hook's own modules take to be imported where Kedro is loaded."""
    said = run([sys.executable, "-X", "importtime", "-c", _IMPORT], cwd=cwd).err
    return sum(int(found) for found in re.findall(r"import time: +(\d+) \|.*\| +kedro_batch", said)) / 1000


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else _PAIRS
    with tempfile.TemporaryDirectory() as folder:
        project = write_project(Path(folder) / "project", registry=_REGISTRY)
        variables = {"with": {}, "without": without_hook(Path(folder) / "installed")}
        imports = [import_ms(project) for _ in range(5)]
        command = [str(BIN / "kedro"), "run"]
        taken: dict[str, list[tuple[float, float]]] = {"with": [], "without": []}
        for number in range(pairs + 1):  # the first one warms up
            for which in ("with", "without")[:: 1 if number % 2 else -1]:
                one = measured(command, project, variables[which])
                taken[which].append((one.cpu_seconds, one.seconds))
    sys.stdout.write(f"imports of the hook: {statistics.median(imports):.2f} ms\n")
    for column, unit in enumerate(("processor", "wall")):
        with_hook, without = ([one[column] for one in taken[which][1:]] for which in ("with", "without"))
        added = statistics.median(a - b for a, b in zip(with_hook, without, strict=True))
        both = [f"{statistics.median(some):.3f} s" for some in (with_hook, without)]
        sys.stdout.write(
            f"kedro run, {unit}: {both[0]} with the hook, {both[1]} without; median of {pairs} differences: "
            f"{1000 * added:+.1f} ms (aim: below 20)\n"
        )


if __name__ == "__main__":
    main()
