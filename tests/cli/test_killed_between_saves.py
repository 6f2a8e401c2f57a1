"""A job that is killed between its first and its second save, on this machine: what repeats it ends well."""

import json
import re
from pathlib import Path

import pytest

from tests.support.forked import kedro_batch
from tests.support.projects import TARGET, write_project

_REGISTRY = """
from kedro.pipeline import Pipeline, node


def make():
    return "first", "second"


def join(first, second):
    return [first, second]


def register_pipelines():
    nodes = [node(make, None, ["first", "second"], name="make"), node(join, ["first", "second"], "both", name="join")]
    return {"__default__": Pipeline(nodes)}
"""
_DATASETS = """
import os
import signal
from pathlib import Path

from kedro_datasets.json import JSONDataset


class KilledOnce(JSONDataset):
    def save(self, data):
        if not Path("killed").exists():
            Path("killed").touch()
            torn = Path(self._get_save_path())
            torn.parent.mkdir(parents=True)
            torn.write_text('"sec')
            os.kill(os.getpid(), signal.SIGKILL)
        JSONDataset.save.__wrapped__(self, data)
"""
_CATALOG = """
first: {type: json.JSONDataset, filepath: data/first.json, versioned: true}
second: {type: a_project.datasets.KilledOnce, filepath: data/second.json, versioned: true}
both: {type: json.JSONDataset, filepath: data/both.json, versioned: true}
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    """A project of two jobs, the first of which is killed once."""
    conf = {
        "base/catalog.yml": _CATALOG,
        "base/aws_batch.yml": f"{TARGET}attempts: 2\naccept: [versioned_boundary]\ndatasets: {{second: shared}}\n",
    }
    return write_project(tmp_path / "project", registry=_REGISTRY, conf=conf, datasets=_DATASETS)


def outputs(folder: Path) -> dict[str, object]:
    files = [*folder.glob("data/*/*/*.json")]
    assert len({file.parent.name for file in files}) == 1
    return {file.stem: json.loads(file.read_text()) for file in files}


def test_the_next_attempt_removes_what_the_killed_one_saved_and_the_run_ends_well(folder):
    assert kedro_batch("compile", "-o", "plan.yaml", cwd=folder).code == 0
    ended = kedro_batch("apply", "plan.yaml", "--local", "--run-id", "nightly", cwd=folder)
    assert ended.code == 0, ended.text
    assert (folder / "killed").exists()
    assert outputs(folder) == {"first": "first", "second": "second", "both": ["first", "second"]}
    log = (folder / ".kedro-batch" / "runs" / "nightly" / "logs" / "make.1.2.log").read_text()
    assert "submission 1, attempt 2" in log
    assert re.findall(r"removed what an earlier attempt saved as (\w+): ", log) == ["first", "second"]


def test_resume_does_so_too(folder):
    settings = folder / "conf" / "base" / "aws_batch.yml"
    settings.write_text(settings.read_text().replace("attempts: 2", "attempts: 1"))
    assert kedro_batch("compile", "-o", "plan.yaml", cwd=folder).code == 0
    killed = kedro_batch("apply", "plan.yaml", "--local", "--run-id", "nightly", cwd=folder)
    assert killed.code == 6
    (torn,) = folder.glob("data/second.json/*/second.json")
    assert torn.read_text() == '"sec'
    resumed = kedro_batch("resume", "nightly", cwd=folder)
    assert resumed.code == 0, resumed.text
    assert outputs(folder) == {"first": "first", "second": "second", "both": ["first", "second"]}
