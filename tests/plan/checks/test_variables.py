import pytest

from kedro_batch.plan.checks import check_plan
from kedro_batch.plan.model import Plan
from tests.support.plans import a_job

PAIR = {"name": "KEDRO_ENV", "value": "prod"}


def found(env, **given):
    return [(one.path[2:], one.message) for one in check_plan(Plan(jobs=(a_job(**given),), env=env))]


@pytest.mark.parametrize("name", ["KEDRO_BATCH_RUN_ID", "KEDRO_BATCH_JOB", "KEDRO_BATCH_JOURNAL", "KEDRO_BATCH_"])
def test_no_job_sets_a_variable_of_kedro_batch(name):
    ((path, message),) = found(None, environment={name: "x"})
    assert path == ("environment", name)
    assert message == "kedro-batch sets the variables that begin with KEDRO_BATCH_: give yours another name"


@pytest.mark.parametrize("name", ["KEDRO_BATCHES", "KEDRO_LOGGING_CONFIG", "MY_KEDRO_BATCH_RUN_ID"])
def test_names_that_only_look_like_it_are_free(name):
    assert found("prod", environment={name: "x"}) == []


def test_a_job_may_say_again_which_environment_the_plan_is_for():
    assert found("prod", environment={"KEDRO_ENV": "prod"}) == []
    assert found(None, environment={"KEDRO_ENV": "prod"}) == []  # by hand: nothing contradicts it
    ((path, message),) = found("base", environment={"KEDRO_ENV": "prod"})
    assert path == ("environment", "KEDRO_ENV")
    assert message.startswith("is 'prod', but the plan is for the environment 'base'")


@pytest.mark.parametrize(
    ("field", "structure"),
    [
        ("eksPropertiesOverride", {"podProperties": {"containers": [{"name": "main", "env": [PAIR]}]}}),
        ("ecsPropertiesOverride", {"taskProperties": [{"containers": [{"name": "main", "environment": [PAIR]}]}]}),
    ],
)
def test_what_a_container_states_is_checked_alike(field, structure):
    assert found("prod", submit={field: structure}) == []
    assert found(None, submit={field: structure}) == []
    ((path, message),) = found("base", submit={field: structure})
    assert path == ("submit", field)
    assert message.startswith("KEDRO_ENV: is 'prod', but the plan is for the environment 'base'")
