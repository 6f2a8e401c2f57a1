"""``kedro-batch infra deploy`` and ``diff``, against a stand-in of AWS CloudFormation."""

import signal
import subprocess

import pytest
import yaml

from tests.support.cloudformation import (
    CREATION,
    FAILED_CREATION,
    REGISTRY,
    UPDATE,
    WRONG_ROLE,
    cloudformation,
    modify,
)
from tests.support.command_line import GENEROUS_S, PROGRAM, environment
from tests.support.forked import kedro_batch
from tests.support.infrastructure import SETTINGS, STACK, TEMPLATE, settings_of
from tests.support.terminals import on_terminal

DECLARED = {
    "name": "kedro_run",
    "job_role": "arn:aws:iam::123456789012:role/batchJobRole",
    "execution_role": "arn:aws:iam::123456789012:role/batchExecutionRole",
    "platform": "fargate",
    "log_group": "/aws/batch/a_project",
    "public_ip": True,
}
DELETED = "A NEW ONE IS MADE, AND THIS ONE DELETED, WITH"
CHANGED = ("CreateChangeSet", "ExecuteChangeSet", "DeleteStack")


def parameters(sent):
    """Give what each parameter of a change set gets; None for the previous value."""
    keys = [name.removesuffix("Key") for name in sent if name.endswith(".ParameterKey")]
    return {sent[f"{key}Key"]: sent.get(f"{key}Value") for key in keys}


# A new stack


@pytest.mark.usefixtures("of_the_default_network")
def test_what_is_made_is_shown_followed_and_written_into_the_settings(infra, prepared):
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes")
        (made,) = aws.called("CreateChangeSet")
        (carried_out,) = aws.called("ExecuteChangeSet")
    assert ended.code == 0, ended.err
    assert made["ChangeSetType"] == "CREATE"
    assert made["Capabilities.member.1"] == "CAPABILITY_NAMED_IAM"
    assert made["ImportExistingResources"] == "true"
    assert carried_out["RetainExceptOnCreate"] == "true"
    assert parameters(made) == {"Subnets": "subnet-a,subnet-b", "SecurityGroups": "sg-1"}
    assert "network vpc-1 of the account is used: Subnets=subnet-a,subnet-b; SecurityGroups=sg-1." in ended.err
    assert (
        f"The stack {STACK} in account 123456789012, us-east-1 does not exist yet: 8 resources, 8 to make" in ended.err
    )
    assert "  + ComputeEnvironment  Batch ComputeEnvironment\n" in ended.err
    assert ended.err.count("making        JobQueue") == 1, "not again when its work begins"
    assert f"The stack {STACK} in account 123456789012, us-east-1 is deployed" in ended.err
    assert ended.err.endswith("The jobs have no image yet. Next: kedro-batch image --push\n")
    assert ended.text.startswith("wrote conf/aws_batch/aws_batch.yml\n  -job_definition: kedro_run\n")
    written = settings_of(prepared)
    assert yaml.safe_load(written) == {
        "job_queue": "a_queue",
        "job_definition": DECLARED,
        "shared_paths": ["data"],
        "account": "123456789012",
        "region": "us-east-1",
        "image_repository": f"{REGISTRY}/a-project",
    }
    assert "# The jobs of the project.\njob_queue: a_queue  # made by infra deploy\n\n# What runs.\n" in written


def test_compile_says_where_an_image_comes_from_and_takes_one(infra, prepared):
    with cloudformation() as aws:
        assert infra(aws, "deploy", "--yes").code == 0
    ended = kedro_batch("compile", "--env", "aws_batch", cwd=prepared)
    assert ended.code == 4
    assert "job_definition.image: is missing" in ended.err
    assert "`kedro-batch image --push` builds one and writes its digest there" in ended.err
    ended = kedro_batch("compile", "--env", "aws_batch", "--image", f"{REGISTRY}/a-project:1", cwd=prepared)
    assert ended.code == 0, ended.err
    assert yaml.safe_load(ended.text)["job_definitions"]["kedro_run"]["image"] == f"{REGISTRY}/a-project:1"


def test_the_image_goes_into_the_template_and_the_settings(infra, prepared):
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes", "--image", f"{REGISTRY}/a-project:1")
        (made,) = aws.called("CreateChangeSet")
    assert parameters(made)["Image"] == f"{REGISTRY}/a-project:1"
    assert yaml.safe_load(settings_of(prepared))["job_definition"]["image"] == f"{REGISTRY}/a-project:1"
    assert ended.err.endswith("Next: kedro-batch compile --env aws_batch -o plan.yaml\n")
    assert kedro_batch("compile", "--env", "aws_batch", "-o", "plan.yaml", cwd=prepared).code == 0


def test_what_people_have_declared_stays(infra, prepared):
    own = SETTINGS.replace(
        "job_definition: kedro_run\n",
        "platform: fargate  # the machines\njob_definition:\n  name: our_run\n  image: busybox  # ours\n"
        "  secrets: {A: arn:x}\n",
    )
    (prepared / "conf" / "aws_batch" / "aws_batch.yml").write_text(own)
    with cloudformation() as aws:
        assert infra(aws, "deploy", "--yes").code == 0
        aws.changes = None
        again = infra(aws, "deploy", "--yes")
    assert again.code == 0
    assert again.text == "conf/aws_batch/aws_batch.yml has all of it already\n"
    written = yaml.safe_load(settings_of(prepared))
    declared = {key: value for key, value in DECLARED.items() if key != "platform"}
    assert written["job_definition"] == {**declared, "name": "our_run", "image": "busybox", "secrets": {"A": "arn:x"}}
    assert written["platform"] == "fargate"
    assert "image: busybox  # ours" in settings_of(prepared)


def test_what_the_template_does_not_have_is_said_and_the_rest_is_written(infra, prepared):
    with cloudformation(resources=["JobQueue", "SubmitterRole"]) as aws:
        ended = infra(aws, "deploy", "--yes")
    assert ended.code == 0
    assert f"The stack {STACK} has no JobDefinition: " in ended.err
    assert f"The stack {STACK} has no Repository: " in ended.err
    written = yaml.safe_load(settings_of(prepared))
    assert (written["job_definition"], written["job_queue"]) == ("kedro_run", "a_queue")
    assert "  KEDRO_BATCH_ROLE=arn:aws:iam::123456789012:role/ci/submitter\n  AWS_REGION=us-east-1\n" in ended.err


def test_a_definition_that_people_have_chosen_stays(infra, prepared):
    own = SETTINGS.replace("job_definition: kedro_run", "job_definition: kedro_run:2")
    (prepared / "conf" / "aws_batch" / "aws_batch.yml").write_text(own)
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes")
    assert ended.code == 0
    assert "names the job definition kedro_run:2, and that stays." in ended.err
    assert yaml.safe_load(settings_of(prepared))["job_definition"] == "kedro_run:2"


def test_a_definition_with_containers_of_its_own_stays_as_it_is(infra, prepared):
    own = SETTINGS.replace(
        "job_definition: kedro_run\n",
        "job_definition:\n  name: our_run\n  register:\n    ecsProperties:\n      taskProperties:\n"
        "        - containers: [{name: a, image: busybox}]\n",
    )
    (prepared / "conf" / "aws_batch" / "aws_batch.yml").write_text(own)
    before = yaml.safe_load(own)["job_definition"]
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes")
    assert ended.code == 0, ended.err
    assert yaml.safe_load(settings_of(prepared))["job_definition"] == before
    assert "declares a job definition with containers of its own, and that stays." in ended.err
    assert 'job_role: "arn:aws:iam::123456789012:role/batchJobRole", execution_role: ' in ended.err


def test_a_definition_that_people_have_chosen_for_all_environments_stays(infra, prepared):
    (prepared / "conf" / "aws_batch" / "aws_batch.yml").write_text("# nothing\n")
    (prepared / "conf" / "base" / "aws_batch.yml").write_text("job_definition: kedro_run:2\n")
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes")
    assert ended.code == 0
    assert (
        "the aws_batch.yml of the base environment names the job definition kedro_run:2, and that stays." in ended.err
    )
    assert "job_definition" not in yaml.safe_load(settings_of(prepared))


def test_what_people_have_declared_for_all_environments_is_taken_along(infra, prepared):
    """Kedro takes the definition of an environment instead of that of all, not merged over it."""
    (prepared / "conf" / "aws_batch" / "aws_batch.yml").write_text("# nothing\n")
    (prepared / "conf" / "base" / "aws_batch.yml").write_text(
        "job_definition:\n  name: our_run\n  image: busybox\n  platform: ec2\n  secrets: {A: arn:x}\n"
    )
    with cloudformation() as aws:
        assert infra(aws, "deploy", "--yes").code == 0
    written = yaml.safe_load(settings_of(prepared))["job_definition"]
    assert written == {**DECLARED, "name": "our_run", "image": "busybox", "secrets": {"A": "arn:x"}}


def test_a_file_that_is_missing_is_written(infra, prepared):
    (prepared / "conf" / "aws_batch" / "aws_batch.yml").rename(prepared / "conf" / "aws_batch" / "catalog.yml")
    (prepared / "conf" / "aws_batch" / "catalog.yml").write_text("")
    (prepared / "conf" / "base" / "aws_batch.yml").write_text("job_definition: kedro_run\n")
    with cloudformation() as aws:
        assert infra(aws, "deploy", "--yes", "-q").text == "wrote conf/aws_batch/aws_batch.yml\n"
    assert yaml.safe_load(settings_of(prepared))["job_definition"] == DECLARED


def test_quiet_says_how_it_ended_and_verbose_spells_states_as_aws_does(infra):
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes", "-q")
    assert (ended.code, ended.text, ended.err) == (0, "wrote conf/aws_batch/aws_batch.yml\n", "")
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes", "-v")
    assert "CREATE_IN_PROGRESS  JobQueue  Batch JobQueue: Resource creation Initiated\n" in ended.err


# The question


@pytest.mark.parametrize("status", [None, "CREATE_COMPLETE"])
def test_without_a_terminal_and_yes_nothing_is_changed(infra, prepared, status):
    with cloudformation(status=status, parameters={"Subnets": "s", "SecurityGroups": "g"}) as aws:
        ended = infra(aws, "deploy")
        assert (aws.status, aws.change_sets) == (status or "DELETE_COMPLETE", {})
        assert not aws.called("ExecuteChangeSet")
    assert ended.code == 2
    assert ended.err.endswith("Error: Nothing was changed. There is no terminal to answer on: add --yes to agree\n")
    assert settings_of(prepared) == SETTINGS


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ("n\n", 2, "Nothing was changed."),
        ("\x04", 2, "Nothing was changed."),
        ("\x03", 130, "Stopped by SIGINT."),
        ("y\n", 0, ""),
    ],
)
def test_the_question_is_asked_on_a_terminal(prepared, answer, code, said):
    with cloudformation() as aws:
        env = {**aws.environment, "CI": ""}
        with on_terminal("infra", "deploy", cwd=prepared, env=env, program=PROGRAM) as terminal:
            terminal.wait_for("8 to make")
            terminal.wait_for("Make these changes? [y/N]: ")
            terminal.press(answer)
            ended = terminal.end()
        assert ended.code == code
        assert said in ended.err
        assert aws.change_sets == {}
        assert aws.status == ("DELETE_COMPLETE" if code else "CREATE_COMPLETE")


def test_a_change_set_of_somebody_else_stays_and_so_does_its_stack(infra):
    with cloudformation(status="REVIEW_IN_PROGRESS", change_sets={"theirs": {}}) as aws:
        assert infra(aws, "deploy").code == 2
        assert (aws.status, list(aws.change_sets)) == ("REVIEW_IN_PROGRESS", ["theirs"])


# A stack that exists


def test_nothing_to_change_is_no_failure_and_the_settings_are_written(infra, prepared):
    with cloudformation(
        status="UPDATE_COMPLETE", parameters={"Subnets": "subnet-1", "SecurityGroups": "sg-1"}, changes=None
    ) as aws:
        compared = infra(aws, "diff")
        ended = infra(aws, "deploy", "--yes")
        assert aws.change_sets == {}
        assert not aws.called("ExecuteChangeSet")
    assert (compared.code, ended.code) == (0, 0), ended.err
    assert compared.text == f"The stack {STACK} in account 123456789012, us-east-1 is as the template says.\n"
    assert yaml.safe_load(settings_of(prepared))["job_definition"] == DECLARED


def test_an_update_keeps_parameters_and_shouts_where_data_or_jobs_may_be_lost(infra):
    vcpus = {"Target": {"Attribute": "Properties", "Name": "ComputeResources", "BeforeValue": "16", "AfterValue": "32"}}
    vcpus["Target"]["Path"] = "/Properties/ComputeResources/MaxvCpus"
    changes = [
        modify("ComputeEnvironment", Details=[vcpus, vcpus]),
        modify("JobQueue", Replacement="Conditional"),
        modify("JobDefinition", Replacement="True"),
        modify("Repository", Replacement="True", PolicyAction="ReplaceAndDelete"),
        modify("Bucket", Action="Remove", PolicyAction="Delete"),
        modify("LogGroup", Action="Remove", PolicyAction="Retain"),
        modify("JobRole", Action="Import"),
    ]
    before = {"Subnets": "subnet-1", "SecurityGroups": "sg-1", "MaxvCpus": "16", "ServiceRole": "", "Token": "****"}
    with cloudformation(status="CREATE_COMPLETE", parameters=before, changes=changes, on_execute=UPDATE) as aws:
        ended = infra(aws, "deploy", "--yes", "--parameter", "MaxvCpus=32", "--parameter", "Token=secret")
        (made,) = aws.called("CreateChangeSet")
    assert ended.code == 0, ended.err
    assert made["ChangeSetType"] == "UPDATE"
    assert parameters(made) == {
        "Subnets": None,
        "SecurityGroups": None,
        "MaxvCpus": "32",
        "ServiceRole": None,
        "Token": "secret",
    }
    lines = ended.err.splitlines()
    assert lines[0].endswith("exists: 7 resources, 2 to remove, 4 to change, 1 to take over")
    shown = [" ".join(line.split()) for line in lines]
    for line in (
        "- Bucket S3 Bucket a-bucket DELETED, WITH THE DATA IN IT",
        "~ ComputeEnvironment Batch ComputeEnvironment a_env",
        "ComputeResources.MaxvCpus: 16 -> 32",
        "~ JobDefinition Batch JobDefinition kedro_run:3 a new revision",
        f"~ JobQueue Batch JobQueue a_queue MAY BE REPLACED: {DELETED} THE JOBS IN IT",
        "= JobRole IAM Role batchJobRole exists, and is taken over as it is",
        "- LogGroup Logs LogGroup /aws/batch/a_project leaves the stack, and is kept",
        f"~ Repository ECR Repository a-project REPLACED: {DELETED} THE IMAGES IN IT",
        "parameter MaxvCpus: 16 -> 32",
    ):
        assert shown.count(line) == 1, (line, ended.err)
    assert "secret" not in ended.err
    assert "cleaning up   the stack" in ended.err


@pytest.mark.parametrize(
    ("before", "deployed", "new"),
    [
        ("16", TEMPLATE, True),
        ("32", TEMPLATE, False),
        ("16", TEMPLATE.replace("Default: 16", "Default: 8"), False),
    ],
    ids=["was the default", "was given", "was given, as the new default of then"],
)
def test_a_new_default_in_the_template_counts_where_nobody_has_given_a_value(infra, prepared, before, deployed, new):
    (prepared / "infrastructure.yml").write_text(TEMPLATE.replace("Default: 16", "Default: 64"))
    known = {"Subnets": "s", "SecurityGroups": "g", "MaxvCpus": before, "Token": "****"}
    with cloudformation(status="CREATE_COMPLETE", parameters=known, template=deployed) as aws:
        assert infra(aws, "diff").code == 3
        (made,) = aws.called("CreateChangeSet")
    stays = {"Subnets": None, "SecurityGroups": None, "Token": None}
    assert parameters(made) == (stays if new else {**stays, "MaxvCpus": None})


def test_a_template_that_may_not_be_read_back_is_no_reason_not_to_deploy(infra):
    denied = (403, "AccessDenied", "User: arn:x is not authorized to perform: cloudformation:GetTemplate")
    with cloudformation(
        status="CREATE_COMPLETE", parameters={"Subnets": "s", "SecurityGroups": "g"}, faults={"GetTemplate": [denied]}
    ) as aws:
        ended = infra(aws, "diff")
    assert ended.code == 3
    assert "So parameters keep the values that they have, also where the template's default is new\n" in ended.err


def test_diff_shows_what_would_change_and_leaves_nothing_behind(infra, prepared):
    with cloudformation() as aws:
        ended = infra(aws, "diff")
        assert (aws.status, aws.change_sets) == ("DELETE_COMPLETE", {})
        assert not aws.called("ExecuteChangeSet")
    assert ended.code == 3
    assert "8 resources, 8 to make\n  + Bucket " in ended.text
    assert "Error" not in ended.err
    assert settings_of(prepared) == SETTINGS


def test_other_changes_than_of_resources_are_changes(infra):
    with cloudformation(
        status="CREATE_COMPLETE", parameters={"Subnets": "s", "SecurityGroups": "g"}, changes=[]
    ) as aws:
        ended = infra(aws, "diff")
    assert ended.code == 3
    assert "no resource changes, but outputs, tags or the text of the template do" in ended.text


def test_a_deployment_that_goes_on_already_is_followed_first(infra):
    """As after Ctrl-C, and where somebody else deploys."""
    with cloudformation(status="CREATE_IN_PROGRESS", events=[CREATION[0]], changes=None) as aws:
        aws.parameters = {"Subnets": "s", "SecurityGroups": "g"}
        aws.script = list(CREATION[1:])
        ended = infra(aws, "deploy", "--yes")
    assert ended.code == 0, ended.err
    assert f"CloudFormation is at work on the stack {STACK} already (CREATE_IN_PROGRESS)" in ended.err
    assert "made          JobQueue  Batch JobQueue\n" in ended.err
    assert "is as the template says" in ended.err


def test_a_deletion_that_goes_on_is_followed_and_the_stack_made_again(infra):
    with cloudformation(status="DELETE_IN_PROGRESS") as aws:
        aws.script = [("", "DELETE_COMPLETE", "")]
        ended = infra(aws, "deploy", "--yes")
        (made,) = aws.called("CreateChangeSet")
    assert ended.code == 0, ended.err
    assert made["ChangeSetType"] == "CREATE"


def test_ctrl_c_leaves_the_stack_to_go_on_and_says_how_to_follow_it(prepared):
    with cloudformation() as aws:
        aws.on_execute = CREATION[:2]  # it comes to no end
        command = [*PROGRAM, "infra", "deploy", "--yes"]
        with subprocess.Popen(
            command, cwd=prepared, env=environment(aws.environment), stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr
            said = next(line for line in process.stderr if "making        JobQueue" in line)
            process.send_signal(signal.SIGINT)
            said += process.stderr.read()
    assert process.returncode == 130
    assert f"CloudFormation goes on with the stack {STACK} in account 123456789012, us-east-1." in said
    assert "go on from there: kedro-batch infra deploy\n" in said
    assert settings_of(prepared) == SETTINGS


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "operation", "said"),
    [
        ("deploy --yes", "CreateChangeSet", ""),
        (
            "deploy --yes",
            "ExecuteChangeSet",
            "these changes is not known. To see, and go on from there: kedro-batch infra deploy\n",
        ),
        (
            "deploy --yes",
            "DescribeStackResources",
            "aws_batch.yml does not name all of it yet. To write it there: kedro-batch infra deploy\n",
        ),
        (
            "destroy --yes",
            "DeleteStack",
            "Whether CloudFormation deletes the stack is not known. To see, and go on: kedro-batch infra destroy\n",
        ),
    ],
)
def test_ctrl_c_during_a_call_leaves_nothing_half_done_that_is_not_said(prepared, words, operation, said):
    there = "CREATE_COMPLETE" if words.startswith("destroy") else None
    with cloudformation(status=there, hangs=operation, polls=2) as aws:
        command = [*PROGRAM, "infra", *words.split()]
        with subprocess.Popen(
            command, cwd=prepared, env=environment(aws.environment), stderr=subprocess.PIPE, text=True
        ) as process:
            assert aws.hanging.wait(GENEROUS_S)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=GENEROUS_S)
        assert aws.change_sets == {}
        assert aws.status == "DELETE_COMPLETE" or operation != "CreateChangeSet"
    assert process.returncode == 130
    assert err.endswith(f"{said}Stopped by SIGINT.\n")
    assert "is left" not in err
    assert settings_of(prepared) == SETTINGS


LOST = [None] * 4  # as often as a call is repeated


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"CreateChangeSet": [*LOST]}, "cannot call CreateChangeSet: Connection was closed"),
        (
            {"ExecuteChangeSet": [*LOST]},
            "is not known. To see, and go on from there: kedro-batch infra deploy\nError: ",
        ),
        (
            {"ExecuteChangeSet": [(400, "InvalidChangeSetStatus", "It is OBSOLETE")]},
            "Nothing was changed: the stack has changed since, or is changing. To see what it has become, and go on ",
        ),
        (
            {
                "ExecuteChangeSet": [(400, "InvalidChangeSetStatus", "It is OBSOLETE")],
                "DeleteChangeSet": [(400, "InvalidChangeSetStatus", "The stack is CREATE_IN_PROGRESS")],
            },
            "refused ExecuteChangeSet: InvalidChangeSetStatus: It is OBSOLETE. Nothing was changed",
        ),
    ],
)
def test_what_is_not_answered_or_comes_too_late_says_how_to_go_on(infra, faults, said):
    with cloudformation(faults=faults) as aws:
        ended = infra(aws, "deploy", "--yes")
    assert ended.code == 5
    assert said in ended.err
    assert "is left" not in ended.err


def test_diff_is_shown_also_if_what_was_made_for_it_cannot_be_taken_back(infra):
    denied = (403, "AccessDenied", "User: arn:x is not authorized to perform: cloudformation:DeleteStack")
    with cloudformation(faults={"DeleteStack": [denied]}) as aws:
        ended = infra(aws, "diff")
    assert ended.code == 3
    assert "8 resources, 8 to make" in ended.text
    assert "What was made only to compare is left, and does no harm: " in ended.err


def test_expired_credentials_are_waited_for_while_the_stack_goes_on(infra):
    expired = (403, "ExpiredToken", "The security token included in the request is expired")
    with cloudformation(on_execute=[CREATION[0], expired, expired, *CREATION[1:]]) as aws:
        ended = infra(aws, "deploy", "--yes")
    assert ended.code == 0, ended.err
    assert ended.err.count("ExpiredToken: The security token included in the request is expired. Log in again") == 1
    assert "Trying again for up to 15 min 0 s; the stack goes on changing meanwhile\n" in ended.err
    assert "AWS CloudFormation answers again\n" in ended.err
    assert ended.err.count("made          JobQueue") == 1


def test_keys_in_variables_that_expire_end_the_command_and_the_same_one_continues(infra):
    expired = (403, "ExpiredToken", "The security token included in the request is expired")
    keys = {"AWS_ACCESS_KEY_ID": "ASIAOLD", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "x"}
    with cloudformation(on_execute=[CREATION[0], expired, *CREATION[1:]]) as aws:
        ended = infra(aws, "deploy", "--yes", **keys)
        assert ended.code == 5
        assert "Trying again" not in ended.err
        assert "in variables of this process (AWS_ACCESS_KEY_ID), where nobody else can renew them" in ended.err
        assert "Set new ones, and repeat the command: it continues from there" in ended.err
        assert infra(aws, "deploy", "--yes").code == 0


# Failures


def test_a_creation_that_fails_says_why_and_what_to_do(infra, prepared):
    with cloudformation(on_execute=FAILED_CREATION) as aws:
        ended = infra(aws, "deploy", "--yes")
        again = infra(aws, "deploy", "--yes")
        compared = infra(aws, "diff")
        assert len(aws.called("CreateChangeSet")) == 1
    assert (ended.code, again.code, compared.code) == (5, 5, 5)
    failure = ended.err.rpartition("Error: ")[2]
    for said in (failure, again.err):
        assert "  ComputeEnvironment (arn:aws:batch:us-east-1:123456789012:compute-environment/a_env): " in said
        assert WRONG_ROLE in said
        assert "cancelled" not in said
        assert "kedro-batch infra destroy" in said
    assert "What had been made was deleted again." in failure
    assert "takes no changes: it is ROLLBACK_COMPLETE, since its creation failed" in again.err
    assert settings_of(prepared) == SETTINGS


def test_an_update_that_fails_leaves_what_was_there(infra):
    script = [
        UPDATE[0],
        ("ComputeEnvironment", "UPDATE_FAILED", "Cannot be changed"),
        ("", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [ComputeEnvironment]."),
        ("", "UPDATE_ROLLBACK_COMPLETE", ""),
    ]
    with cloudformation(
        status="CREATE_COMPLETE",
        events=list(FAILED_CREATION),  # of an earlier attempt: not the reason of this one
        parameters={"Subnets": "s", "SecurityGroups": "g"},
        changes=[modify("ComputeEnvironment")],
        on_execute=script,
    ) as aws:
        ended = infra(aws, "deploy", "--yes")
    assert ended.code == 5
    assert "All is as it was before. Correct that, and deploy again: kedro-batch infra deploy\n" in ended.err
    assert "Cannot be changed" in ended.err
    assert "service role is wrong" not in ended.err


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("CREATE_FAILED", "delete what is left of the stack (kedro-batch infra destroy)"),
        ("DELETE_FAILED", "delete it again (kedro-batch infra destroy)"),
        (
            "UPDATE_ROLLBACK_FAILED",
            f"aws cloudformation continue-update-rollback --stack-name {STACK} --region us-east-1",
        ),
        ("IMPORT_ROLLBACK_FAILED", "The console of CloudFormation"),
    ],
)
def test_a_half_made_stack_takes_no_changes_and_its_way_out_is_said(infra, status, advice):
    with cloudformation(status=status, events=[CREATION[0], ("JobQueue", "CREATE_FAILED", "it is so")]) as aws:
        ended = infra(aws, "deploy", "--yes")
        assert not any(aws.called(operation) for operation in CHANGED)
    assert ended.code == 5
    assert f"it is {status}" in ended.err
    assert "it is so" in ended.err
    assert advice in ended.err


def test_a_change_set_that_cannot_be_made_says_why_in_detail_and_leaves_nothing(infra):
    found = {"LogicalResourceId": "Bucket", "ValidationStatusReason": "The bucket a-bucket already exists."}
    with cloudformation(refusal="The following hook(s)/validation failed", early_validation=[found, found]) as aws:
        ended = infra(aws, "deploy", "--yes")
        assert (aws.status, aws.change_sets) == ("DELETE_COMPLETE", {})
    assert ended.code == 5
    assert (
        "The following hook(s)/validation failed. Bucket: The bucket a-bucket already exists. Something " in ended.err
    )
    assert ended.err.endswith("delete what exists only if nobody needs it\n")


@pytest.mark.parametrize("operation", ["DescribeStacks", "CreateChangeSet", "ExecuteChangeSet"])
def test_what_the_account_may_not_do_is_named_and_nothing_is_left(infra, prepared, operation):
    denied = (403, "AccessDenied", f"User: arn:x is not authorized to perform: cloudformation:{operation}")
    with cloudformation(faults={operation: [denied]}) as aws:
        ended = infra(aws, "deploy", "--yes")
        assert aws.status in (None, "DELETE_COMPLETE")
        assert aws.change_sets == {}
    assert ended.code == 5
    assert f"refused {operation}: AccessDenied: " in ended.err
    assert "Traceback" not in ended.err
    assert settings_of(prepared) == SETTINGS


def test_results_that_cannot_be_read_are_read_by_the_next_deploy(infra, prepared):
    denied = (400, "AccessDeniedException", "not authorized to perform: ecr:DescribeRepositories")
    with cloudformation(faults={"DescribeStackResources": [denied]}) as aws:
        ended = infra(aws, "deploy", "--yes")
        aws.changes = None
        again = infra(aws, "deploy", "--yes")
    assert ended.code == 5
    assert "is deployed" in ended.err
    assert again.code == 0
    assert "job_role" in settings_of(prepared)


# Bad input


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--parameter", "MaxVCPUs=3"], 2, "infrastructure.yml has no such parameter. Did you mean 'MaxvCpus'?"),
        (["--parameter", "MaxvCpus"], 2, "--parameter MaxvCpus: write it as KEY=VALUE"),
        (["--parameter", "MaxvCpus=3", "--parameter", "MaxvCpus=4"], 2, "--parameter MaxvCpus is given twice"),
        (["--parameter", "Image=a", "--image", "b"], 2, "--image and --parameter Image= name two images"),
        (["--parameter", "Subnets="], 2, "--parameter Subnets=: name at least one, such as Subnets=subnet-"),
        (["--stack", "a_stack"], 2, "--stack a_stack: a stack's name has letters, digits and hyphens"),
        (["--image", "UPPER"], 2, "--image UPPER: "),
        (["--template", "nothing.yml"], 2, "cannot read the template nothing.yml: No such file or directory"),
        (["--env", "nope"], 4, "To prepare the project for AWS Batch: kedro-batch init"),
    ],
)
def test_bad_options_are_refused_before_anything_is_changed(infra, words, code, said):
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes", *words)
        assert not any(aws.called(operation) for operation in CHANGED)
    assert ended.code == code
    assert said in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("template", "code", "said"),
    [
        (None, 2, "cannot read the template infrastructure.yml: No such file or directory. kedro-batch init writes it"),
        ("Resources: {}\n", 4, "infrastructure.yml is no CloudFormation template: it has no `Resources`"),
        (f"{TEMPLATE}#{'x' * 51200}", 4, "and CloudFormation takes a template of 51,200 at most"),
        (
            TEMPLATE.replace("    Default: 16\n", ""),
            2,
            "infrastructure.yml needs a value for MaxvCpus. Add --parameter",
        ),
    ],
)
def test_a_bad_template_is_refused(infra, prepared, template, code, said):
    (prepared / "infrastructure.yml").unlink()
    if template is not None:
        (prepared / "infrastructure.yml").write_text(template)
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes")
        assert not any(aws.called(operation) for operation in CHANGED)
    assert ended.code == code
    assert said in ended.err


def test_settings_that_cannot_be_written_are_refused_before_anything_is_changed(infra, prepared):
    (prepared / "conf" / "aws_batch" / "aws_batch.yml").unlink()
    (prepared / "conf" / "aws_batch" / "aws_batch.yml").mkdir()
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes")
        assert not any(aws.called(operation) for operation in CHANGED)
    assert ended.code == 2
    assert "cannot read conf/aws_batch/aws_batch.yml: Is a directory\n" in ended.err


def test_a_template_of_windows_is_sent_without_the_mark_at_its_beginning(infra, prepared):
    (prepared / "infrastructure.yml").write_bytes(b"\xef\xbb\xbf" + TEMPLATE.replace("\n", "\r\n").encode())
    with cloudformation() as aws:
        assert infra(aws, "diff").code == 3
        (made,) = aws.called("CreateChangeSet")
    assert made["TemplateBody"] == TEMPLATE


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('account: "000000000000"\n', "is for the account 000000000000, and these credentials"),
        ("region: eu-west-1\n", "is for the region eu-west-1, and the shell names us-east-1"),
    ],
)
def test_another_account_or_region_is_refused(infra, prepared, settings, said):
    (prepared / "conf" / "aws_batch" / "aws_batch.yml").write_text(SETTINGS + settings)
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes")
        assert not any(aws.called(operation) for operation in CHANGED)
    assert ended.code == 2
    assert said in ended.err


@pytest.mark.usefixtures("of_the_default_network")
def test_an_account_without_a_default_network_leads_to_what_to_name(infra):
    with cloudformation(networks=False) as aws:
        ended = infra(aws, "deploy", "--yes")
        named = infra(aws, "deploy", "--yes", "--parameter", "Subnets=subnet-a, subnet-b")
        (made,) = aws.called("CreateChangeSet")
    assert ended.code == 2
    assert (
        "--parameter Subnets=subnet-...,subnet-... --parameter SecurityGroups=sg-...; or let the template" in ended.err
    )
    assert named.code == 0, named.err
    assert parameters(made) == {"Subnets": "subnet-a, subnet-b", "SecurityGroups": "sg-1"}, "of the same network"


def test_an_endpoint_that_does_not_answer_is_said(infra):
    with cloudformation() as aws:
        ended = infra(aws, "deploy", "--yes", AWS_ENDPOINT_URL_CLOUDFORMATION="http://127.0.0.1:9")
    assert ended.code == 5
    assert "Could not connect to the endpoint URL" in ended.err


def test_an_advice_names_project_environment_and_stack(infra, prepared):
    (prepared / "conf" / "prod").mkdir()
    (prepared / "conf" / "prod" / "aws_batch.yml").write_text(SETTINGS)
    with cloudformation(status="CREATE_FAILED") as aws:
        ended = infra(aws, "deploy", "--project", prepared, "--env", "prod", "--stack", "ours", cwd=prepared.parent)
    assert f"(kedro-batch infra destroy --project {prepared} --env prod --stack ours)" in ended.err
