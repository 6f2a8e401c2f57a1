"""What a policy may say, and what is said of a file that is none: a policy never lets plans pass in silence."""

import json

import pytest

from kedro_batch.diagnostics import Severity
from kedro_batch.errors import PolicyError
from kedro_batch.files.resources import schema
from kedro_batch.plan.policy.model import Rule, RuleName
from kedro_batch.plan.policy.reader import read_policy

HEAD = "schema: kedro-batch/policy/v1\n"


def read(text):
    return read_policy(text.encode(), "policy.yaml")


def wrong(text):
    with pytest.raises(PolicyError) as caught:
        read(text)
    assert caught.value.exit_code == 4
    return [str(one) for one in caught.value.diagnostics]


def test_rules_have_a_line_and_a_severity():
    policy = read(f"{HEAD}warnings:\n  max_jobs: 10\nrules:\n  job_queues: [a, b]\n\n  max_vcpus: 2.0\n")
    assert policy.rules == (
        Rule(name=RuleName.JOB_QUEUES, value=("a", "b"), severity=Severity.ERROR, line=5),
        Rule(name=RuleName.MAX_VCPUS, value=2, severity=Severity.ERROR, line=7),
        Rule(name=RuleName.MAX_JOBS, value=10, severity=Severity.WARNING, line=3),
    )


def test_the_schema_has_every_rule():
    assert list(schema("policy")["$defs"]["rules"]["properties"]) == [str(name) for name in RuleName]


@pytest.mark.parametrize("text", ["", "# nothing\n", HEAD, f"{HEAD}rules: {{}}\n", f"{HEAD}rules:\n", "[]", "x"])
def test_a_policy_without_rules_is_none(text):
    assert wrong(text)


def test_that_nothing_is_ruled_is_said():
    said = "policy.yaml: has no rule, so that every plan would pass: write one under rules, such as max_attempts: 3"
    assert wrong("") == [said]
    assert wrong(HEAD) == [said.replace("policy.yaml:", "policy.yaml:1:")]
    assert wrong(f"{HEAD}rules: {{}}\n") == ["policy.yaml:2: rules: is empty. Rules by name, one or more."]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("max_vcpu: 3", "policy.yaml:3: rules.max_vcpu: unknown field. Did you mean 'max_vcpus' or "),
        ("job_queue: [a]", "rules.job_queue: unknown field. Did you mean 'job_queues'"),
        ("timeout: 3", "rules.timeout: unknown field. Did you mean 'max_timeout_s'?"),
        ("cheap: true", "rules.cheap: unknown field. Known here: job_queues, job_definitions, "),
        ("severity: warning", "rules.severity: unknown field. Rules that only warn stand under warnings, all others"),
        ("max_vcpus: many", "policy.yaml:3: rules.max_vcpus: must be a number, found 'many'"),
        ("max_vcpus: .inf", "rules.max_vcpus: YAML versions disagree about '.inf'"),
        ("max_jobs: 0", "rules.max_jobs: must be at least 1, found 0"),
        ("max_attempts: 2.5", "rules.max_attempts: must be a whole number"),
        ("job_queues: batch", "rules.job_queues: must be a list, found 'batch': write [batch]"),
        ("required_tags: {team: '*'}", "rules.required_tags.team: must be a list, found '*': write [\"*\"]"),
        ("programs: a,b", "rules.programs: must be a list, found 'a,b': write [\"a,b\"]"),
        ("job_queues: []", "rules.job_queues: must have 1 or more items"),
        ("job_queues: ['*']", "policy.yaml:3: rules.job_queues[0]: '*' is not allowed. A name as the plan has it"),
        ("job_queues: ['a*b']", "'a*b' is not allowed. A name as the plan has it, or its beginning with * at the end."),
        ("registries: ['ghcr.*']", "'ghcr.*' is not allowed. A host such as ghcr.io, or host/repository"),
        (
            "registries: ['https://ghcr.io']",
            "'https://ghcr.io' is not allowed. A host such as ghcr.io, or host/repository",
        ),
        (
            "registries: ['ghcr.io/our-team*']",
            "ghcr.io/our-team/*: no https://, no tag, and * only behind a /, since others may own what begins alike.",
        ),
        ("registries: [ghcr.io/]", "'ghcr.io/' is not allowed. A host such as ghcr.io, or host/repository"),
        ("registries: ['ghcr.io/a/b:1']", "'ghcr.io/a/b:1' is not allowed. A host such as ghcr.io, or host/repository"),
        ("accounts: [123456789012]", "must be text, found the number 123456789012: put it in quotes"),
        (
            "images_by_digest: false",
            "rules.images_by_digest: must be true, found false: leave it out if it does not hold",
        ),
        ("required_tags: {team: []}", "rules.required_tags.team: must have 1 or more items"),
        ("required_tags: [team]", "rules.required_tags: must be a mapping"),
        ("no_shell: yes", "rules.no_shell"),
        ("max_jobs: 1\n  max_jobs: 2", "policy.yaml:4: rules.max_jobs: the key is here twice"),
        ("max_jobs: &a 1", "anchors are not allowed"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_what_to_write(rules, said):
    assert any(said in one for one in wrong(f"{HEAD}rules:\n  {rules}\n")), wrong(f"{HEAD}rules:\n  {rules}\n")


def test_rules_at_the_top_belong_below_rules():
    (one,) = (one for one in wrong(f"{HEAD}max_jobs: 3\n") if "max_jobs" in one and "unknown" in one)
    assert one == (
        "policy.yaml:2: max_jobs: unknown field. Write it below rules, or below warnings if it should only warn."
    )


def test_another_version_is_refused():
    assert "found 'kedro-batch/policy/v2'; this version of kedro-batch reads 'kedro-batch/policy/v1'" in str(
        wrong("schema: kedro-batch/policy/v2\nrules: {max_jobs: 1}\n")
    )


@pytest.mark.parametrize(
    "text",
    [
        HEAD + json.dumps({"rules": {"job_queues": [{}] * 200_000}})[1:-1].replace('"rules": ', "rules: "),
        HEAD + "rules: " + "[" * 200_000,
        HEAD + "rules:\n" + "".join(f"  r{number}: 1\n" for number in range(9_000)),
        HEAD + "x" * (17 * 1024 * 1024),
    ],
    ids=["many items", "deep", "many rules", "large"],
)
def test_a_policy_that_means_harm_is_refused(text):
    assert 0 < len(wrong(text)) <= 1_001
