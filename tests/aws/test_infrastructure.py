"""What the template of ``init`` relies on: outputs, roles for containers of the account, what a deletion keeps."""

import json

import pytest

from tests.aws.images import push_image, push_index
from tests.aws.stack import AGAIN, PREFIX, bucket, deploy, deployed, infra, stack_name

pytestmark = pytest.mark.aws


def test_a_change_set_gives_the_outputs_of_its_template(account, stack, seen):
    (found,) = account.cloudformation.describe_stacks(StackName=stack_name(stack.name))["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())}
    seen(f"{found['StackStatus']}, outputs {sorted(outputs)}", code="templates/init/infrastructure.yml.j2 Outputs")
    assert {"JobQueue", "JobDefinition", "RepositoryUri", "JobRole", "ExecutionRole", "LogGroup"} <= outputs.keys()
    assert outputs["JobQueue"].endswith(f"/{stack.queue}")
    assert outputs["JobRole"] == stack.declared["job_role"]


def test_containers_get_both_roles_although_these_are_for_this_account_alone(jobs, seen):
    job = jobs.ended("has_role")
    (line,) = jobs.log(job["container"]["logStreamName"])  # that there is a log is the execution role's doing
    seen(f"{job['status']}; in the container: {line}", code="templates/init/infrastructure.yml.j2 aws:SourceAccount")
    assert job["status"] == "SUCCEEDED"
    assert jobs.stack.declared["job_role"] in line


def test_the_simulation_of_policies_answers_as_it_is_read(account, stack, seen):
    data = f"arn:aws:s3:::{bucket(stack.name, account)}"
    asked = {
        "s3:GetObject": [f"{data}/{PREFIX}/a.csv", f"{data}/elsewhere/a.csv"],
        "s3:PutObject": [f"{data}/{PREFIX}/a.csv"],
        "s3:ListBucket": [data],
    }
    found = {}
    for action, resources in asked.items():
        reply = account.iam.simulate_principal_policy(
            PolicySourceArn=stack.declared["job_role"], ActionNames=[action], ResourceArns=resources
        )
        results = reply["EvaluationResults"]
        found[action] = [(one.get("EvalResourceName"), one["EvalDecision"]) for one in results]
        missing = [one.get("MissingContextValues") for one in results]
        specific = [one.get("ResourceSpecificResults") for one in results]
        seen(
            f"{action}: {found[action]}, missing {missing}, of single resources {specific}",
            code="cloud/checks/data_access.py MissingContextValues",
        )
    inside, outside = asked["s3:GetObject"]
    assert dict(found["s3:GetObject"]) == {inside: "allowed", outside: "implicitDeny"}
    assert found["s3:PutObject"] == [(inside, "allowed")]
    (listing,) = results  # of ListBucket, which the template allows for one prefix
    assert listing["EvalDecision"] == "allowed" or "s3:prefix" in listing.get("MissingContextValues", ())


@pytest.mark.timeout(7_200)  # two deployments and two deletions, each of which may take many minutes
def test_what_a_deleted_stack_has_kept_is_taken_over_by_the_next(account, seen, tmp_path):
    with deployed(AGAIN, account, tmp_path) as first:
        kept = account.ecr.describe_repositories(repositoryNames=[AGAIN])["repositories"][0]["createdAt"]
        destroyed = infra(account, first.project, "destroy", "--yes", "--stack", stack_name(AGAIN))
        assert destroyed.code == 0, destroyed.err
        account.s3.head_bucket(Bucket=bucket(AGAIN, account))
        second = deploy(AGAIN, account, first.project)
        now = account.ecr.describe_repositories(repositoryNames=[AGAIN])["repositories"][0]["createdAt"]
        seen(
            f"after destroy and deploy the repository is from {now}, before from {kept}",
            code="cloud/infrastructure/change_sets.py ImportExistingResources",
        )
        assert now == kept
        assert second.settings["job_queue"] == first.settings["job_queue"]


def test_the_parts_of_an_index_with_a_tag_do_not_expire(account, stack, seen):
    repository = stack.name
    parts = [push_image(account, repository, one) for one in ("amd64", "arm64")]
    push_index(account, repository, "a-tag", parts)
    alone = [push_image(account, repository, one)["digest"] for one in ("riscv64", "s390x")]
    policy = json.loads(account.ecr.get_lifecycle_policy(repositoryName=repository)["lifecyclePolicyText"])
    (rule,) = policy["rules"]
    # The same images in a rule that counts, since none of them is two weeks old: all but one are to go.
    rule["selection"] = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1}
    account.ecr.start_lifecycle_policy_preview(repositoryName=repository, lifecyclePolicyText=json.dumps(policy))
    account.ecr.get_waiter("lifecycle_policy_preview_complete").wait(repositoryName=repository)
    reply = account.ecr.get_lifecycle_policy_preview(repositoryName=repository)
    expire = [one["imageDigest"] for one in reply["previewResults"]]
    digests = [one["digest"] for one in parts]
    seen(
        f"of two parts of an index, {len(set(expire) & set(digests))} would expire, and of two images alone "
        f"{len(set(expire) & set(alone))}",
        code="templates/init/infrastructure.yml.j2 expire",
    )
    assert not set(expire) & set(digests)
    assert set(expire) & set(alone), "the rule is at work"
