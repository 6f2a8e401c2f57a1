"""With kedro-batch in the image, from this checkout's wheel, all that a run saves has one version."""

import re
import time

import pytest
import yaml

from tests.e2e.containers.conftest import GROUPINGS
from tests.e2e.containers.walk import RAW, entries, uploads

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("containers")]

BUCKET_FOLDER = "versioned"
JOBS = 6
OTHERS_VERSION = "2999-01-01T00.00.00.000Z"
# Ends the first submission of a job between its two saves, as an attempt that is killed there.
KILLED_BETWEEN_SAVES = '''
import os

from kedro.framework.hooks import hook_impl


class KilledBetweenSaves:
    """Ends the process before a job saves its second table for the first time."""

    @hook_impl
    def before_dataset_saved(self, dataset_name: str) -> None:
        """End it, as a signal would."""
        if dataset_name == "test_table" and os.environ.get("KEDRO_BATCH_SUBMISSION") == "1":
            os._exit(137)


HOOKS = (KilledBetweenSaves(),)
'''


def versioned_catalog(walk) -> str:
    """Return the project's catalog on S3, with versions of all that is written."""
    catalog = {
        name: {**entry, "filepath": f"s3://my-own-bucket/{BUCKET_FOLDER}/{entry['filepath']}", "versioned": True}
        for name, entry in entries(walk).items()
    }
    for name in ("companies", "shuttles"):
        del catalog[name]["versioned"]
    return yaml.safe_dump(catalog)


def test_all_versioned_outputs_of_a_run_have_one_version_a_repeated_submission_included(road, account, record_property):
    walk = road.walk
    walk.adds_environment("versioned", **GROUPINGS["aws_batch"])
    walk.adds("conf/versioned/catalog.yml", versioned_catalog(walk))
    uploads(walk, BUCKET_FOLDER, {path: road.expected[path] for path in RAW})
    walk.adds("src/spaceflights_demo/settings.py", KILLED_BETWEEN_SAVES)
    assert "versioned_boundary" in walk.types("compile", "--env", "versioned", "-o", "versioned.yaml").err
    walk.lists_kedro_batch()
    image = walk.pushes_image("Install kedro-batch")
    account.engine.docker("run", "--rm", image, "pip", "check")
    compiled = walk.types("compile", "--env", "versioned", "--image", image, "-o", "versioned.yaml")
    assert "versioned_boundary" not in compiled.err

    begun = time.monotonic()
    failed = walk.types("apply", "versioned.yaml", "--run-id", "one-version", code=6)
    assert "split_table" in failed.text
    written = {path: content for path, content in account.stored(BUCKET_FOLDER).items() if path not in RAW}
    torn = [path for path in written if path.startswith("data/05_model_input/")]
    assert [path.split("/")[2] for path in torn] == ["train.csv"]
    # Another run's data, which began later: the newest of all, and never read in this run.
    uploads(walk, BUCKET_FOLDER, {f"data/05_model_input/test.csv/{OTHERS_VERSION}/test.csv": b"not,of,this,run\n"})

    resumed = walk.types("resume", "one-version")
    assert f": {JOBS} jobs, {JOBS} succeeded" in resumed.text
    written = account.stored(BUCKET_FOLDER)
    found = {
        re.sub(r"/([^/]+)/([^/]+)/([^/]+)$", r"/\1", path): (path.split("/")[-2], content)
        for path, content in written.items()
        if path not in RAW and OTHERS_VERSION not in path
    }
    assert len({version for version, _ in found.values()}) == 1
    expected = {path: content for path, content in road.expected.items() if path not in RAW}
    assert {path: content for path, (_, content) in found.items()} == expected
    (version,) = {version for version, _ in found.values()}
    jobs = account.client("batch").list_jobs(
        jobQueue=walk.plan("versioned.yaml")["defaults"]["job_queue"],
        filters=[{"name": "JOB_NAME", "values": ["one-version_*"]}],
    )["jobSummaryList"]
    ids = [one["jobId"] for one in jobs if one["jobName"].startswith("one-version_")]
    told = account.client("batch").describe_jobs(jobs=ids)["jobs"]
    sent = [{one["name"]: one["value"] for one in job["container"]["environment"]} for job in told]
    assert {one["KEDRO_BATCH_VERSION"] for one in sent} == {version}
    # The job that was killed and the two below it were submitted once more.
    assert len(sent) == JOBS + 3
    record_property(
        "figures",
        f"{JOBS} jobs with kedro-batch in the image, one killed between two saves, resumed: "
        f"{time.monotonic() - begun:.0f} s, {len(found)} outputs of one version",
    )
