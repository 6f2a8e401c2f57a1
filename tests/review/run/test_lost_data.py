import pytest

from kedro_batch.plan.model import JobName, Plan
from kedro_batch.review.run.lost_data import LostDataFinder
from kedro_batch.submitter.job_state import JobRecord, JobState
from tests.support.plans import a_job

READ = JobName("read")
PLAN = Plan(
    jobs=(
        a_job("one", writes=("table@spark",)),
        a_job("two", writes=("model", "report")),
        a_job("read", depends_on=(JobName("one"), JobName("two")), reads=("model", "raw", "table@pandas")),
    )
)
DONE = {JobName(name): JobRecord(state=JobState.SUCCEEDED) for name in ("one", "two")}
GONE = "FileNotFoundError: [Errno 2] No such file or directory: '/app/data/x.csv'"


def found(*log: str, plan: Plan = PLAN, records: dict[JobName, JobRecord] | None = None) -> object:
    lost = LostDataFinder(plan, DONE if records is None else records).find(READ, log)
    return lost and (lost.datasets, lost.writers)


@pytest.mark.parametrize(
    "line",
    [
        "INFO  Loading data from model (PickleDataset)...",
        "INFO  Loading data from 'model' (PickleDataset)...",
        "2026-11-30 - INFO - Loading data from [dark_orange]model[/dark_orange] (PickleDataset)...",
    ],
)
def test_it_is_the_dataset_that_was_loaded_last(line):
    assert found("Loading data from table@pandas (CSVDataset)...", line, GONE) == (("model",), ("two",))


def test_a_dataset_has_one_writer_whatever_its_transcoding():
    assert found("Loading data from table@pandas (CSVDataset)...", GONE) == (("table",), ("one",))


def test_or_the_one_whose_name_the_path_has():
    gone = "No such file or directory: '/data/model.pickle/2026-11-30T00.00.00.000Z/model.pickle'"
    assert found("DatasetError: Failed while loading data from CSVDataset(...)", gone) == (("model",), ("two",))


@pytest.mark.parametrize(
    "log",
    [
        ("Loading data from model (PickleDataset)...", "PermissionError: [Errno 13] Permission denied: '/app/x'"),
        ("Loading data from raw (CSVDataset)...", GONE),  # nobody in the run has written it
        (GONE,),  # it may be a file that a node opens by itself
        ("DatasetError: Failed while loading data from dataset CSVDataset(...)", GONE),  # it may be raw
        (),
    ],
)
def test_what_is_not_certain_is_not_said(log):
    assert found(*log) is None


def test_where_a_job_reads_only_what_the_run_wrote_all_of_it_may_be_gone():
    jobs = (*PLAN.jobs[:2], a_job("read", reads=("model", "table@pandas")))
    log = ("DatasetError: Failed while loading data from dataset CSVDataset(...)", GONE)
    assert found(*log, plan=Plan(jobs=jobs)) == (("model", "table"), ("one", "two"))


def test_who_has_not_written_it_in_this_run_is_not_named():
    assert found("Loading data from model (PickleDataset)...", GONE, records={}) is None


def test_only_the_beginning_of_a_long_line_is_looked_at():
    assert found("No such file or directory: " + "a" * 1_000_000 + "/data/model.pickle") is None
