"""What `apply` refuses before it submits anything, as golden files: ``tests/golden/refusals/NAME.txt``.

The first line of a golden file is the exit code, and the rest is standard error. To write the files again, and then
read them:

    UPDATE_GOLDEN=1 pytest --no-cov tests/cli/test_preflight.py
    git diff tests/golden/refusals
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.forked import kedro_batch
from tests.support.plans import write_plan
from tests.support.services import standin

GOLDEN = Path(__file__).parent.parent / "golden" / "refusals"
POD = {"eksProperties": {"podProperties": {"containers": [{"name": "kedro"}]}}}
TASK = {"ecsProperties": {"taskProperties": [{"containers": [{"name": "kedro"}, {"name": "log_router"}]}]}}
FARGATE = {"computeResources": {"type": "FARGATE", "maxvCpus": 16}}
PODS_OVERRIDE = {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "kedro"}]}}}


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A plan of two jobs that an account does not fit.

    Attributes:
        defaults: Settings of both jobs.
        second: Settings of the second one.
        account: What the account has: the configuration of the stand-in.
    """

    defaults: dict[str, Any] = field(default_factory=dict)
    second: dict[str, Any] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)


REFUSALS = {
    "queue_that_does_not_exist": Refusal(defaults={"job_queue": "a_qeue"}),
    "definition_that_does_not_exist": Refusal(defaults={"job_definition": "a_defnition"}),
    "revision_that_is_not_active": Refusal(defaults={"job_definition": "a_definition:1"}),
    "several_at_once": Refusal(
        defaults={"job_queue": "off"},
        second={"job_queue": "nowhere", "job_definition": "nothing"},
        account={"queues": ["a_queue", "off"], "disabled_queues": ["off"]},
    ),
    "queue_that_is_invalid": Refusal(account={"invalid_queues": {"a_queue": "its environment is gone"}}),
    "queue_of_sagemaker": Refusal(
        account={"queue_details": {"a_queue": {"jobQueueType": "SAGEMAKER_TRAINING", "computeEnvironmentOrder": []}}}
    ),
    "all_environments_disabled": Refusal(
        account={
            "environments": {
                "spot": {"state": "DISABLED"},
                "on_demand": {"status": "INVALID", "statusReason": "CLIENT_ERROR - the role is gone"},
            }
        }
    ),
    "more_vcpus_than_an_environment_may_have": Refusal(
        second={"resources": {"vcpus": 16}},
        account={"environments": {"small": {"computeResources": {"type": "EC2", "maxvCpus": 8}}}},
    ),
    "definition_for_eks": Refusal(
        account={
            "environments": {"pods": {"containerOrchestrationType": "EKS"}},
            "definition_details": {"a_definition": POD},
        }
    ),
    "definition_for_eks_on_machines_of_ec2": Refusal(
        defaults={"submit": PODS_OVERRIDE}, account={"definition_details": {"a_definition": POD}}
    ),
    "definition_of_several_containers": Refusal(account={"definition_details": {"a_definition": TASK}}),
    "definition_of_several_nodes": Refusal(
        account={"definition_details": {"a_definition": {"type": "multinode", "nodeProperties": {"numNodes": 2}}}}
    ),
    "submit_for_eks_and_a_plain_container": Refusal(second={"submit": PODS_OVERRIDE}),
    "definition_for_fargate_on_machines_of_ec2": Refusal(
        account={"definition_details": {"a_definition": {"platformCapabilities": ["FARGATE"]}}}
    ),
    "size_that_fargate_has_not": Refusal(
        defaults={"resources": {"vcpus": 1, "memory_mib": 4000}},
        account={
            "environments": {"fargate": FARGATE},
            "definition_details": {"a_definition": {"platformCapabilities": ["FARGATE"]}},
        },
    ),
    "size_that_comes_from_job_and_definition": Refusal(
        second={"resources": {"vcpus": 4}},
        account={
            "environments": {"fargate": FARGATE},
            "definition_details": {
                "a_definition": {
                    "platformCapabilities": ["FARGATE"],
                    "containerProperties": {
                        "resourceRequirements": [
                            {"type": "VCPU", "value": "0.25"},
                            {"type": "MEMORY", "value": "512"},
                        ]
                    },
                }
            },
        },
    ),
    "share_identifier_missing": Refusal(
        second={"share_identifier": "flights"},
        account={"queue_details": {"a_queue": {"schedulingPolicyArn": "arn:aws:batch:::scheduling-policy/fair"}}},
    ),
    "share_identifier_forbidden": Refusal(second={"share_identifier": "flights"}),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_has_its_golden_message_and_nothing_is_submitted(name, tmp_path):
    refusal = REFUSALS[name]
    write_plan(tmp_path, {"first": ["x"], "second": ["x"]}, defaults=refusal.defaults, second=refusal.second)
    with standin(**refusal.account) as service:
        ended = kedro_batch("apply", "plan.yaml", "-q", cwd=tmp_path, env=service.environment)
        assert service.asked("submitjob") == service.asked("registerjobdefinition") == []
    message = f"exit {ended.code}\n{ended.err}"
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(message)
        pytest.fail(f"wrote {file.name}: read it as a user would, then test again without UPDATE_GOLDEN")
    assert message == file.read_text()


def test_each_golden_message_belongs_to_a_refusal():
    assert {file.stem for file in GOLDEN.iterdir()} == REFUSALS.keys()


def test_a_run_that_is_resumed_goes_on_with_the_new_plan_that_the_advice_names(tmp_path):
    write_plan(tmp_path, {"first": ["x"]})
    with standin(run_s=0, fail={"first": 1}, queues=["a_queue", "b_queue"]) as service:
        kedro_batch("apply", "plan.yaml", "--run-id=one", cwd=tmp_path, env=service.environment, impatient=True)
        service.configure(disabled_queues=["a_queue"])
        ended = kedro_batch("resume", "one", cwd=tmp_path, env=service.environment, impatient=True)
        write_plan(tmp_path, {"first": ["x"]}, defaults={"job_queue": "b_queue"})
        service.configure(fail={})
        advised = kedro_batch("resume", "one", "--new-plan", "plan.yaml", cwd=tmp_path, env=service.environment)
    assert ended.code == 5
    assert (
        "Enable the queue, or set another job_queue in aws_batch.yml, compile again, and go on with that plan: "
        "kedro-batch resume one --new-plan plan.yaml\n" in ended.err
    )
    assert "kedro-batch doctor" not in ended.err
    assert advised.code == 0, advised.err


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ({"deny": ["DescribeComputeEnvironments"]}, ""),
        ({"absent": ["DescribeComputeEnvironments"]}, ""),
        ({"deny": ["DescribeJobQueues"]}, "DescribeJobQueues: AccessDeniedException"),
        ({"environments": {"one": {}, "two": {"state": "DISABLED"}}}, ""),
    ],
)
def test_what_cannot_be_looked_at_and_what_is_only_a_warning_keeps_no_run_from_starting(tmp_path, account, said):
    write_plan(tmp_path, {"first": ["x"]})
    with standin(run_s=0, **account) as service:
        ended = kedro_batch("apply", "plan.yaml", "--detach", cwd=tmp_path, env=service.environment)
        assert len(service.asked("submitjob")) == 1
    assert ended.code == 0, ended.err
    refusals = [line for line in ended.err.splitlines() if "refused" in line]
    assert len(refusals) == bool(said)
    assert said in "".join(refusals)
