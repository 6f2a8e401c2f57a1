"""What ``kedro run`` costs with our runner, beside the guide's way: ``python tests/benchmarks/runner.py [FILE]``.

Nine jobs of a project in the shape of Kedro's tutorial on the stand-in, over HTTP, two at once, three seconds each.
Beside the runner, in turn, ``thread_per_job``: our own client in the manner of the guide. FILE is a module with the
guide's own class, ``AWSBatchRunner``, with the names of today's Kedro, which then runs too: it is not kept here. It has
to name its jobs ``RUN_NODE_1``, so that the stand-in knows which one fails.

For each: calls, wall time and processor time where all goes well, and what it says last where a job fails.
"""

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.benchmarks.measure import Measured, measured, measured_however_it_ends
from tests.support.command_line import BIN
from tests.support.projects import json_catalog, write_project
from tests.support.services import standin

_HERE = Path(__file__).parent
_WORKERS, _RUN_S, _POLL_S, _FAILING = 2, 3.0, 1.0, "train_model"
_TARGET = {"queues": ["a_queue"], "definitions": {"a_definition": 3}}
_PARAMS = f"--runner-params=job_queue=a_queue,job_definition=a_definition,max_workers={_WORKERS}"
_LAST_LINES = 12
_NODES = {
    "prepare_companies": ("companies", "prepared_companies"),
    "prepare_shuttles": ("shuttles", "prepared_shuttles"),
    "create_table": ("prepared_companies prepared_shuttles", "table"),
    "split_data": ("table", "split"),
    "train_model": ("split", "model"),
    "train_baseline": ("split", "baseline"),
    "evaluate_model": ("split model", "metrics"),
    "evaluate_baseline": ("split baseline", "baseline_metrics"),
    "report": ("metrics baseline_metrics", "report"),
}
_DATASETS = sorted({name for inputs, output in _NODES.values() for name in (*inputs.split(), output)})
_REGISTRY = f"""
from kedro.pipeline import Pipeline, node

NODES = {_NODES!r}


def work(*inputs):
    return []


def register_pipelines():
    nodes = [node(work, inputs.split(), output, name=name) for name, (inputs, output) in NODES.items()]
    return {{"__default__": Pipeline(nodes)}}
"""


def main() -> None:
    guide = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as name:
        project = _project(Path(name), guide)
        commands = {
            "runner": [str(BIN / "kedro"), "run", "--runner=kedro_batch.AWSBatchRunner", _PARAMS],
            "thread per job": [
                *(sys.executable, str(_HERE / "thread_per_job.py")),
                *("requests.jsonl", f"{_WORKERS}", f"{_POLL_S}"),
            ],
        }
        if guide:
            commands["guide's class"] = [str(BIN / "kedro"), "run", "--runner=a_project.guide.AWSBatchRunner", _PARAMS]
        found = {name: _run(command, project) for name, command in commands.items()}
        ours = found["runner"][0]
        for client, (one, calls) in found.items():
            counted = ", ".join(f"{operation} {count}" for operation, count in sorted(calls.items()))
            sys.stdout.write(
                f"{client}: {sum(calls.values())} calls ({counted})\n"
                f"  {one.seconds:.1f} s; {one.cpu_seconds:.2f} s of processor, "
                f"{one.cpu_seconds / ours.cpu_seconds:.1f} times the runner's\n"
            )
        for client, command in commands.items():
            one, _ = _run(command, project, fail={_FAILING: 3})
            said = "\n".join(f"  | {line}" for line in one.output.splitlines()[-_LAST_LINES:])
            sys.stdout.write(
                f"{client}, where {_FAILING} fails: exit code {one.code}, after {one.seconds:.1f} s\n{said}\n"
            )


def _project(folder: Path, guide: Path | None) -> Path:
    """Write the project, and the requests that the plain client reads."""
    project = write_project(
        folder / "project",
        registry=_REGISTRY,
        conf={"base/catalog.yml": json_catalog(*_DATASETS), "base/parameters.yml": "aws_batch: {}\n"},
        **({"guide": guide.read_text()} if guide else {}),
    )
    measured([str(BIN / "kedro-batch"), "compile", "-o", "plan.yaml"], project)
    said = measured([str(BIN / "kedro-batch"), "apply", "plan.yaml", "--dry-run"], project).output
    lines = []
    for request in map(json.loads, said.splitlines()):
        ids = [one["jobId"] for one in request.pop("dependsOn", ())]  # they have ended when it is submitted
        parents = [one.removeprefix("<id of ").removesuffix(">") for one in ids]
        lines.append(json.dumps({"name": request["tags"]["kedro-batch:job"], "parents": parents, "request": request}))
    (project / "requests.jsonl").write_text("\n".join(lines))
    return project


def _run(command: list[str], project: Path, **trouble: object) -> tuple[Measured, dict[str, int]]:
    with standin(**_TARGET, run_s=_RUN_S, start_s=0.0, **trouble) as service:
        run = measured_however_it_ends if trouble else measured
        one = run(command, project, service.environment)
        calls: dict[str, int] = service.verdict()["calls"]
        return one, calls


if __name__ == "__main__":
    main()
