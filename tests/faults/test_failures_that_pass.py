"""Which failures pass: credentials of every kind, replies that are not of AWS, settings, limits, the first calls."""

import json
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha1

import pytest

from tests.support.few import few_quick
from tests.support.plans import write_plan
from tests.support.runs import end_of, on, read_until, started, states, wait_until
from tests.support.services import standin

APPLY = ("apply", "plan.yaml", "--run-id", "r")
WAITING = "Trying again for up to 1 h 0 min"
AGAIN = "AWS Batch answers again"
RENEWED = "credentials work again"
PAGE = "<html><head><title>Proxy login</title></head><body>Log in at <b>http://proxy.corp</b></body></html>"
DENIED = (403, "AccessDenied", "User: me is not authorized to perform: sts:AssumeRole")
NO_KEYS = {"AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_EC2_METADATA_DISABLED": "true"}


def credentials(minutes: float = 5) -> str:
    """Give what a credential_process prints. botocore asks again before each call if less than ten minutes are left."""
    until = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    keys = {"AccessKeyId": "testing", "SecretAccessKey": "testing", "SessionToken": "testing"}
    return json.dumps({"Version": 1, **keys, "Expiration": until})


GIVES = {
    "nothing": "cat /dev/null",
    "no JSON": "echo Please log in",
    "expired": f"echo '{credentials(-60)}'",
    "exit 1": "echo token has expired >&2; exit 1",
    "no keys": """echo '{"Version": 1}'""",
    "bytes": "printf '\\377\\376'",
}
"""What a credential_process does that has no credentials."""


@contextmanager
def of_a_process(folder, service):
    """Let credentials come from a program; yield what writes what it does. ``aws`` there lets it give credentials."""

    def does(what: str) -> None:
        script = folder / "next"
        script.write_text(f"#!/bin/sh\n{what}\n")
        script.chmod(0o755)
        script.rename(folder / "credentials")

    config = folder / "config"
    config.write_text(f"[default]\ncredential_process = {folder}/credentials\n")
    aws = folder / "aws"
    aws.write_text(f"#!{sys.executable}\nimport os\nos.rename('{folder}/after-login', '{folder}/credentials')\n")
    aws.chmod(0o755)
    login = folder / "after-login"
    login.write_text(f"#!/bin/sh\necho '{credentials()}'\n")
    login.chmod(0o755)
    service.environment |= {**NO_KEYS, "AWS_CONFIG_FILE": str(config)}
    does(f"echo '{credentials()}'")
    yield does


def in_mid_run(folder, service, trouble, mend, *, again=RENEWED):
    """Apply a plan, make trouble while its job runs, and mend it once it was told; return what was said."""
    with started(*APPLY, cwd=folder, service=service) as process:
        wait_until(lambda: states(service).get("a") == "RUNNING", process)
        trouble()
        said = read_until(process, WAITING)
        mend()
        said += read_until(process, again)
        service.finish("a")
        ended = end_of(process)
    assert ended.code == 0, said + ended.err
    return said


# Credentials that come from a program


@pytest.mark.parametrize("what", few_quick(GIVES))
def test_a_credential_process_without_credentials_is_waited_for_in_the_middle_of_a_run(tmp_path, what):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service, of_a_process(tmp_path, service) as does:
        said = in_mid_run(tmp_path, service, lambda: does(GIVES[what]), lambda: does(f"echo '{credentials()}'"))
    assert "Do that in another terminal: this goes on by itself then" in said
    assert "aws sso login, aws login" in said


@pytest.mark.parametrize("what", few_quick(GIVES))
def test_so_it_is_from_the_first_call_on(tmp_path, what):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service, of_a_process(tmp_path, service) as does:
        does(GIVES[what])
        with started(*APPLY, cwd=tmp_path, service=service) as process:
            said = read_until(process, WAITING)
            does(f"echo '{credentials()}'")
            ended = end_of(process)
    assert ended.code == 0, said + ended.err


def test_credentials_that_are_gone_are_renewed_in_another_terminal(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with (
        standin(run_s=600) as service,
        of_a_process(tmp_path, service) as does,
        started(*APPLY, cwd=tmp_path, service=service) as process,
    ):
        transcript.begin(*APPLY)
        wait_until(lambda: states(service).get("a") == "RUNNING", process)
        does(GIVES["nothing"])
        transcript.shown(read_until(process, WAITING))
        transcript.elsewhere("aws sso login")
        transcript.shown(read_until(process, RENEWED))
        service.finish("a")
        assert transcript.end(end_of(process)).code == 0
    transcript.check("credentials_are_gone")


def test_credentials_that_have_expired_before_the_first_call_are_waited_for(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service, of_a_process(tmp_path, service) as does:
        does(GIVES["expired"])
        with started(*APPLY, cwd=tmp_path, service=service) as process:
            transcript.begin(*APPLY)
            transcript.shown(read_until(process, WAITING))
            transcript.elsewhere("aws sso login")
            assert transcript.end(end_of(process)).code == 0
    transcript.check("credentials_expired_before_the_first_call")


# Credentials that another service gives


def of_a_role(folder, service):
    config = folder / "config"
    config.write_text(
        "[default]\nrole_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = me\n"
        "[profile me]\naws_access_key_id = testing\naws_secret_access_key = testing\n"
    )
    service.environment |= {**NO_KEYS, "AWS_CONFIG_FILE": str(config)}


def test_a_role_that_may_not_be_assumed_is_said_at_once_before_anything_was_accepted(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(refuse={"AssumeRole": DENIED}) as service:
        of_a_role(tmp_path, service)
        assert transcript.on(service, *APPLY).code == 5
        assert service.verdict()["taken"] == 0
        service.configure(refuse={})
        assert transcript.on(service, *APPLY).code == 0
    transcript.check("a_role_that_may_not_be_assumed")


def test_in_the_middle_of_a_run_it_is_waited_for(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        of_a_role(tmp_path, service)
        said = in_mid_run(
            tmp_path,
            service,
            lambda: service.configure(refuse={"AssumeRole": DENIED}),
            lambda: service.configure(refuse={}),
        )
    assert "there are no credentials, since AssumeRole was refused: AccessDenied: User: me is not" in said


@pytest.mark.parametrize(
    "refusal",
    few_quick([(500, "InternalFailure", "x"), (400, "RegionDisabledException", "x"), (400, "Throttling", "Too many")]),
)
def test_what_else_keeps_a_role_from_being_assumed_is_waited_for_from_the_first_call_on(tmp_path, refusal):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(refuse={"AssumeRole": refusal}) as service:
        of_a_role(tmp_path, service)
        with started(*APPLY, cwd=tmp_path, service=service) as process:
            said = read_until(process, WAITING)
            service.configure(refuse={})
            ended = end_of(process)
    assert ended.code == 0, said + ended.err


def of_identity_center(folder, service):
    home = folder / "home"
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    start = "https://me.awsapps.com/start"
    token = {
        "startUrl": start,
        "region": "us-east-1",
        "accessToken": "token",
        "expiresAt": f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
    }
    name = sha1(start.encode(), usedforsecurity=False).hexdigest()
    (cache / f"{name}.json").write_text(json.dumps(token))
    config = folder / "config"
    config.write_text(
        f"[default]\nsso_start_url = {start}\nsso_region = us-east-1\nsso_account_id = 123456789012\n"
        "sso_role_name = deploy\n"
    )
    service.environment |= {
        **NO_KEYS,
        "HOME": str(home),
        "AWS_CONFIG_FILE": str(config),
        "AWS_ENDPOINT_URL_SSO": service.url,
    }
    return cache / f"{name}.json"


@pytest.mark.parametrize(
    "refusal",
    few_quick(
        [
            (401, "UnauthorizedException", "Session token not found or invalid"),
            (403, "ForbiddenException", "No access"),
            (429, "TooManyRequestsException", "HTTP 429 Unknown Code"),
            (500, "ServerException", "x"),
        ]
    ),
)
def test_what_identity_center_refuses_is_waited_for(tmp_path, refusal):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        of_identity_center(tmp_path, service)
        said = in_mid_run(
            tmp_path,
            service,
            lambda: service.configure(refuse={"GetRoleCredentials": refusal}),
            lambda: service.configure(refuse={}),
        )
    assert "this goes on by itself then" in said


def test_a_login_to_identity_center_that_has_ended_is_waited_for(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        token = of_identity_center(tmp_path, service)
        valid = token.read_text()
        said = in_mid_run(
            tmp_path,
            service,
            lambda: token.write_text(valid.replace(json.loads(valid)["expiresAt"], "2020-01-01T00:00:00Z")),
            lambda: token.write_text(valid),
        )
    assert "aws sso login" in said


def test_a_page_in_place_of_credentials_is_waited_for(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        of_a_role(tmp_path, service)
        said = in_mid_run(
            tmp_path,
            service,
            lambda: service.configure(pages={"AssumeRole": (200, "text/html", PAGE)}),
            lambda: service.configure(pages={}),
        )
    assert "Proxy login" in said


# Credentials that AWS does not take


@pytest.mark.parametrize(
    "refusal",
    few_quick(
        [
            (403, "UnrecognizedClientException", "The security token included in the request is invalid."),
            (403, "InvalidClientTokenId", "The security token included in the request is invalid."),
            (403, "InvalidSignatureException", "The request signature we calculated does not match"),
        ]
    ),
)
def test_keys_that_aws_does_not_know_are_said_at_once_and_in_mid_run_waited_for(tmp_path, refusal):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600, refuse={"*": refusal}) as service:
        refused = on(service, *APPLY, cwd=tmp_path)
        assert refused.code == 5
        assert refusal[1] in refused.err
        assert WAITING not in refused.err
        assert not (tmp_path / ".kedro-batch" / "runs" / "r").exists()
        service.configure(refuse={})
        in_mid_run(
            tmp_path,
            service,
            lambda: service.configure(refuse={"DescribeJobs": refusal}),
            lambda: service.configure(refuse={}),
        )


def test_where_there_are_no_credentials_at_all_that_is_said_at_once(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        service.environment |= {**NO_KEYS, "HOME": str(tmp_path)}
        assert transcript.on(service, *APPLY).code == 5
        transcript.elsewhere("export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...")
        service.environment |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
        assert transcript.on(service, *APPLY).code == 0
    transcript.check("no_credentials")


@pytest.mark.parametrize(
    "refusal",
    few_quick(
        [
            (
                403,
                "InvalidSignatureException",
                "Signature expired: 20261130T010203Z is now earlier than 20261130T020000Z",
            ),
            (403, "InvalidSignatureException", "Signature not yet current: 20261130T010203Z is still later than ..."),
            (403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
            (400, "RequestExpired", "Request has expired."),
        ]
    ),
)
def test_a_clock_that_is_wrong_is_asked_about_from_the_first_call_on(tmp_path, refusal):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(refuse={"*": refusal}) as service, started(*APPLY, cwd=tmp_path, service=service) as process:
        said = read_until(process, WAITING)
        service.configure(refuse={})
        ended = end_of(process)
    assert ended.code == 0, said + ended.err
    assert "Is this machine's clock right?" in said


# Replies that are not of AWS


PAGES = {
    "a redirection": (302, "text/html", PAGE),
    "a firewall": (403, "text/html", PAGE),
    "a proxy": (407, "text/html; charset=utf-8", PAGE),
    "a proxy that waited": (408, "text/html", PAGE),
    "a portal": (200, "text/html", PAGE),
    "a gateway": (503, "text/plain", "Proxy login"),
    "a firewall that says a lot": (403, "text/plain", "Proxy login\n" * 5_000),
    "a proxy in JSON": (403, "application/json", '{"message": "Proxy login"}'),
    "a proxy with a code": (403, "application/json", '{"code": "AccessBlocked", "message": "Proxy login"}'),
    "a proxy with words of its own": (403, "application/json", '{"error": "Proxy login"}'),
    "a gateway with words of its own": (502, "application/json", '{"error": "Proxy login"}'),
    "a proxy with a list": (403, "application/json", '["Proxy login"]'),
}


@pytest.mark.parametrize("where", few_quick(PAGES, 2))
def test_a_page_refuses_nothing_and_one_line_of_it_is_shown(tmp_path, where):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(pages={"*": PAGES[where]}) as service:
        service.environment["AWS_MAX_ATTEMPTS"] = "1"
        with started(*APPLY, cwd=tmp_path, service=service) as process:
            said = read_until(process, WAITING)
            service.configure(pages={})
            ended = end_of(process)
    assert ended.code == 0, said + ended.err
    status = PAGES[where][0]
    why = "is no reply of AWS" if status == 200 else f"is HTTP {status}, without an error of AWS"
    assert f"the reply {why}" in said
    assert len(said) < 1500
    assert "Proxy login" in said
    assert "<" not in said


NO_REPLIES = {
    "cut off": '{"jobName": "r_a_1", "jobI',
    "empty": "",
    "of nothing": "{}",
    "a list": "[]",
    "of another server": '{"status": "ok"}',
}


@pytest.mark.parametrize("operation", ["SubmitJob", "DescribeJobs"])
@pytest.mark.parametrize("what", NO_REPLIES)
def test_what_is_no_reply_is_shown_in_words_for_people_and_nothing_is_submitted_twice(tmp_path, operation, what):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600, pages={operation: (200, "application/json", NO_REPLIES[what])}) as service:
        with started(*APPLY, cwd=tmp_path, service=service) as process:
            said = read_until(process, WAITING)
            service.configure(pages={}, run_s=0.1)
            wait_until(lambda: states(service).get("a") == "RUNNING", process)
            service.finish("a")
            ended = end_of(process)
        assert ended.code == 0, said + ended.err
        assert service.verdict()["taken"] == 1
    assert f"cannot call {operation}" in said
    assert "the reply is no reply of AWS Batch: " in said
    assert NO_REPLIES[what] in said or "it has no 'jobs'" in said
    assert "Error" not in said
    assert "has no attribute" not in said


IN_MID_RUN = {
    "InternalFailure": (400, AGAIN),
    "IncompleteSignature": (400, RENEWED),
    "MissingAuthenticationToken": (403, RENEWED),
    "MalformedHttpRequestException": (400, AGAIN),
}


@pytest.mark.parametrize("name", few_quick(IN_MID_RUN, 2))
def test_what_is_about_the_signature_the_way_or_the_service_passes_in_mid_run_whatever_its_status(tmp_path, name):
    status, again = IN_MID_RUN[name]
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        service.environment["AWS_MAX_ATTEMPTS"] = "1"
        in_mid_run(
            tmp_path,
            service,
            lambda: service.configure(refuse={"DescribeJobs": (status, name, "x")}),
            lambda: service.configure(refuse={}),
            again=again,
        )


@pytest.mark.parametrize("operation", ["SubmitJob", "DescribeJobs", "TerminateJobs"])
@pytest.mark.parametrize("where", few_quick(["a portal", "a proxy"]))
def test_no_page_is_taken_for_a_reply_to_any_call(tmp_path, operation, where):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]})
    with standin(run_s=600, pages={operation: PAGES[where]}) as service:
        words: tuple[str, ...] = APPLY
        if operation == "TerminateJobs":
            service.configure(pages={})
            assert on(service, *APPLY, "--detach", cwd=tmp_path).code == 0
            service.configure(pages={operation: PAGES[where]})
            words = ("cancel", "r")
        with started(*words, cwd=tmp_path, service=service) as process:
            said = read_until(process, " of AWS") if operation != "SubmitJob" else ""
            wait_until(lambda: service.verdict()["calls"].get(operation.lower(), 0) > 1, process)
            service.configure(pages={}, run_s=0.1)
            wait_until(lambda: len(states(service)) == 2, process)
            service.finish("a", "b")
            ended = end_of(process)
        assert ended.code == 0, said + ended.err
        assert service.verdict()["taken"] == 2


def test_a_proxy_that_wants_a_login(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(pages={"*": PAGES["a proxy"]}) as service:
        with started(*APPLY, cwd=tmp_path, service=service) as process:
            transcript.begin(*APPLY)
            transcript.shown(read_until(process, WAITING))
            service.configure(pages={})
            ended = transcript.end(end_of(process))
        assert ended.code == 0
    transcript.check("a_proxy_that_wants_a_login")


# Settings


SETTINGS = {
    "endpoint_without_scheme": ({"AWS_ENDPOINT_URL_BATCH": "localhost:8080"}, "unset AWS_ENDPOINT_URL_BATCH"),
    "endpoint_of_another_scheme": ({"AWS_ENDPOINT_URL_BATCH": "ftp://localhost"}, "unset AWS_ENDPOINT_URL_BATCH"),
    "endpoint_with_a_bad_port": ({"AWS_ENDPOINT_URL_BATCH": "http://localhost:x"}, "unset AWS_ENDPOINT_URL_BATCH"),
    "no_region": ({"AWS_DEFAULT_REGION": ""}, "export AWS_DEFAULT_REGION=us-east-1"),
    "region_that_is_none": ({"AWS_DEFAULT_REGION": "us east 1"}, "export AWS_DEFAULT_REGION=us-east-1"),
    "unknown_profile": ({"AWS_PROFILE": "nobody"}, "export AWS_PROFILE=deploy"),
    "broken_config_file": ({"AWS_CONFIG_FILE": "broken"}, "export AWS_CONFIG_FILE=right"),
    "retry_mode_that_is_none": ({"AWS_RETRY_MODE": "often"}, "unset AWS_RETRY_MODE"),
    "proxy_that_is_none": ({"HTTP_PROXY": "http://proxy:port", "NO_PROXY": ""}, "unset HTTP_PROXY"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_is_wrong_is_said_at_once_and_leaves_nothing(tmp_path, transcript, name):
    write_plan(tmp_path, {"a": ["x"]})
    (tmp_path / "broken").write_text("[default\nregion = us-east-1\n")
    (tmp_path / "right").write_text(
        "[profile deploy]\nregion = us-east-1\naws_access_key_id = testing\naws_secret_access_key = testing\n"
    )
    variables, mended = SETTINGS[name]
    with standin() as service:
        service.environment["AWS_CONFIG_FILE"] = "right"
        assert transcript.on(service, *APPLY, **variables).code == 2
        assert service.verdict()["calls"] == {}
        assert not (tmp_path / ".kedro-batch" / "runs" / "r").exists()
        transcript.elsewhere(mended)
        verb, _, what = mended.partition(" ")
        after = dict([what.split("=")]) if verb == "export" else {}
        assert transcript.on(service, *APPLY, **after).code == 0
    transcript.check(f"settings_{name}")


# Regions that boto3 does not know: misspelt, or new


def test_a_misspelt_region_is_said_at_once(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        nowhere = {"AWS_ENDPOINT_URL_BATCH": "https://batch.eu-wset-1.invalid", "NO_PROXY": "*"}  # RFC 6761
        assert transcript.on(service, *APPLY, AWS_DEFAULT_REGION="eu-wset-1", **nowhere).code == 5
        assert not (tmp_path / ".kedro-batch" / "runs" / "r").exists()
        transcript.elsewhere("export AWS_DEFAULT_REGION=eu-west-1")
        assert transcript.on(service, *APPLY, AWS_DEFAULT_REGION="eu-west-1").code == 0
    transcript.check("a_misspelt_region")


@pytest.mark.parametrize("region", few_quick(["eu-wset-1", "mars-north-1"]))
def test_it_is_told_behind_a_proxy_too_which_does_not_say_why_it_refuses(tmp_path, region):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(pages={"*": (502, "text/html", PAGE)}) as service:
        proxy = {"HTTPS_PROXY": service.url, "NO_PROXY": "", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
        service.environment |= {**proxy, "AWS_MAX_ATTEMPTS": "1", "AWS_DEFAULT_REGION": region}
        ended = on(service, *APPLY, cwd=tmp_path)
    assert ended.code == 5
    assert f"boto3 knows no region {region}." in ended.err
    assert ("Is it eu-west-1?" in ended.err) == (region == "eu-wset-1")


def test_a_region_that_boto3_does_not_know_yet_is_used_and_waited_for_like_any_other(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        service.environment |= {"AWS_DEFAULT_REGION": "eu-new-1", "AWS_MAX_ATTEMPTS": "1"}
        with started(*APPLY, cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("a") == "RUNNING", process)
            service.configure(down=[[0, 100_000]])
            said = read_until(process, WAITING)
            service.configure(down=[])
            said += read_until(process, AGAIN)
            service.finish("a")
            ended = end_of(process)
    assert ended.code == 0, said + ended.err
    assert "boto3 knows no region" not in said  # the endpoint is set: it does not follow from the region


# Patience from the first call on, and storms


@pytest.mark.parametrize(
    "operation",
    few_quick(
        [
            "GetCallerIdentity",
            "DescribeJobQueues",
            "DescribeComputeEnvironments",
            "DescribeJobDefinitions",
            "ListJobs",
            "*",
        ],
        2,
    ),
)
def test_whatever_is_asked_first_is_waited_for(tmp_path, operation):
    write_plan(tmp_path, {"a": ["x"]}, header={"account": "123456789012"})
    with standin(refuse={operation: (503, "ServiceUnavailable", "for a moment")}) as service:
        service.environment["AWS_MAX_ATTEMPTS"] = "1"
        with started(*APPLY, cwd=tmp_path, service=service) as process:
            said = read_until(process, WAITING)
            assert service.verdict()["taken"] == 0
            service.configure(refuse={})
            ended = end_of(process)
    assert ended.code == 0, said + ended.err
    answers = "AWS STS" if operation in ("GetCallerIdentity", "*") else "AWS Batch"
    assert f"{answers} answers again" in ended.err


@pytest.mark.parametrize("words", few_quick([("wait", "r"), ("cancel", "r"), ("resume", "r"), APPLY], 2))
def test_so_it_is_for_every_command_that_takes_a_run_up(tmp_path, words):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        service.environment["AWS_MAX_ATTEMPTS"] = "1"
        assert on(service, *APPLY, "--detach", cwd=tmp_path).code == 0
        service.configure(down=[[0, 100_000]])
        with started(*words, cwd=tmp_path, service=service) as process:
            said = read_until(process, WAITING)
            service.configure(down=[], run_s=0.1)
            service.finish("a")
            ended = end_of(process)
    assert ended.code == 0, said + ended.err


def test_the_first_calls_are_given_up_after_as_long_as_retry_for_says(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(refuse={"*": (503, "ServiceUnavailable", "for long")}) as service:
        service.environment["AWS_MAX_ATTEMPTS"] = "1"
        ended = on(service, *APPLY, "--retry-for", "2s", cwd=tmp_path)
    assert ended.code == 5
    assert "this has lasted for" in ended.err
    assert not (tmp_path / ".kedro-batch" / "runs" / "r").exists()


def test_a_storm_is_told(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(run_s=600) as service:
        service.environment["AWS_MAX_ATTEMPTS"] = "1"
        with started(*APPLY, cwd=tmp_path, service=service) as process:
            transcript.begin(*APPLY)
            wait_until(lambda: states(service).get("a") == "RUNNING", process)
            service.configure(refuse={"DescribeJobs": (429, "TooManyRequestsException", "Too Many Requests")})
            transcript.shown(read_until(process, "AWS Batch limits DescribeJobs; jobs go on"))
            service.configure(refuse={})
            transcript.shown(read_until(process, AGAIN))
            service.finish("a")
            assert transcript.end(end_of(process)).code == 0
    transcript.check("a_storm")


STORM = (429, "TooManyRequestsException", "Too Many Requests")


def test_a_storm_that_keeps_jobs_from_being_submitted_is_told_so(tmp_path, transcript):
    # The first job of a run with a chosen id is submitted alone, and looked at, which DescribeJobs is needed for.
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]})
    with standin(refuse={"DescribeJobs": STORM}) as service:
        service.environment["AWS_MAX_ATTEMPTS"] = "1"
        with started(*APPLY, cwd=tmp_path, service=service) as process:
            transcript.begin(*APPLY)
            transcript.shown(read_until(process, "AWS Batch limits DescribeJobs; jobs go on"))
            assert service.verdict()["taken"] == 1
            service.configure(refuse={})
            transcript.shown(read_until(process, AGAIN))
            assert transcript.end(end_of(process)).code == 0
    transcript.check("a_storm_before_all_is_submitted")


def test_a_storm_of_submissions_is_told(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(refuse={"SubmitJob": STORM}) as service, started(*APPLY, cwd=tmp_path, service=service) as process:
        transcript.begin(*APPLY)
        transcript.shown(read_until(process, "AWS Batch limits SubmitJob"))
        service.configure(refuse={})
        transcript.shown(read_until(process, AGAIN))
        assert transcript.end(end_of(process)).code == 0
        assert service.verdict()["taken"] == 1
    transcript.check("a_storm_of_submissions")


def test_a_page_in_place_of_the_reply_to_a_submission_is_told(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(pages={"SubmitJob": PAGES["a proxy"]}) as service:
        with started(*APPLY, cwd=tmp_path, service=service) as process:
            transcript.begin(*APPLY)
            transcript.shown(read_until(process, "the reply is HTTP 407"))
            service.configure(pages={})
            transcript.shown(read_until(process, AGAIN))
            assert transcript.end(end_of(process)).code == 0
        assert service.verdict()["taken"] == 1
    transcript.check("a_proxy_that_wants_a_login_while_submitting")
