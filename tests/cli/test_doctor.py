"""``kedro-batch doctor``, over HTTP against moto's server and the stand-in."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.support.forked import kedro_batch
from tests.support.in_between import PAGE, in_between
from tests.support.plans import write_plan
from tests.support.services import standin

pytestmark = pytest.mark.xdist_group("aws")  # one moto server for all of them

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "doctor.schema.json").read_text())
READING = ("describe", "list", "get", "head", "simulate")


def doctor(service, folder, *words, **variables):
    """Run the command; no service but the stand-in is reached. A variable that is None is not set."""
    env = {**service.environment, "AWS_ENDPOINT_URL": service.url, **variables}
    return kedro_batch("doctor", *words, cwd=folder, env={name: env[name] for name in env if env[name] is not None})


def statuses(ended):
    """Give the checks of a JSON document by their status."""
    document = json.loads(ended.text)
    Draft202012Validator(SCHEMA).validate(document)
    found: dict[str, list[str]] = {"pass": [], "warning": [], "failure": [], "skipped": []}
    for one in document["findings"]:
        found[one["status"]].append(one["check"])
    assert document["counts"] == {status: len(checks) for status, checks in found.items()}
    return found


def test_everything_is_there_and_nothing_is_changed(tmp_path):
    write_plan(tmp_path, {"a": ["x"]}, defaults={"resources": {"vcpus": 2}})
    with standin() as service:
        ended = doctor(service, tmp_path, "plan.yaml")
        calls = set(service.verdict()["calls"])
    assert ended.code == 0, ended.err
    assert "ok           job queue 'a_queue' is ENABLED and takes jobs\n" in ended.text
    assert "ok           account 123456789012 is used, as arn:aws:sts::123456789012:assumed-role/" in ended.text
    assert "have up to 256 vCPUs, and a job needs 2 at most\n" in ended.text
    assert "not checked  buckets and packages are not in a plan\n" in ended.text
    assert ended.text.splitlines()[-1].endswith("1 not checked")
    assert ended.err == ""
    assert all(call.startswith(READING) for call in calls), calls


def test_moto_as_the_account_and_json(tmp_path, moto_server):
    moto_server.prepare("a_queue", "a_definition")
    write_plan(tmp_path, {"a": ["x"]})
    ended = kedro_batch("doctor", "plan.yaml", "--json", cwd=tmp_path, env=moto_server.environment)
    assert ended.code == 0, ended.err
    found = statuses(ended)
    assert not found["failure"]
    assert {"region", "credentials", "job_queue", "compute_environments", "job_definition"} <= set(found["pass"])
    document = json.loads(ended.text)
    assert (document["plan"], document["account"], document["region"]) == ("plan.yaml", "123456789012", "us-east-1")


def test_failures_end_with_5_and_each_has_a_remedy(tmp_path):
    write_plan(tmp_path, {"a": ["x"]}, defaults={"job_queue": "a_qeue", "share_identifier": "x"})
    with standin(queues=["a_queue"]) as service:
        shown = doctor(service, tmp_path, "plan.yaml")
        quiet = doctor(service, tmp_path, "plan.yaml", "-q")
        ended = doctor(service, tmp_path, "plan.yaml", "--json")
    assert [shown.code, quiet.code, ended.code] == [5, 5, 5]
    line = (
        "failure      job queue 'a_qeue' does not exist in account 123456789012, us-east-1. Did you mean 'a_queue'?\n"
        "             Set job_queue in aws_batch.yml to a queue of this account and region, and compile again\n"
    )
    assert line in shown.text
    assert quiet.text.startswith(line)
    assert len(quiet.text.splitlines()) == 3
    assert shown.err == "Error: 1 check failed\n"
    assert statuses(ended)["failure"] == ["job_queue"]


@pytest.mark.parametrize(
    ("account", "check"),
    [
        ({"deny": ["DescribeJobQueues"]}, "job_queue"),
        ({"deny": ["DescribeComputeEnvironments"]}, "compute_environments"),
        ({"deny": ["DescribeJobDefinitions"]}, "job_definition"),
        ({"deny": ["GetCallerIdentity"]}, "credentials"),
        ({"absent": ["DescribeComputeEnvironments"]}, "compute_environments"),
        ({"absent": ["GetCallerIdentity"]}, "credentials"),
    ],
)
def test_what_may_not_be_looked_at_is_a_warning(tmp_path, account, check):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(**account) as service:
        ended = doctor(service, tmp_path, "plan.yaml", "--json")
    found = statuses(ended)
    assert (ended.code, found["warning"], found["failure"]) == (0, [check], [])


@pytest.mark.parametrize(
    ("account", "variables", "plan", "expected"),
    [
        ({}, {"AWS_DEFAULT_REGION": ""}, {}, ("region", "region is not set")),
        ({}, {"AWS_DEFAULT_REGION": None}, {}, ("region", "region is not set")),
        (
            {},
            {"AWS_DEFAULT_REGION": "us east 1"},
            {},
            ("region", "region 'us east 1' is none. Did you mean 'us-east-1'"),
        ),
        (
            {},
            {"AWS_DEFAULT_REGION": "us-esat-1"},
            {},
            ("region", "region 'us-esat-1' is none. Did you mean '"),
        ),
        ({}, {}, {"region": "eu-west-1"}, ("region", "region us-east-1 is not that of the plan: eu-west-1")),
        ({}, {"AWS_PROFILE": "nobody"}, {}, ("region", "The config profile (nobody) could not be found")),
        ({"expired": [[0, 3600]]}, {}, {}, ("credentials", "ExpiredTokenException")),
        (
            {},
            {"AWS_SHARED_CREDENTIALS_FILE": "none"},
            {},
            ("credentials", "Unable to locate credentials"),
        ),
        ({}, {}, {"account": "210987654321"}, ("credentials", "account 123456789012 is not that of the plan")),
        ({"absent": ["GetCallerIdentity"]}, {}, {"account": "210987654321"}, ("credentials", "credentials fail")),
    ],
)
def test_without_the_right_credentials_nothing_else_is_asked(tmp_path, account, variables, plan, expected):
    check, said = expected
    file = write_plan(tmp_path, {"a": ["x"]})
    file.write_text(json.dumps({**json.loads(file.read_text()), **plan}))
    with standin(**account) as service:
        ended = doctor(service, tmp_path, "plan.yaml", **variables)
        asked_json = doctor(service, tmp_path, "plan.yaml", "--json", **variables)
        assert service.asked("describejobqueues") == []
    assert (ended.code, asked_json.code) == (5, 5)
    assert said in ended.text
    found = statuses(asked_json)
    assert found["failure"] == [check]
    assert "targets" in found["skipped"]
    assert not found["warning"]


@pytest.mark.parametrize("region", [None, ""])
def test_a_region_that_only_the_plan_names_is_used(tmp_path, region):
    file = write_plan(tmp_path, {"a": ["x"]})
    file.write_text(json.dumps({**json.loads(file.read_text()), "region": "us-east-1", "account": "123456789012"}))
    with standin() as service:
        ended = doctor(service, tmp_path, "plan.yaml", AWS_DEFAULT_REGION=region)
        env = {**service.environment, "AWS_DEFAULT_REGION": region or ""}
        applied = kedro_batch("apply", "plan.yaml", "--detach", cwd=tmp_path, env=env)
    assert (ended.code, applied.code) == (0, 0), applied.err
    assert "region us-east-1 is that of the plan" in ended.text


def test_a_service_that_cannot_be_reached_is_one_failure(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        ended = doctor(service, tmp_path, "plan.yaml", "--json", AWS_ENDPOINT_URL_BATCH="http://127.0.0.1:9")
    found = statuses(ended)
    assert (ended.code, found["failure"]) == (5, ["job_queue"])
    assert "job_definition" in found["skipped"]


def test_what_does_not_need_batch_is_checked_without_it(project, aws_account):
    role = "arn:aws:iam::123456789012:role/nobody"
    definition = f"{{name: d, image: busybox, job_role: '{role}', log_group: /team/x}}"
    settings = f"job_queue: a_queue\njob_definition: {definition}\nresources: {{vcpus: 1, memory_mib: 100}}\n"
    (project / "conf" / "base" / "aws_batch.yml").write_text(settings)
    env = {**aws_account.environment, "AWS_ENDPOINT_URL_BATCH": "http://127.0.0.1:9"}
    found = statuses(kedro_batch("doctor", "--json", cwd=project, env=env))
    assert found["failure"] == ["job_queue", "role", "log_group"]
    assert "image" in found["skipped"]
    offline = statuses(kedro_batch("doctor", "--json", cwd=project, env={**env, "AWS_DEFAULT_REGION": ""}))
    assert offline["failure"] == ["region"]
    assert "packages" in {check for checks in offline.values() for check in checks}


def test_what_is_known_of_queues_is_not_lost_with_definitions(tmp_path):
    write_plan(tmp_path, {"a": ["x"]}, defaults={"job_queue": "a_qeue"})
    with standin(faulty=["DescribeJobDefinitions"], error_before=1) as service:
        ended = doctor(service, tmp_path, "plan.yaml", "--json")
        tries = len(service.ledger("describejobdefinitions"))
    assert statuses(ended)["failure"] == ["job_definition", "job_queue"]
    assert tries <= 2  # one call, that boto3 repeats


def test_a_project_around_a_plan_that_does_not_compile_is_said_why(project):
    (project / "plan.yaml").write_bytes(kedro_batch("compile", cwd=project).out)
    with (project / "conf" / "base" / "aws_batch.yml").open("a") as settings:
        settings.write("\nfoo: 1\n")
    with standin() as service:
        ended = doctor(service, project, "plan.yaml")
    assert ended.code == 0
    assert "are not checked, since the project here does not compile: " in ended.text
    assert "foo" in ended.text
    assert "Run kedro-batch doctor without a plan" not in ended.text


def test_a_service_that_lacks_what_a_run_needs_is_a_failure(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(absent=["DescribeJobQueues"]) as service:
        ended = doctor(service, tmp_path, "plan.yaml", "--json")
    assert (ended.code, statuses(ended)["failure"]) == (5, ["job_queue"])


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 407, 503])
@pytest.mark.parametrize(
    ("content", "kind"), [(PAGE, "text/html"), ('{"message": "no", "code": 404}', "application/json")]
)
def test_what_is_not_aws_is_nobodys_refusal(tmp_path, status, content, kind):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service, in_between(status, content, kind) as url:
        ended = doctor(service, tmp_path, "plan.yaml", AWS_ENDPOINT_URL_BATCH=url)
    assert ended.code == 5
    assert "the endpoint is really that of AWS Batch" in ended.text
    for said in ("Log in", "Allow", "refused"):
        assert said not in ended.text


def test_the_clock_is_not_read_from_what_is_not_aws(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service, in_between(403, date="Thu, 01 Jan 2015 00:00:00 GMT") as url:
        ended = doctor(service, tmp_path, "plan.yaml", "--json", AWS_ENDPOINT_URL_STS=url)
    found = statuses(ended)
    assert "clock" not in (*found["failure"], *found["warning"], *found["pass"])
    assert found["warning"] == ["credentials"]


def test_a_role_that_may_not_be_assumed_gives_no_credentials(tmp_path, aws_account):
    write_plan(tmp_path, {"a": ["x"]})
    aws_account.forbidden = {"AssumeRole"}
    (tmp_path / "config").write_text(
        "[profile dep]\nrole_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = base\nregion = us-east-1\n"
        "[profile base]\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    keys = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    profile = {**keys, "AWS_CONFIG_FILE": "config", "AWS_PROFILE": "dep", "AWS_ENDPOINT_URL_STS": aws_account.url}
    with standin() as service:
        ended = doctor(service, tmp_path, "plan.yaml", **profile)
        env = {name: value for name, value in {**service.environment, **profile}.items() if value}
        applied = kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=env)
        assert service.verdict()["calls"] == {}
    assert (ended.code, applied.code) == (5, 5)
    for said in (ended.text, applied.err):
        assert "since AssumeRole was refused: AccessDenied" in said
        assert "Let the profile assume its role" in said
        assert "ListJobs" not in said


@pytest.mark.parametrize("variables", [{"AWS_PROFILE": "nobody"}, {"AWS_CONFIG_FILE": "wrong"}])
def test_offline_commands_do_not_read_the_configuration_of_aws(project, variables):
    settings = "job_queue: a_queue\njob_definition: {name: d, image: busybox}\nresources: {vcpus: 1, memory_mib: 100}\n"
    (project / "conf" / "base" / "aws_batch.yml").write_text(f"{settings}submit: {{propagateTags: true}}\n")
    (project / "wrong").write_text("[profile a\n")
    commands = (["compile", "-o", "plan.yaml"], ["validate", "plan.yaml"], ["show", "plan.yaml"])
    for words in (*commands, ["diff", "plan.yaml", "plan.yaml"]):
        ended = kedro_batch(*words, cwd=project, env=variables)
        assert ended.code == 0, (words, ended.err)
    ended = kedro_batch("doctor", cwd=project, env={**variables, "AWS_DEFAULT_REGION": "us-east-1"})
    applied = kedro_batch("apply", "plan.yaml", cwd=project, env={**variables, "AWS_DEFAULT_REGION": "us-east-1"})
    assert (ended.code, applied.code) == (5, 2)
    assert "failure      region cannot be checked: cannot set up the client: " in ended.text
    assert "Traceback" not in applied.err


def test_without_a_plan_the_project_is_compiled_and_checked_too(project):
    with standin() as service:
        ended = doctor(service, project, "--json")
        of_half = doctor(service, project, "--pipelines=half", "--json")
        of_plan = doctor(service, project, "--json", "nowhere.yaml")
    assert ended.code == of_half.code == 0, ended.text
    document = json.loads(ended.text)
    assert document["plan"] is None
    assert document["digest"] != json.loads(of_half.text)["digest"]
    assert "packages" in {one["check"] for one in document["findings"]}
    assert of_plan.code == 2
    assert not (project / "plan.yaml").exists()


def test_a_plan_in_its_project_is_checked_with_what_the_project_knows(project, tmp_path):
    (project / "plan.yaml").write_bytes(kedro_batch("compile", cwd=project).out)
    plan = (project / "plan.yaml").read_bytes()
    with standin() as service:
        inside = doctor(service, project, "plan.yaml")
        env = {**service.environment, "AWS_ENDPOINT_URL": service.url}
        outside = kedro_batch("doctor", "-", cwd=tmp_path, env=env, stdin=plan)
    assert inside.code == outside.code == 0
    assert "buckets and packages are not in a plan" in outside.text
    assert "buckets and packages are not in a plan" not in inside.text


def test_a_plan_or_a_project_that_is_refused_and_options_that_do_not_fit(project, tmp_path):
    (tmp_path / "wrong.yaml").write_text("schema: kedro-batch/plan/v1\njobs: []\n")
    (project / "conf" / "base" / "aws_batch.yml").write_text("job_queue: a_queue\n")
    plan = write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        for words, folder, code in (
            (["wrong.yaml"], tmp_path, 4),
            ([], project, 4),
            ([], tmp_path, 4),
            ([plan, "--tags=x"], tmp_path, 2),
        ):
            ended = doctor(service, folder, *words)
            assert (ended.code, ended.text) == (code, ""), ended.err
        as_json = doctor(service, tmp_path, "wrong.yaml", "--json")
        assert service.verdict()["calls"] == {}
    assert json.loads(as_json.text)["schema"] == "kedro-batch/diagnostics/v1"


def test_what_an_account_says_is_harmless_for_a_terminal(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(invalid_queues={"a_queue": "\x1b]0;title\x07 gone"}) as service:
        ended = doctor(service, tmp_path, "plan.yaml")
    assert ended.code == 5
    assert "\x1b" not in ended.text
    assert "title" not in ended.text
    assert "job queue 'a_queue' is INVALID: gone (account 123456789012, us-east-1)\n" in ended.text


@pytest.mark.parametrize(("memory_mib", "status"), [(7000, "pass"), (9000, "warning")])
def test_the_memory_of_machines_is_only_a_warning(tmp_path, moto_server, memory_mib, status):
    write_plan(tmp_path, {"a": ["x"]}, defaults={"resources": {"memory_mib": memory_mib}})
    machines = {"computeResources": {"type": "EC2", "maxvCpus": 8, "instanceTypes": ["m5.large"]}}
    moto_server.client("ec2").describe_instance_types(InstanceTypes=["m5.large"])  # at first, moto reads long files
    with standin(environments={"small": machines}) as service:
        url = moto_server.url
        ended = doctor(service, tmp_path, "plan.yaml", "--json", AWS_ENDPOINT_URL_EC2=url)
    assert ended.code == 0
    assert "instance_types" in statuses(ended)[status]
