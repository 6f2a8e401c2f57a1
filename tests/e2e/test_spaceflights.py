"""The main job on real input: the raw tables of Kedro's spaceflights tutorial, compiled and applied for real."""

import json
import os
import shutil
from pathlib import Path

import pytest

from kedro_batch.plan.submit_job import TAG_JOB
from tests.support.command_line import BIN, kedro_batch, run
from tests.support.projects import KEDRO_VERSION

HERE = Path(__file__).parent.parent
DATA = Path(os.environ.get("SPACEFLIGHTS_DATA", HERE.parent.parent / "shared" / "data" / "spaceflights"))
TABLES = ("companies.csv", "reviews.csv", "shuttles.xlsx")
GOLDEN = HERE / "golden" / "plans" / "spaceflights.yaml"

pytestmark = [
    pytest.mark.skipif(
        not all((DATA / table).is_file() for table in TABLES),
        reason=f"the tutorial's raw tables are not in {DATA}; SPACEFLIGHTS_DATA names another folder",
    ),
    pytest.mark.xdist_group("aws"),
]


@pytest.fixture(scope="module")
def spaceflights(tmp_path_factory) -> Path:
    project: Path = tmp_path_factory.mktemp("spaceflights") / "project"
    shutil.copytree(HERE / "projects" / "spaceflights", project)
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"1.0.0"', f'"{KEDRO_VERSION}"'))
    (project / "conf" / "local").mkdir(exist_ok=True)
    raw = project / "data" / "01_raw"
    raw.mkdir(parents=True)
    for table in TABLES:
        (raw / table).symlink_to(DATA / table)
    ended = kedro_batch("compile", "--env=aws_batch", "-o", "plan.yaml", cwd=project)
    assert ended.code == 0, ended.err
    return project


def results(project: Path) -> dict[str, dict[str, float]]:
    return {file.name: json.loads(file.read_text()) for file in (project / "data" / "08_reporting").glob("*.json")}


def test_the_plan_is_the_golden_one_byte_by_byte(spaceflights):
    plan = (spaceflights / "plan.yaml").read_bytes()
    version = next(line for line in plan.splitlines() if line.startswith(b"kedro_version:"))
    assert plan.replace(version, b'kedro_version: "1.7.0"') == GOLDEN.read_bytes()


@pytest.mark.long
def test_on_this_machine_it_gives_what_one_kedro_run_gives(spaceflights, tmp_path):
    applied = kedro_batch("apply", "plan.yaml", "--local", cwd=spaceflights)
    assert applied.code == 0, applied.text
    assert ": 7 jobs, 7 succeeded\n" in applied.text
    plain = tmp_path / "plain"
    shutil.copytree(spaceflights, plain, symlinks=True, ignore=shutil.ignore_patterns("0[2-8]*", ".kedro-batch"))
    ended = run([str(BIN / "kedro"), "run", "--env=aws_batch"], cwd=plain)
    assert ended.code == 0, ended.err
    ours = results(spaceflights)
    assert ours == results(plain)
    assert set(ours) == {"metrics.json", "capacity_report.json"}
    assert 0.3 < ours["metrics.json"]["r2"] < 0.7


@pytest.mark.long
def test_through_boto3_every_job_is_sent_to_batch(spaceflights, moto_server):
    moto_server.prepare("spaceflights_queue", "kedro_run")
    applied = kedro_batch("apply", "plan.yaml", cwd=spaceflights, env=moto_server.environment)
    assert applied.code == 0, applied.err
    sent = {request["tags"][TAG_JOB]: request for request in moto_server.asked("submitjob")}
    # Jobs that do not wait for each other are sent side by side.
    assert sorted(sent) == sorted(
        line.split()[-1] for line in GOLDEN.read_text().splitlines() if line.startswith("  - name")
    )
    assert sent["train_model_node"]["containerOverrides"]["command"] == [
        "kedro",
        "run",
        "--env=aws_batch",
        "--nodes=train_model_node",
    ]
    # Parents that are known to have succeeded are left out, and moto's jobs succeed at once.
    assert len(sent["create_model_input_table_node"].get("dependsOn", ())) <= 2
    assert {request["tags"]["team"] for request in sent.values()} == {"flights"}
