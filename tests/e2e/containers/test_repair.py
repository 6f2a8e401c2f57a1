"""A node fails in its container, is repaired, and the run goes on with a new image, by name or by digest."""

import time

import pytest

from tests.e2e.containers.walk import NODES, uploads

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("containers")]

DEFINITION = "made_by_hand"
TABLES = ("data/05_model_input/train.csv", "data/05_model_input/test.csv")
SOUND = "    predicted = model.predict(test[features])\n"
BROKEN = f'{SOUND}    raise ValueError("the moon is out of reach")\n'


def register(walk, account, image: str) -> int:
    """Register a revision as somebody does who keeps definitions outside of the plan."""
    declared = walk.settings("aws_batch")["job_definition"]
    resources = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}]
    reply = account.client("batch").register_job_definition(
        jobDefinitionName=DEFINITION,
        type="container",
        platformCapabilities=["FARGATE"],
        # Without log options: moto writes every log to /aws/batch/job, whatever the definition says.
        containerProperties={
            "image": image,
            "command": ["kedro", "info"],
            "resourceRequirements": resources,
            "jobRoleArn": declared["job_role"],
            "executionRoleArn": declared["execution_role"],
        },
    )
    return int(reply["revision"])


def test_a_repaired_node_goes_on_with_a_new_image_of_a_definition_that_is_only_named(road, account, record_property):
    walk = road.walk
    walk.adds_environment("by_name", job_definition=DEFINITION)
    catalog = (walk.project / "conf/aws_batch/catalog_kedro_batch.yml").read_text()
    walk.adds("conf/by_name/catalog.yml", catalog.replace("/aws_batch/", "/by_name/"))
    uploads(walk, "by_name", {path: road.expected[path] for path in TABLES})
    walk.edits(NODES, SOUND, BROKEN)
    register(walk, account, walk.pushes_image("Break a node"))
    nodes = "data_science.train_model,data_science.evaluate_model"
    walk.types("compile", "--env", "by_name", "--nodes", nodes, "-o", "by_name.yaml")

    begun = time.monotonic()
    failed = walk.types("apply", "by_name.yaml", "--run-id", "by-name", code=6)
    assert ": 2 jobs, 1 succeeded, 1 failed" in failed.text
    assert "ValueError: the moon is out of reach" in failed.text
    assert sorted(account.stored("by_name")) == sorted([*TABLES, "data/06_models/price_model.pkl"])
    seconds = time.monotonic() - begun

    walk.edits(NODES, BROKEN, SOUND)
    revision = register(walk, account, walk.pushes_image("Repair the node"))
    undecided = walk.types("resume", "by-name", code=2)
    assert f"{DEFINITION}:{revision}" in undecided.err
    begun = time.monotonic()
    resumed = walk.types("resume", "by-name", "--new-definitions")
    assert ": 2 jobs, 2 succeeded" in resumed.text
    score = "data/08_reporting/score.json"
    assert account.stored("by_name")[score] == road.expected[score]
    sent = account.client("batch").list_jobs(jobQueue=walk.plan("by_name.yaml")["defaults"]["job_queue"])
    names = [one["jobName"] for one in sent["jobSummaryList"] if one["jobName"].startswith("by-name_")]
    # What had succeeded is not run again.
    assert sorted(name.rpartition("-")[2] for name in names) == [
        "evaluate_model_1",
        "evaluate_model_2",
        "train_model_1",
    ]
    seconds += time.monotonic() - begun
    record_property("figures", f"2 jobs, one of them failed, repaired and resumed with a new image: {seconds:.0f} s")


def test_a_repaired_node_goes_on_with_a_new_image_by_its_digest_in_a_new_plan(road, account, record_property):
    walk = road.walk
    walk.adds_environment("by_digest")
    catalog = (walk.project / "conf/aws_batch/catalog_kedro_batch.yml").read_text()
    walk.adds("conf/by_digest/catalog.yml", catalog.replace("/aws_batch/", "/by_digest/"))
    uploads(walk, "by_digest", {path: road.expected[path] for path in TABLES})
    walk.edits(NODES, SOUND, BROKEN)
    selected = ("--env", "by_digest", "--nodes", "data_science.train_model,data_science.evaluate_model")
    broken = walk.pushes_image("Break a node again")
    walk.types("compile", *selected, "--image", broken, "-o", "broken.yaml")

    begun = time.monotonic()
    failed = walk.types("apply", "broken.yaml", "--run-id", "by-digest", code=6)
    assert ": 2 jobs, 1 succeeded, 1 failed" in failed.text
    walk.edits(NODES, BROKEN, SOUND)
    repaired = walk.pushes_image("Repair the node again")
    walk.types("compile", *selected, "--image", repaired, "-o", "repaired.yaml")
    resumed = walk.types("resume", "by-digest", "--new-plan", "repaired.yaml")
    assert f"{broken} -> {repaired}" in " ".join(resumed.err.split())
    assert ": 2 jobs, 2 succeeded" in resumed.text
    score = "data/08_reporting/score.json"
    assert account.stored("by_digest")[score] == road.expected[score]
    batch = account.client("batch")
    sent = batch.list_jobs(jobQueue=walk.plan("repaired.yaml")["defaults"]["job_queue"])["jobSummaryList"]
    names = {one["jobId"]: one["jobName"] for one in sent if one["jobName"].startswith("by-digest_")}
    images = {}
    for job in batch.describe_jobs(jobs=[*names])["jobs"]:
        definition = batch.describe_job_definitions(jobDefinitions=[job["jobDefinition"]])["jobDefinitions"][0]
        images[names[job["jobId"]].rpartition("-")[2]] = definition["containerProperties"]["image"]
    assert images == {"train_model_1": broken, "evaluate_model_1": broken, "evaluate_model_2": repaired}
    seconds = time.monotonic() - begun
    record_property(
        "figures", f"2 jobs, one of them failed, repaired by a new plan with another digest: {seconds:.0f} s"
    )
