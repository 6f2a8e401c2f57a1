"""Checks the places of a plan's data on S3: the buckets, and whether the roles of the jobs may use them.

Sources: the Amazon S3 API reference, HeadBucket; the AWS IAM API reference, SimulatePrincipalPolicy.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kedro_batch.cloud.aws_errors import parsing
from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.machines import uses_fargate
from kedro_batch.cloud.checks.project_facts import DataPlace
from kedro_batch.cloud.checks.roles import role_name, setting
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.cloud.checks.target_replies import TargetReplies
from kedro_batch.cloud.checks.targets import target_replies
from kedro_batch.cloud.checks.unanswered import unanswered
from kedro_batch.cloud.error_replies import error_code
from kedro_batch.errors import ServiceError
from kedro_batch.plan.containers import find_tasks
from kedro_batch.text.wording import counted, did_you_mean, listed

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account

_BUCKET = "bucket"
_ACCESS = "data_access"
_LIST, _READ, _WRITE = "s3:ListBucket", "s3:GetObject", "s3:PutObject"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,255}|arn:.*")
"""Old buckets may have capitals and underscores, and access points have an ARN (boto3 takes the same)."""
_ALLOW = "Allow it in a policy of the role. What policies of the buckets allow is not looked at"
_REMOVE = "Remove the Deny from the policies of the role, its permissions boundary or those of the organization"
_MOST_FOLDERS = 50
"""So many folders are asked for at most, for each role and action: one page of replies."""


def check_buckets(subject: Subject, account: "Account") -> Iterator[Finding]:
    """Check that the buckets of the plan's data exist, where the jobs run."""
    datasets: defaultdict[str, list[str]] = defaultdict(list)
    for place in _places(subject):
        datasets[place.bucket].append(place.dataset)
    for bucket, names in sorted(datasets.items()):
        about = f"bucket {bucket!r} ({listed(names, most=2)})"
        try:
            yield _judge_bucket(about, bucket, account)
        except ServiceError as error:
            if error.passing:
                raise
            yield unanswered(_BUCKET, about, error)


def check_data_access(subject: Subject, account: "Account") -> Iterator[Finding]:
    """Check that the roles of the jobs may read and write their data, as far as IAM says it."""
    replies = target_replies(subject, account)
    for role, needs in sorted(_find_needs(subject, replies).items()):
        about = f"role {role_name(role)!r}"
        try:
            yield from _judge_access(about, role, needs, account)
        except ServiceError as error:
            if error.passing:
                raise
            if error_code(error) != "NoSuchEntity":  # the check of roles has said that it does not exist
                yield unanswered(_ACCESS, f"access to data on S3 of {about}", error)
    yield from _find_missing_roles(subject, replies)


def _places(subject: Subject) -> list[DataPlace]:
    """Return the places that jobs of the plan reach with what AWS gives them."""
    if subject.project is None:
        return []
    jobs = {job.name for job in subject.plan.jobs}
    return [one for one in subject.project.places if not (one.own_access or jobs.isdisjoint(one.readers | one.writers))]


def _judge_bucket(about: str, bucket: str, account: "Account") -> Finding:
    status, message, remedy = Status.PASS, "exists", ""
    if not _NAME.fullmatch(bucket):
        message = "has no name of a bucket: these have lower-case letters, digits, dots and hyphens"
        remedy = "Correct the catalog"
        return Finding(check=_BUCKET, status=Status.FAILURE, about=about, message=message, remedy=remedy)
    try:
        reply = account.call("s3", "head_bucket", Bucket=bucket)
    except ServiceError as error:
        match error_code(error):
            case "404" | "NoSuchBucket":
                hint = did_you_mean(bucket, _bucket_names(account))
                status, message = Status.FAILURE, f"does not exist{f'.{hint}' if hint else ''}"
                remedy = "Correct the catalog, or create the bucket"
            case "403" | "AccessDenied":
                status = Status.WARNING
                message = "exists, and your own credentials may not look at it: the role of the jobs may be allowed"
            case "301" | "PermanentRedirect":
                status, message = Status.WARNING, f"is in another region than {account.region}"
            case _:
                raise
    else:
        with parsing("HeadBucket", "Amazon S3"):
            region = reply.get("BucketRegion") or account.region
        if region != account.region:
            status = Status.WARNING
            message = f"is in {region}, and the jobs run in {account.region}: traffic between regions costs"
    return Finding(check=_BUCKET, status=status, about=about, message=message, remedy=remedy)


def _bucket_names(account: "Account") -> list[str]:
    """Return the names of the account's buckets; none if they cannot be had: they are only for a hint."""
    try:
        reply = account.call("s3", "list_buckets")
        with parsing("ListBuckets", "Amazon S3"):
            return [one["Name"] for one in reply["Buckets"]]
    except ServiceError:
        return []


def _find_needs(subject: Subject, replies: TargetReplies) -> dict[str, dict[str, set[str]]]:
    """Return what each job role has to do with S3: ARNs by action, of one object for each folder, and of buckets."""
    roles = _roles_by_job(subject, replies)
    needs: defaultdict[str, defaultdict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for place in _places(subject):
        for action, jobs in ((_READ, place.readers), (_WRITE, place.writers)):
            for role in {role for job in jobs for role in roles.get(job, ())}:
                bucket = f"arn:{_partition(role)}:s3:::{place.bucket}"
                needs[role][_LIST][bucket] = bucket
                needs[role][action].setdefault(f"{bucket}/{place.key}".rpartition("/")[0], f"{bucket}/{place.key}")
    return {role: {action: {*by_folder.values()} for action, by_folder in one.items()} for role, one in needs.items()}


def _partition(role: str) -> str:
    """Return the part of AWS that a role is in, such as ``aws-cn``."""
    return role.split(":")[1] if role.startswith("arn:") else "aws"


def _roles_by_job(subject: Subject, replies: TargetReplies) -> dict[str, tuple[str, ...]]:
    """Return the job roles of each job; none where its definition has none, or is not known."""
    roles = {name: _roles_of(name, replies) for name in replies.definitions}
    return {job.name: roles.get(job.settings.job_definition, ()) for job in subject.plan.jobs}


def _roles_of(definition: str, replies: TargetReplies) -> tuple[str, ...]:
    found = replies.definitions.get(definition)
    return tuple(task.job_role for task in find_tasks(found.reply) if task.job_role) if found else ()


def _judge_access(about: str, role: str, needs: Mapping[str, Collection[str]], account: "Account") -> Iterator[Finding]:
    results: list[Any] = []
    for action, resources in sorted(needs.items()):
        asked = sorted(resources)[:_MOST_FOLDERS]
        reply = account.call(
            "iam", "simulate_principal_policy", PolicySourceArn=role, ActionNames=[action], ResourceArns=asked
        )
        with parsing("SimulatePrincipalPolicy", "AWS IAM"):
            results += reply["EvaluationResults"]
            denied = [one for one in results if one["EvalDecision"] != "allowed"]
    known = [one for one in denied if not one.get("MissingContextValues")]
    if certain := [one for one in known if one["EvalDecision"] == "explicitDeny"]:
        message = f"is denied {_actions(certain)}"
        yield Finding(check=_ACCESS, status=Status.FAILURE, about=about, message=message, remedy=_REMOVE)
    if missing := [one for one in known if one["EvalDecision"] != "explicitDeny"]:
        message = f"is not allowed by its own policies {_actions(missing)}"
        yield Finding(check=_ACCESS, status=Status.WARNING, about=about, message=message, remedy=_ALLOW)
    if unknown := [one for one in denied if one.get("MissingContextValues")]:
        keys = listed(sorted({str(key) for one in unknown for key in one["MissingContextValues"]}))
        message = f"may use the data or not, as {keys} of each request decides: {_actions(unknown)}"
        yield Finding(check=_ACCESS, status=Status.SKIPPED, about=about, message=message)
    if not denied:
        counts = ", ".join(
            f"{action} in {counted(len(some), 'bucket' if action == _LIST else 'folder')}"
            for action, some in sorted(needs.items())
        )
        yield Finding(check=_ACCESS, status=Status.PASS, about=about, message=f"may use the data on S3: {counts}")


def _actions(decisions: Sequence[Mapping[str, Any]]) -> str:
    return listed(sorted({f"{one['EvalActionName']} on {one.get('EvalResourceName', '*')}" for one in decisions}))


def _find_missing_roles(subject: Subject, replies: TargetReplies) -> Iterator[Finding]:
    """Yield the definitions on Fargate whose jobs have data on S3 and no role: nothing gives them credentials."""
    users = {job for place in _places(subject) for job in place.readers | place.writers}
    wrong = sorted(
        {
            use.job_definition
            for use, jobs in subject.uses.items()
            if uses_fargate(use, replies) and not users.isdisjoint(jobs) and not _roles_of(use.job_definition, replies)
        }
    )
    for name in wrong:
        yield Finding(
            check=_ACCESS,
            status=Status.FAILURE,
            about=f"job definition {name!r}",
            message="has no job role, and its jobs use data on S3: on Fargate nothing else gives them credentials",
            remedy=f"{setting(subject, name, 'job_role')} to the ARN of a role that may use the data",
        )
