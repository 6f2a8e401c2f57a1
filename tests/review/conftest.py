"""The corpus of edits, compiled once for all the workers of a test run."""

import fcntl
import json
from pathlib import Path

import pytest

from kedro_batch.plan.model import Plan
from tests.review.edits.compiling import compile_corpus, read_corpus


@pytest.fixture(scope="session")
def plan_files(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> dict[str, tuple[str, str]]:
    """The plan file before and after each edit: the first worker that asks compiles them, the others wait for it."""
    own = tmp_path_factory.getbasetemp()
    folder = own if worker_id == "master" else own.parent  # which all workers share
    file = folder / "plans_of_edits.json"
    with Path(f"{file}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_text(json.dumps(compile_corpus()))
    return {name: (before, after) for name, (before, after) in json.loads(file.read_text()).items()}


@pytest.fixture(scope="session")
def plans(plan_files: dict[str, tuple[str, str]]) -> dict[str, tuple[Plan, Plan]]:
    """The plan before and after each edit."""
    return read_corpus(plan_files)
