"""Kedro's own guide for AWS Batch, step by step, with today's names: its catalog, its parameters, and its command.

What the guide has its reader write beside these, a runner and a ``cli.py``, is what kedro-batch has instead.
"""

import pytest

from tests.support import forked
from tests.support.projects import write_project
from tests.support.services import standin

CATALOG = "".join(
    f"{name}:\n  type: {kind}\n  filepath: s3://a-bucket/{name}.{suffix}\n"
    for kind, suffix, names in (
        (
            "pandas.CSVDataset",
            "csv",
            "companies reviews preprocessed_companies preprocessed_shuttles model_input_table",
        ),
        ("pandas.ExcelDataset", "xlsx", "shuttles"),
        ("pickle.PickleDataset", "pickle", "X_train X_test y_train y_test regressor"),
    )
    for name in names.split()
)
CONF = {
    "base/aws_batch.yml": None,
    "base/catalog.yml": "",
    "aws_batch/catalog.yml": f"{CATALOG}  versioned: true\n",  # the regressor, which comes last
    "aws_batch/parameters.yml": """
        aws_batch:
          job_queue: "spaceflights_queue"
          job_definition: "kedro_run"
          max_workers: 2
        """,
}
REGISTRY = """
from kedro.pipeline import Pipeline, node


def work(*inputs):
    raise NotImplementedError


def register_pipelines():
    split = ["X_train", "X_test", "y_train", "y_test"]
    prepared = ["preprocessed_companies", "preprocessed_shuttles", "reviews"]
    return {
        "__default__": Pipeline(
            [
                node(work, "companies", "preprocessed_companies", name="preprocess_companies_node"),
                node(work, "shuttles", "preprocessed_shuttles", name="preprocess_shuttles_node"),
                node(work, prepared, "model_input_table", name="create_model_input_table_node"),
                node(work, "model_input_table", split, name="split_data_node"),
                node(work, ["X_train", "y_train"], "regressor", name="train_model_node"),
                node(work, ["regressor", "X_test", "y_test"], None, name="evaluate_model_node"),
            ]
        )
    }
"""
COMMAND = ("run", "--env=aws_batch", "--runner=kedro_batch.AWSBatchRunner")
AFTER = {
    "preprocess_companies_node": set(),
    "preprocess_shuttles_node": set(),
    "create_model_input_table_node": {"preprocess_companies_node", "preprocess_shuttles_node"},
    "split_data_node": {"create_model_input_table_node"},
    "train_model_node": {"split_data_node"},
    "evaluate_model_node": {"train_model_node"},  # and split_data_node, on which that depends
}
"""The nodes of the guide, each with those that have to have ended before it starts."""


@pytest.fixture
def guided(tmp_path):
    return write_project(tmp_path / "project", registry=REGISTRY, conf=CONF)


def assert_sent_once_and_in_order(service):
    """Each node is one job, and depends on each job before it that had not ended when it was sent."""
    sent = [(one["jobQueue"], *one["containerOverrides"]["command"]) for one in service.asked("submitjob")]
    assert sorted(sent) == sorted(
        ("spaceflights_queue", "kedro", "run", *COMMAND[1:2], f"--nodes={one}") for one in AFTER
    )
    batch = service.client("batch")
    ids = [
        one["jobId"] for one in batch.list_jobs(jobQueue="spaceflights_queue", jobStatus="SUCCEEDED")["jobSummaryList"]
    ]
    jobs = {
        one["container"]["command"][-1].removeprefix("--nodes="): one for one in batch.describe_jobs(jobs=ids)["jobs"]
    }
    for name, before in AFTER.items():
        waits_for = {one["jobId"] for one in jobs[name].get("dependsOn", ())}
        assert waits_for <= {jobs[one]["jobId"] for one in before}
        for one in before:
            assert jobs[one]["jobId"] in waits_for or jobs[one]["stoppedAt"] <= jobs[name]["createdAt"], (one, name)


@pytest.mark.xdist_group("aws")
def test_the_walk_through_sends_each_node_once_and_in_order(guided, moto_server):
    moto_server.prepare("spaceflights_queue", "kedro_run")
    ended = forked.kedro(moto_server, *COMMAND, cwd=guided)
    assert ended.code == 0, ended.err
    assert ": 6 jobs, 6 succeeded\n" in ended.text
    assert_sent_once_and_in_order(moto_server)


def test_two_workers_are_two_jobs_that_are_unfinished_at_once(guided):
    with standin(queues=["spaceflights_queue"], definitions={"kedro_run": 2}, run_s=0.3) as service:
        ended = forked.kedro(service, *COMMAND, cwd=guided)
        assert ended.code == 0, ended.err
        assert_sent_once_and_in_order(service)
        assert service.verdict(times=True)["most_unfinished"] == 2
    # Plans have no such limit.
    compiled = forked.kedro_batch("compile", "--env=aws_batch", cwd=guided)
    assert compiled.err.count("parameters.yml: aws_batch.max_workers: it is for kedro run --runner=") == 1
    assert "max_workers" not in compiled.text
