"""Credentials that another terminal cannot renew: of variables, of a token in a file, of roles that want an MFA code.

The ones that it can renew are waited for (``test_trouble``).
"""

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path

import pytest

from tests.support import forked
from tests.support.command_line import PROGRAM
from tests.support.few import few_quick
from tests.support.plans import write_plan
from tests.support.runs import end_of, read_until, started, states, wait_until
from tests.support.services import StandIn, standin
from tests.support.terminals import Terminal, on_terminal

ROLE = "arn:aws:iam::123456789012:role/deploy"
DEVICE = "arn:aws:iam::123456789012:mfa/me"
CODES = ["111111", "222222", "333333"]
PROMPT = f"MFA code of {DEVICE}, for {ROLE}: "


def keys(name: str, **more: str) -> dict[str, str]:
    """Return the variables with temporary keys."""
    return {
        "AWS_ACCESS_KEY_ID": name,
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": f"token of {name}",
        **more,
    }


def mfa_role(folder: Path, service: StandIn, profile: str = "deploy") -> dict[str, str]:
    """Write a profile with a role that wants an MFA code, and return the variables that choose it."""
    (folder / "aws_config").write_text(
        f"[profile deploy]\nrole_arn = {ROLE}\nsource_profile = me\nmfa_serial = {DEVICE}\n"
        f"[profile behind]\nrole_arn = {ROLE}-2\nsource_profile = deploy\n"
    )
    (folder / "aws_credentials").write_text("[me]\naws_access_key_id = AKIAME\naws_secret_access_key = testing\n")
    return {
        **service.environment,
        "HOME": str(folder),
        "AWS_CONFIG_FILE": str(folder / "aws_config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "aws_credentials"),
        "AWS_PROFILE": profile,
        "AWS_MAX_ATTEMPTS": "1",
    }


def cached_session(folder: Path) -> Path:
    """Name the file where the AWS CLI keeps the session of the role: the hash of what AssumeRole is asked for."""
    arguments = json.dumps({"RoleArn": ROLE, "SerialNumber": DEVICE}, sort_keys=True)
    # The AWS CLI names its files so, and hides nothing by it.
    return folder / ".aws" / "cli" / "cache" / f"{sha1(arguments.encode()).hexdigest()}.json"  # noqa: S324


def write_session(folder: Path, key: str, *, minutes: float = 60) -> None:
    """Write a session as the AWS CLI does after it has asked for a code."""
    ends = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    session = {"AccessKeyId": key, "SecretAccessKey": "testing", "SessionToken": "token", "Expiration": ends}
    file = cached_session(folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"Credentials": session}))


@contextmanager
def applied_on_terminal(folder: Path, service: StandIn, *words: str, kind: str = "dumb") -> Iterator[Terminal]:
    """Apply the plan with the role, on a terminal, and wait until it asks."""
    env = mfa_role(folder, service)
    with on_terminal("apply", "plan.yaml", "--run-id", "r", *words, cwd=folder, env=env, kind=kind) as terminal:
        terminal.wait_for(PROMPT)
        yield terminal


# Keys in variables


def test_keys_in_variables_that_expire_end_the_command_at_once(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(expire_keys={"ASIAOLD": 1}, durations={"a": 1}) as service:
        assert transcript.on(service, "apply", "plan.yaml", "--run-id", "r", **keys("ASIAOLD")).code == 5
        assert transcript.on(service, "wait", "r", **keys("ASIANEW")).code == 0
    transcript.check("keys_in_variables_have_expired")


def test_keys_in_variables_that_expire_while_jobs_are_submitted(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    with standin(expire_keys={"ASIAOLD": 1}) as service:  # the first job is looked at before the next is submitted
        assert transcript.on(service, "apply", "plan.yaml", "--run-id", "r", **keys("ASIAOLD")).code == 5
        assert transcript.on(service, "resume", "r", **keys("ASIANEW")).code == 0
        assert service.verdict()["taken"] == 2
    transcript.check("keys_in_variables_expire_while_submitting")


def test_keys_in_variables_that_say_when_they_expire_end_the_command_too(tmp_path):
    # boto3 reads such variables again, finds the same keys, and fails without asking AWS.
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        past = keys("ASIAOLD", AWS_CREDENTIAL_EXPIRATION="2020-01-01T00:00:00Z")
        ended = forked.kedro_batch(
            "apply", "plan.yaml", cwd=tmp_path, env={**service.environment, **past}, impatient=True
        )
    assert ended.code == 5
    assert "the refreshed credentials are still expired" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"])
def test_a_line_break_in_a_key_is_said_at_once_and_the_key_is_not_shown(tmp_path, name):
    # The HTTP library refuses the header, and its words have the whole of it. Lines of Windows end so.
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        env = {**service.environment, **keys("ASIASECRET"), name: "ASIASECRET\r"}
        ended = forked.kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=env)
        assert service.verdict()["calls"] == {}
    assert ended.code == 5
    assert "there is a line break in an access key or a session token. Take it out of AWS_ACCESS_KEY_ID" in ended.err
    assert "SECRET" not in ended.err.replace("AWS_SECRET_ACCESS_KEY", "")


def test_keys_in_variables_that_expire_while_a_run_is_cancelled(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(durations={"a": 600}, terminate_s=1, expire_keys={"ASIAOLD": "TerminateJobs"}) as service:
        assert forked.on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        env = {**service.environment, **keys("ASIAOLD")}
        ended = forked.kedro_batch("cancel", "r", cwd=tmp_path, env=env, impatient=True)
        assert ended.code == 5
        assert "Set new ones. Then: kedro-batch cancel r" in ended.err
        assert forked.on(service, "cancel", "r", cwd=tmp_path).code == 0


# A web identity token in a file, as CI and Amazon EKS give it


NO_TOKEN = (400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT")
OLD_TOKEN = (400, "ExpiredTokenException", "Token expired: current date must be before the expiration date")
OTHER_TOKEN = (403, "IDPRejectedClaim", "The ID Token is of another issuer")


def with_token(folder: Path, service: StandIn, content: str = "a.web.token") -> Path:
    """Let the credentials be those of a role that is assumed with a token; return its file."""
    file = folder / "token"
    file.write_text(content)
    service.environment |= {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(file),
        "AWS_ROLE_ARN": ROLE,
        "AWS_SHARED_CREDENTIALS_FILE": "none",
        "AWS_MAX_ATTEMPTS": "1",
    }
    return file


@pytest.mark.parametrize("refusal", few_quick([NO_TOKEN, OLD_TOKEN, OTHER_TOKEN]))
def test_a_token_that_is_not_taken_at_first_is_said_at_once(tmp_path, refusal):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(refuse={"AssumeRoleWithWebIdentity": refusal}) as service:
        file = with_token(tmp_path, service)
        ended = forked.on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
    assert ended.code == 5
    assert f"AssumeRoleWithWebIdentity was refused: {refusal[1]}: " in ended.err
    assert f"a valid token into {file}" in ended.err
    assert "Trying again" not in ended.err
    assert not (tmp_path / ".kedro-batch" / "runs" / "r").exists()


@pytest.mark.parametrize("content", few_quick(["", "\x00" * 3, None]))
def test_so_is_a_file_without_a_token(tmp_path, content):
    write_plan(tmp_path, {"a": ["x"]})
    with standin() as service:
        file = with_token(tmp_path, service, content or "")
        if content is None:
            file.unlink()
        ended = forked.on(service, "apply", "plan.yaml", cwd=tmp_path)
    assert ended.code == 5, ended.err
    assert "Traceback" not in ended.err
    assert f"a valid token into {file}" in ended.err


def test_what_keeps_aws_from_judging_a_token_is_waited_for(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    busy = (400, "IDPCommunicationError", "An error occurred while communicating with the identity provider")
    with standin(refuse={"AssumeRoleWithWebIdentity": busy}) as service:
        with_token(tmp_path, service)
        with started("apply", "plan.yaml", cwd=tmp_path, service=service) as process:
            said = read_until(process, "Trying again for up to 1 h")
            service.configure(refuse={})
            ended = end_of(process)
    assert ended.code == 0, said + ended.err


def test_a_token_that_has_expired_at_first_ends_the_command(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(refuse={"AssumeRoleWithWebIdentity": OLD_TOKEN}) as service:
        with_token(tmp_path, service)
        assert transcript.on(service, "apply", "plan.yaml", "--run-id", "r").code == 5
        service.configure(refuse={})
        assert transcript.on(service, "apply", "plan.yaml", "--run-id", "r").code == 0
    transcript.check("a_token_has_expired_before_the_first_call")


def test_a_token_that_expires_in_mid_run_is_waited_for_until_its_file_is_written_again(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    apply = "apply", "plan.yaml", "--run-id", "r"
    with standin(run_s=600, role_session_s=60) as service:  # the session is renewed before each call
        file = with_token(tmp_path, service)
        with started(*apply, cwd=tmp_path, service=service) as process:
            transcript.begin(*apply)
            wait_until(lambda: states(service).get("a") == "RUNNING", process)
            service.configure(refuse={"AssumeRoleWithWebIdentity": OLD_TOKEN})
            transcript.shown(read_until(process, "Trying again for up to 1 h"))
            file.write_text("a.newer.token")
            service.configure(refuse={})
            transcript.shown(read_until(process, "credentials work again"))
            service.finish("a")
            assert transcript.end(end_of(process)).code == 0
        assert service.asked("assumerolewithwebidentity")[-1]["WebIdentityToken"] == "a.newer.token"
    transcript.check("a_token_has_expired")


# A clock that is wrong: no credentials mend that


CLOCK = (403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")


def test_keys_in_variables_are_not_blamed_for_the_clock(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(refuse={"*": CLOCK}) as service:
        service.environment |= keys("ASIAMINE")
        with started("apply", "plan.yaml", cwd=tmp_path, service=service) as process:
            said = read_until(process, "Trying again for up to 1 h")
            service.configure(refuse={})
            ended = end_of(process)
    assert ended.code == 0, said + ended.err
    assert "Is this machine's clock right?" in said
    assert "variables" not in said


def test_no_code_is_asked_for_because_of_the_clock(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES, durations={"a": 600}) as service:
        write_session(tmp_path, "ASIACLI")
        service.environment |= mfa_role(tmp_path, service)
        with started("apply", "plan.yaml", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service).get("a") == "RUNNING", process)
            service.configure(refuse={"*": CLOCK})
            said = read_until(process, "Trying again for up to 1 h")
            service.configure(refuse={})
            service.finish("a")
            ended = end_of(process)
        assert not service.asked("assumerole")
    assert ended.code == 0, said + ended.err
    assert "Is this machine's clock right?" in said
    assert "MFA" not in said + ended.err


# A role that wants an MFA code


def test_the_code_is_asked_for_once_before_anything_is_done(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES) as service:
        with applied_on_terminal(tmp_path, service) as terminal:
            terminal.type("111111")
            ended = terminal.end()
        assert service.asked("assumerole")[0]["TokenCode"] == "111111"
        assert len(service.asked("assumerole")) == 1
    assert ended.code == 0
    assert "111111" not in terminal.shown
    transcript.record(("apply", "plan.yaml", "--run-id", "r"), ended)
    transcript.check("a_role_wants_an_mfa_code")


def test_a_session_that_expires_is_asked_for_again_and_the_run_goes_on(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with (
        standin(mfa_codes=CODES, durations={"a": 600}) as service,
        applied_on_terminal(tmp_path, service) as terminal,
    ):
        terminal.type("111111")
        wait_until(lambda: states(service).get("a") == "RUNNING")
        service.configure(expire_keys={"ASIASESSION1": 1})
        terminal.wait_for(PROMPT)
        service.finish("a")
        terminal.type("222222")
        ended = terminal.end()
    assert ended.code == 0
    transcript.record(("apply", "plan.yaml", "--run-id", "r"), ended)
    transcript.check("the_session_of_a_role_has_expired")


def test_the_view_is_drawn_again_below_a_question(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with (
        standin(mfa_codes=CODES, durations={"a": 600}) as service,
        applied_on_terminal(tmp_path, service, kind="xterm") as terminal,
    ):
        terminal.type("111111")
        terminal.wait_for("1 running")
        service.configure(expire_keys={"ASIASESSION1": 1})
        terminal.wait_for(PROMPT)
        terminal.type("222222")
        # Behind the question there is nothing but the end of its line; the view is drawn again below it.
        assert terminal.wait_for("1 running").startswith("\r\n")
        service.finish("a")
        ended = terminal.end()
    assert ended.code == 0


def test_wrong_codes_are_asked_for_again_three_times(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES) as service:
        with applied_on_terminal(tmp_path, service) as terminal:
            for code in ("12345", "999999", "888888", "777777"):
                terminal.type(code)
                if code != "777777":
                    terminal.wait_for(PROMPT)
            ended = terminal.end()
        assert not service.asked("submitjob")
        assert ended.code == 5
        transcript.record(("apply", "plan.yaml", "--run-id", "r"), ended)
        with applied_on_terminal(tmp_path, service) as terminal:
            terminal.type("111111")
            ended = terminal.end()
        assert ended.code == 0
        transcript.record(("apply", "plan.yaml", "--run-id", "r"), ended)
    transcript.check("wrong_mfa_codes")


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x04", 5)])
def test_ctrl_c_and_ctrl_d_end_the_question(tmp_path, key, code):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES) as service:
        with applied_on_terminal(tmp_path, service) as terminal:
            terminal.process.send(key)
            ended = terminal.end()
        assert not service.asked("assumerole")
    assert ended.code == code
    assert "Traceback" not in ended.err
    assert not (tmp_path / ".kedro-batch").exists()


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x04", 5)])
def test_ctrl_c_and_ctrl_d_end_the_question_in_the_middle_of_a_run(tmp_path, key, code, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES, durations={"a": 600}) as service:
        with applied_on_terminal(tmp_path, service, "-v") as terminal:
            terminal.type("111111")
            terminal.wait_for("a RUNNING")
            service.configure(expire_keys={"ASIASESSION1": 1})
            terminal.wait_for(PROMPT)
            terminal.process.send(key)
            ended = terminal.end()
        assert ended.code == code
        transcript.record(("apply", "plan.yaml", "--run-id", "r"), ended)
        service.finish("a")
        assert transcript.on(service, "wait", "r").code == 0
    transcript.check(f"an_mfa_question_ends_with_{code}")


def test_a_code_that_aws_sts_has_no_time_for_is_asked_for_again(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with (
        standin(mfa_codes=CODES, durations={"a": 600}, faulty=["AssumeRole"]) as service,
        applied_on_terminal(tmp_path, service, "-v") as terminal,
    ):
        terminal.type("111111")
        terminal.wait_for("a RUNNING")
        service.configure(expire_keys={"ASIASESSION1": 1}, error_before=1.0)
        terminal.wait_for(PROMPT)
        terminal.type("222222")
        terminal.wait_for("Trying again for up to 1 h")
        service.configure(error_before=0.0)
        terminal.wait_for(PROMPT)
        service.finish("a")
        terminal.type("222222")
        assert terminal.end().code == 0


def test_in_the_background_of_a_terminal_nobody_is_asked(tmp_path):
    # Reading from the terminal would stop the process, and nobody would see why.
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES) as service:
        line = f"set -m; {shlex.join(PROGRAM)} apply plan.yaml & wait $!; exit $?"
        with on_terminal("-c", line, cwd=tmp_path, env=mfa_role(tmp_path, service), program=["bash"]) as shell:
            ended = shell.end()
    assert "needs an MFA code, and there is no terminal to type it on" in ended.err
    assert ended.code == 5


# Without a terminal


def test_without_a_terminal_nobody_is_asked(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES) as service:
        env = mfa_role(tmp_path, service)
        assert transcript.on(service, "apply", "plan.yaml", "--run-id", "r", **env).code == 5
        assert not (tmp_path / ".kedro-batch").exists()
        write_session(tmp_path, "ASIACLI")
        assert transcript.on(service, "apply", "plan.yaml", "--run-id", "r", **env).code == 0
        assert not service.asked("assumerole")
    transcript.check("a_role_wants_an_mfa_code_without_a_terminal")


def test_without_a_terminal_a_session_that_expires_ends_the_command(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES, expire_keys={"ASIACLI": 1}) as service:
        env = mfa_role(tmp_path, service)
        write_session(tmp_path, "ASIACLI")
        assert transcript.on(service, "apply", "plan.yaml", "--run-id", "r", **env).code == 5
        write_session(tmp_path, "ASIANEW")
        assert transcript.on(service, "wait", "r", **env).code == 0
        assert not service.asked("assumerole")
    transcript.check("the_session_of_a_role_has_expired_without_a_terminal")


# Sessions of the AWS CLI


def test_a_session_that_another_terminal_has_got_is_used_when_one_expires(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES, durations={"a": 600}) as service:
        write_session(tmp_path, "ASIACLI")
        env = mfa_role(tmp_path, service)
        with on_terminal("apply", "plan.yaml", "--run-id", "r", cwd=tmp_path, env=env) as terminal:
            wait_until(lambda: states(service).get("a") == "RUNNING")
            write_session(tmp_path, "ASIANEW")
            service.configure(expire_keys={"ASIACLI": 1})
            service.finish("a")
            assert terminal.end().code == 0
        assert not service.asked("assumerole")
    assert "MFA" not in terminal.shown


def test_the_session_that_was_asked_for_is_there_for_the_aws_cli_and_the_next_command(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES, role_session_s=3600) as service:
        with applied_on_terminal(tmp_path, service) as terminal:
            terminal.type("111111")
            assert terminal.end().code == 0
        assert json.loads(cached_session(tmp_path).read_text())["Credentials"]["AccessKeyId"] == "ASIASESSION1"
        assert cached_session(tmp_path).stat().st_mode & 0o077 == 0
        env = mfa_role(tmp_path, service)
        assert forked.kedro_batch("wait", "r", cwd=tmp_path, env=env, impatient=True).code == 0
        assert len(service.asked("assumerole")) == 1


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"Credentials": []}', '{"Credentials": {"AccessKeyId": "x"}}', "\x00"]
)
def test_a_broken_session_of_the_aws_cli_is_none(tmp_path, content):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES) as service:
        write_session(tmp_path, "ASIACLI")
        cached_session(tmp_path).write_text(content)
        env = mfa_role(tmp_path, service)
        ended = forked.kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=env, impatient=True)
    assert ended.code == 5
    assert "needs an MFA code, and there is no terminal" in ended.err


def test_where_no_session_can_be_kept_the_code_is_asked_for_all_the_same(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    (tmp_path / ".aws").write_text("a file, where a folder should be")
    with standin(mfa_codes=CODES) as service, applied_on_terminal(tmp_path, service) as terminal:
        terminal.type("111111")
        assert terminal.end().code == 0


def test_a_role_behind_one_that_wants_a_code(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES) as service:
        env = mfa_role(tmp_path, service, "behind")
        with on_terminal("apply", "plan.yaml", cwd=tmp_path, env=env) as terminal:
            terminal.wait_for(PROMPT)
            terminal.type("111111")
            assert terminal.end().code == 0
        assert [one["RoleArn"] for one in service.asked("assumerole")] == [ROLE, f"{ROLE}-2"]


def test_a_role_that_may_not_be_assumed_is_no_wrong_code(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(deny=["AssumeRole"]) as service, applied_on_terminal(tmp_path, service) as terminal:
        terminal.type("111111")
        ended = terminal.end()
    assert ended.code == 5
    assert "AssumeRole was refused: AccessDenied" in ended.err
    assert ended.err.count(PROMPT) == 1


def test_keys_in_variables_come_before_a_role_as_boto3_has_it(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(mfa_codes=CODES) as service:
        env = {**mfa_role(tmp_path, service), **keys("ASIAMINE")}
        assert forked.kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=env, impatient=True).code == 0
        assert not service.asked("assumerole")
