import pytest

from kedro_batch.data_versions.job_environment import (
    JobEnvironment,
    close_session,
    open_session,
    read_job_environment,
)
from kedro_batch.errors import JobRefused
from kedro_batch.plan.data_version import DataVersion
from tests.data_versions.jobs import OWN, variables


def test_a_job_is_read_from_its_variables():
    assert read_job_environment(variables(submission=2, attempt=3, reads=["a", "params:b"])) == JobEnvironment(
        run="a-run",
        job="a_job",
        submission=2,
        attempt=3,
        version=DataVersion(OWN),
        reads_from_run=frozenset({"a", "params:b"}),
    )


def test_all_that_a_job_loads_is_from_its_run_but_for_what_is_named():
    env = {**variables(), "KEDRO_BATCH_READS_FROM_RUN": '{"all_but": ["raw"]}'}
    job = read_job_environment(env)
    assert [job.loads_from_run(name) for name in ("raw", "raw@pandas", "a", "a@pandas")] == [False, False, True, True]
    open_session(env)
    assert not read_job_environment(env).loads_from_run("a")  # what a node loads is not in the plan


@pytest.mark.parametrize("number", ["", "one", "-1"])
def test_a_run_id_alone_is_enough(number):
    job = read_job_environment({"KEDRO_BATCH_RUN_ID": "a-run", "KEDRO_BATCH_SUBMISSION": number})
    assert job == JobEnvironment(run="a-run")
    assert not job.is_repeated


@pytest.mark.parametrize(
    "version",
    ["run-x", "2026-01-01", "2026-13-01T00.00.00.000Z", "../2026-01-01T00.00.00.000Z", ".", "٢٠٢٦-01-01T00.00.00.000Z"],
)
def test_a_version_that_is_no_time_is_refused(version):
    with pytest.raises(JobRefused, match=r"KEDRO_BATCH_VERSION is '.*', which is not a time such as 2026-"):
        read_job_environment(variables(version=version))


@pytest.mark.parametrize(
    "names", ["a", "{}", "[1]", '["a"', "null", '{"all_but": "a"}', '{"all_but": [1]}', '{"all_but": [], "b": []}']
)
def test_a_list_of_names_that_is_none_is_refused(names):
    with pytest.raises(
        JobRefused, match=r"KEDRO_BATCH_READS_FROM_RUN is '.*', which is neither a list of names in JSON nor an"
    ):
        read_job_environment({**variables(), "KEDRO_BATCH_READS_FROM_RUN": names})


def test_sessions_within_a_session_are_counted():
    env = variables()
    assert not read_job_environment(env).is_inside
    for _ in range(2):
        open_session(env)
        assert read_job_environment(env).is_inside
    close_session(env)
    assert read_job_environment(env).is_inside
    for _ in range(2):  # one too many: a hook may fail between the two
        close_session(env)
        assert env == variables()
