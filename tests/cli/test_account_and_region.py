"""A plan that names its account or region is not carried out elsewhere, and a command that is refused leaves no run."""

from pathlib import Path

import pytest

from tests.support.forked import kedro_batch, on
from tests.support.plans import write_plan
from tests.support.runs import end_of, read_until, recorded, started, wait_until
from tests.support.services import standin

HERE, OTHER = "123456789012", "999999999999"
JOBS = {"a": ["x"], "b": ["y"]}


def write_pinned(folder: Path, **header: str) -> None:
    write_plan(folder, JOBS, header=header)


def test_the_account_of_the_plan_is_that_of_the_credentials_and_the_run_says_where_it_is(tmp_path):
    write_pinned(tmp_path, account=HERE, region="us-east-1")
    with standin(deny=["DescribeJobQueues"]) as service:
        ended = on(service, "apply", "plan.yaml", "--json", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert len(service.asked("getcalleridentity")) == 1
    begun = ended.events[0]
    assert (begun["event"], begun["account"], begun["region"]) == ("run_started", HERE, "us-east-1")
    assert ended.events[1]["event"] == "notice"  # what was noticed before it


def test_without_an_account_in_the_plan_nobody_asks_sts_and_the_queues_tell(tmp_path):
    write_plan(tmp_path, JOBS)
    with standin() as service:
        ended = on(service, "apply", "plan.yaml", "--json", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert service.asked("getcalleridentity") == []
    assert (ended.events[0]["account"], ended.events[0]["region"]) == (HERE, "us-east-1")


def test_credentials_of_another_account_send_nothing(tmp_path):
    write_pinned(tmp_path, account=OTHER)
    with standin() as service:
        ended = on(service, "apply", "plan.yaml", cwd=tmp_path)
        assert service.verdict()["calls"] == {"getcalleridentity": 1}
    assert (ended.code, ended.text) == (5, "")
    arn = f"arn:aws:sts::{HERE}:assumed-role/deploy/me"
    assert (
        f"the plan is for account {OTHER}, and your credentials are of account {HERE} ({arn}): nothing was sent. "
        f"Choose credentials of {OTHER} with AWS_PROFILE; or, if the plan is for {HERE}, change `account` in "
    ) in ended.err
    assert recorded(tmp_path) == ()
    assert not list(tmp_path.glob(".kedro-batch/runs/*"))


@pytest.mark.xdist_group("aws")
def test_moto_says_whose_credentials_they_are(tmp_path, moto_server):
    moto_server.prepare("a_queue", "a_definition")
    for account, code in ((HERE, 0), (OTHER, 5)):
        write_pinned(tmp_path, account=account)
        ended = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=moto_server.environment)
        assert ended.code == code, ended.err
    assert len(moto_server.asked("submitjob")) == len(JOBS)


@pytest.mark.parametrize(
    ("configuration", "env", "part"),
    [
        ({"deny": ["GetCallerIdentity"]}, {}, "AWS STS refused GetCallerIdentity: AccessDeniedException"),
        ({}, {"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9"}, "cannot call GetCallerIdentity: Could not connect"),
    ],
)
def test_an_account_that_nobody_can_tell_sends_nothing(tmp_path, configuration, env, part):
    write_pinned(tmp_path, account=HERE)
    with standin(**configuration) as service:
        env = {**service.environment, **env}
        ended = kedro_batch("apply", "plan.yaml", "--retry-for", "1s", cwd=tmp_path, env=env)
        assert service.asked("describejobqueues") == []
    assert (ended.code, ended.text) == (5, "")
    assert part in ended.err
    assert f"The plan is for account {HERE}, so the account is looked at first: nothing was sent. Allow" in ended.err
    assert recorded(tmp_path) == ()
    assert not list(tmp_path.glob(".kedro-batch/runs/*"))


def test_every_command_that_calls_aws_compares_the_account(tmp_path):
    write_pinned(tmp_path, account=HERE)
    with standin(run_s=600) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        before = recorded(tmp_path)
        service.configure(account=OTHER)
        calls = service.verdict()["calls"]
        for words in (["wait", "r"], ["cancel", "r"], ["resume", "r"], ["apply", "plan.yaml", "--run-id", "r"]):
            ended = on(service, *words, cwd=tmp_path)
            assert (ended.code, ended.text) == (5, "")
            assert f"run r is in account {HERE}, and your credentials are of account {OTHER}" in ended.err
            assert ended.err.endswith(f"nothing was sent. Choose credentials of {HERE} with AWS_PROFILE\n")
        assert {**service.verdict()["calls"], "getcalleridentity": 1} == calls
        assert recorded(tmp_path) == before


def test_the_region_of_the_plan_is_used_where_the_shell_names_none(tmp_path):
    write_pinned(tmp_path, region="eu-west-3")
    with standin() as service:
        environment = {name: value for name, value in service.environment.items() if name != "AWS_DEFAULT_REGION"}
        ended = kedro_batch(
            "apply", "plan.yaml", "--run-id", "r", "--json", cwd=tmp_path, env=environment, impatient=True
        )
        assert ended.code == 0, ended.err
        assert ended.events[0]["region"] == "eu-west-3"
        assert kedro_batch("wait", "r", cwd=tmp_path, env=environment).code == 0


@pytest.mark.parametrize("words", [["apply", "plan.yaml"], ["cancel", "r"]])
def test_a_shell_that_names_another_region_sends_nothing(tmp_path, words):
    write_pinned(tmp_path, region="eu-west-3")
    with standin() as service:
        elsewhere = {**service.environment, "AWS_DEFAULT_REGION": "eu-west-3"}
        if words[0] != "apply":
            assert (
                kedro_batch(
                    "apply", "plan.yaml", "--run-id", "r", "-q", cwd=tmp_path, env=elsewhere, impatient=True
                ).code
                == 0
            )
        calls = service.verdict()["calls"]
        ended = kedro_batch(*words, cwd=tmp_path, env=service.environment)
        assert service.verdict()["calls"] == calls
    assert (ended.code, ended.text) == (5, "")
    assert (
        "the plan is for region eu-west-3, and yours is us-east-1: nothing was sent. Set AWS_DEFAULT_REGION=eu-west-3"
    ) in ended.err
    assert ("aws_batch.yml" in ended.err) == (words[0] == "apply")


@pytest.mark.parametrize(("account", "code"), [(OTHER, 5), (HERE, 0)])
def test_new_credentials_are_of_the_account_of_the_plan_or_nothing_more_is_submitted(tmp_path, account, code):
    write_pinned(tmp_path, account=HERE)
    with standin() as service:
        with started("apply", "plan.yaml", "--rate", "0.7", "--run-id", "r", cwd=tmp_path, service=service) as process:
            wait_until(lambda: service.asked("submitjob"), process)
            service.configure(expired=[[0.0, 1e6]], renewed=True, account=account)
            if account == HERE:
                read_until(process, "Trying again for up to 1 h 0 min; jobs on AWS Batch go on meanwhile")
                service.configure(expired=[])
            ended = end_of(process)
        taken = service.verdict()["taken"]
    assert ended.code == code, ended.err
    assert taken == (2 if code == 0 else 1)
    if code:
        said = f"the plan is for account {HERE}, and your new credentials are of account {OTHER}"
        assert said in ended.err
        assert "nothing more is sent. Choose credentials of" in ended.err


# A first apply that is refused leaves no run


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"queues": []}, []),
        ({"definitions": {}}, ["--run-id", "r"]),
        ({"deny": ["ListJobs"]}, []),
        ({"deny": ["SubmitJob"]}, []),
        ({"deny": ["SubmitJob"]}, ["--run-id", "r"]),
    ],
)
def test_a_first_apply_that_is_refused_leaves_no_run(tmp_path, configuration, words):
    write_plan(tmp_path, JOBS)
    with standin(**configuration) as service:
        ended = on(service, "apply", "plan.yaml", *words, cwd=tmp_path)
        assert service.verdict()["taken"] == 0
    assert (ended.code, ended.text) == (5, "")
    assert recorded(tmp_path) == ()
    assert not list(tmp_path.glob(".kedro-batch/runs/*"))


def test_a_run_that_is_continued_and_refused_is_as_it_was(tmp_path):
    write_plan(tmp_path, JOBS)
    with standin(fail={"a": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        before = recorded(tmp_path)
        service.configure(queues=[])
        for words in (["apply", "plan.yaml", "--run-id", "r"], ["resume", "r"]):
            ended = on(service, *words, cwd=tmp_path)
            assert (ended.code, ended.text) == (5, "")
            assert recorded(tmp_path) == before
