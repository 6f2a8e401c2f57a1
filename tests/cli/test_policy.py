"""``--policy`` of ``validate`` and ``diff``: where a policy is read from, and how the commands end."""

import json
import os
import subprocess
from html import unescape

import pytest
from jsonschema import Draft202012Validator

from kedro_batch.files import resources
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan

X = ["x"]
POLICY = """\
schema: kedro-batch/policy/v1
rules:
  max_attempts: 3
warnings:
  job_queues: [batch]
"""
ERROR = "plan.yaml:1: defaults.attempts: 5 attempts for all 2 jobs; policy.yaml:3 allows 3 at most"
WARNING = "plan.yaml:1: defaults.job_queue: queue 'a_queue' for all 2 jobs; policy.yaml:5 allows queue batch"


@pytest.fixture
def folder(tmp_path):
    """A folder with a policy, and a plan that breaks it; ``old.yaml`` does, too, and ``soft.yaml`` is warned of."""
    (tmp_path / "policy.yaml").write_text(POLICY)
    for name, attempts in (("soft.yaml", 3), ("old.yaml", 4), ("plan.yaml", 5)):
        written = write_plan(tmp_path, {"one": X, "two": X}, defaults={"attempts": attempts})
        written.rename(tmp_path / name)
    return tmp_path


def test_a_plan_that_breaks_a_rule_is_not_valid(folder):
    ended = kedro_batch("validate", "plan.yaml", "--policy", "policy.yaml", cwd=folder)
    assert (ended.code, ended.text) == (4, "")
    assert ended.err == (
        "plan.yaml is valid: 2 jobs, 0 nodes, longest path 1 job\n"
        f"Warning: plan.yaml breaks 1 rule under warnings in policy.yaml:\n  warning policy: {WARNING}\n"
        f"Error: plan.yaml breaks 1 rule of policy.yaml:\n  error policy: {ERROR}\n"
    )


def test_a_warning_changes_no_code(folder):
    ended = kedro_batch("validate", "soft.yaml", "--policy", "policy.yaml", cwd=folder)
    assert ended.code == 0
    assert ended.text.startswith("digest sha256:")
    assert "warning policy: soft.yaml:1: defaults.job_queue" in ended.err


def test_json_has_all_jobs_of_each_violation(folder):
    ended = kedro_batch("validate", "plan.yaml", "--json", "-q", "--policy", "policy.yaml", cwd=folder)
    assert (ended.code, ended.err) == (4, "Error: plan.yaml breaks 1 rule of policy.yaml\n")
    document = json.loads(ended.text)
    Draft202012Validator(resources.schema("diagnostics")).validate(document)
    assert document["digest"] is None
    found = [(one["severity"], one["code"], one["line"], one["about"]) for one in document["diagnostics"]]
    jobs = ["one", "two"]
    assert found == [
        ("error", "policy", 1, {"rule": ["max_attempts"], "policy": ["policy.yaml:3"], "jobs": jobs}),
        ("warning", "policy", 1, {"rule": ["job_queues"], "policy": ["policy.yaml:5"], "jobs": jobs}),
    ]


CHOSEN = "plan.yaml has what --fail-on names, compared with old.yaml: attempts_raised (2)\n"


@pytest.mark.parametrize(("further", "said"), [([], ""), (["--exit-code"], ""), (["--fail-on=any"], CHOSEN)])
def test_a_diff_shows_what_the_new_plan_breaks_and_4_is_over_3(folder, further, said):
    ended = kedro_batch("diff", "old.yaml", "plan.yaml", "--policy", "policy.yaml", *further, cwd=folder)
    assert (ended.code, ended.err) == (4, f"{said}Error: plan.yaml breaks 1 rule of policy.yaml\n")
    _, policy, *_ = ended.text.split("\n\n")
    assert " ".join(policy.split()) == f"Policy policy.yaml ! error {ERROR} ! warning {WARNING}"


def test_a_diff_in_a_file_lists_the_violations_on_standard_error_too(folder):
    words = ["diff", "old.yaml", "plan.yaml", "--policy=policy.yaml"]
    markdown = kedro_batch(*words, "--format=markdown", "-o", "diff.md", cwd=folder)
    assert (markdown.code, markdown.text) == (4, "")
    assert markdown.err == (
        f"Warning: plan.yaml breaks 1 rule under warnings in policy.yaml:\n  warning policy: {WARNING}\n"
        f"Error: plan.yaml breaks 1 rule of policy.yaml:\n  error policy: {ERROR}\n"
    )
    text = (folder / "diff.md").read_text()
    assert text.endswith("\n\nnot to be applied: it breaks the policy\n")
    assert "### Plan: 2 of 2 jobs changed · breaks 1 rule of the policy · 1 policy warning · " in text
    assert f"**Breaks the policy** `policy.yaml`\n- **error** `{ERROR}`\n- **warning** `{WARNING}`\n" in text
    page = unescape(kedro_batch(*words, "--format=html", cwd=folder).text)
    assert "<summary>policy policy.yaml: broken</summary>" in page
    assert f"<li>error {ERROR}</li>\n      <li>warning {WARNING}</li>" in page
    document = json.loads(kedro_batch(*words, "--format=json", cwd=folder).text)
    Draft202012Validator(resources.schema("diff")).validate(document)
    assert document["policy"] == "policy.yaml"
    assert [one["about"]["jobs"] for one in document["violations"]] == [["one", "two"]] * 2


def test_a_diff_in_a_file_says_what_it_warns_of(folder):
    words = ["diff", "old.yaml", "soft.yaml", "--policy=policy.yaml", "--format=markdown", "-o", "diff.md"]
    ended = kedro_batch(*words, cwd=folder)
    warning = WARNING.replace("plan.yaml", "soft.yaml")
    said = f"Warning: soft.yaml breaks 1 rule under warnings in policy.yaml:\n  warning policy: {warning}\n"
    assert (ended.code, ended.err) == (0, said)
    assert "apply with: `kedro-batch apply soft.yaml --expect-digest" in (folder / "diff.md").read_text()


def test_every_advice_to_see_all_shows_all(folder):
    """Of 30 queues, and of 30 programs that only warn, five are shown; and all if asked for."""
    jobs = "".join(f"  - {{name: a{at}, command: [p{at}], job_queue: q{at}}}\n" for at in range(30))
    (folder / "many.yaml").write_text(f"schema: kedro-batch/plan/v1\ndefaults: {{job_definition: d}}\njobs:\n{jobs}")
    (folder / "both.yaml").write_text(
        "{schema: kedro-batch/policy/v1, rules: {job_queues: [q]}, warnings: {programs: [kedro]}}\n"
    )
    diff = ["diff", "/dev/null", "many.yaml", "--policy=both.yaml"]
    for words, advice, more in (
        (["validate", "many.yaml", "--policy=both.yaml"], "-v shows all, --json lists them", "-v"),
        (diff, "--full shows all", "--full"),
        ([*diff, "--format=json", "-o", "diff.json"], "--full shows all", "--full"),
    ):
        for asked, shown in ((words, 5), ([*words, more], 30)):
            ended = kedro_batch(*asked, cwd=folder)
            said = " ".join((ended.text + ended.err).split("\n\nRisks")[0].split())
            assert ended.code == 4
            for what in ("queue 'q", "program 'p"):
                assert said.count(what) == shown
            assert (advice in said) is (shown == 5)
            assert said.count("25 more ways to break it (30 in total, for all 30 jobs)") == (2 if shown == 5 else 0)
    see_all = "kedro-batch diff /dev/null many.yaml --full --policy=both.yaml"
    assert kedro_batch(*see_all.split()[1:], cwd=folder).text.count("program 'p") == 30
    markdown = kedro_batch(*diff, "--format=markdown", cwd=folder).text
    assert f"\n\n`{see_all}` shows all.\n" in markdown
    assert f"<li><code>{see_all}</code> shows all</li>" in kedro_batch(*diff, "--format=html", cwd=folder).text
    document = json.loads(kedro_batch("validate", "many.yaml", "--policy=both.yaml", "--json", cwd=folder).text)
    assert sum(one["code"] == "policy" for one in document["diagnostics"]) == 60


def test_a_diff_says_that_a_policy_is_kept_and_warnings_leave_the_code(folder):
    (folder / "kept.yaml").write_text(POLICY.partition("warnings")[0])
    kept = kedro_batch("diff", "plan.yaml", "soft.yaml", "--policy=kept.yaml", cwd=folder)
    assert (kept.code, "\n\nPolicy kept.yaml: kept\n\n" in kept.text) == (0, True)
    warned = kedro_batch("diff", "plan.yaml", "soft.yaml", "--policy=policy.yaml", "--exit-code", cwd=folder)
    assert (warned.code, "! warning soft.yaml:1" in warned.text) == (3, True)


@pytest.mark.parametrize("words", ["validate pl", "diff plan.yaml pl", "validate plan.yaml --policy pol"])
def test_shells_complete_names_of_files(folder, words):
    asked = {"COMP_WORDS": f"kedro-batch {words}", "COMP_CWORD": str(len(words.split()))}
    completed = kedro_batch(cwd=folder, env={"_KEDRO_BATCH_COMPLETE": "bash_complete", **asked})
    assert completed.text == f"file,{words.split()[-1]}\n"


def test_a_plan_that_is_gone_breaks_nothing(folder):
    for form in ("text", "markdown", "json", "html"):
        ended = kedro_batch("diff", "plan.yaml", "/dev/null", "--policy=policy.yaml", f"--format={form}", cwd=folder)
        assert (ended.code, ended.err) == (0, "")
        assert "policy" not in ended.text.partition("<script")[0]  # nor does it keep anything


@pytest.mark.parametrize("command", [["validate", "plan.yaml"], ["diff", "old.yaml", "plan.yaml"]])
@pytest.mark.parametrize(
    ("policy", "code", "said"),
    [
        ("gone.yaml", 2, "cannot read gone.yaml: No such file or directory"),
        ("-", 2, "--policy takes a file or REV:PATH, not standard input"),
        ("", 2, "it is empty"),
        ("plan.yaml", 4, "plan.yaml is not a policy:"),
        ("empty.yaml", 4, "empty.yaml: has no rule, so that every plan would pass"),
        ("main:policy.yaml", 2, "cannot read main:policy.yaml: invalid object name 'main'"),
        (
            "HEAD:gone.yaml",
            2,
            "path 'gone.yaml' does not exist in 'HEAD'. What is there: git ls-tree -r --full-tree --name-only HEAD\n",
        ),
        ("HEAD:new.yaml", 2, "but not in 'HEAD'. What is there: git ls-tree -r --full-tree --name-only HEAD\n"),
        ("s3://bucket/policy.yaml", 2, "it is a URL, and only files and revisions in git are read: download it first"),
    ],
)
def test_without_its_policy_no_plan_passes(folder, command, policy, code, said):
    (folder / "empty.yaml").write_text("")
    _commit(folder)
    (folder / "new.yaml").write_text(POLICY)
    ended = kedro_batch(*command, f"--policy={policy}", cwd=folder)
    assert (ended.code, ended.text) == (code, "")
    assert said in ended.err


def test_a_policy_alone_is_checked(folder):
    ended = kedro_batch("validate", "--policy=policy.yaml", cwd=folder)
    assert (ended.code, ended.text, ended.err) == (0, "", "policy.yaml is a policy: 1 rule, 1 warning\n")
    as_json = kedro_batch("validate", "--policy=policy.yaml", "--json", "-q", cwd=folder)
    assert (as_json.code, as_json.err, json.loads(as_json.text)["diagnostics"]) == (0, "", [])
    (folder / "wrong.yaml").write_text(POLICY.replace("attempts", "atempts"))
    wrong = kedro_batch("validate", "--policy=wrong.yaml", cwd=folder)
    assert (wrong.code, wrong.text) == (4, "")
    assert wrong.err.startswith("Error: wrong.yaml is not a policy:\n")
    neither = kedro_batch("validate", cwd=folder)
    assert neither.code == 2
    assert "name a plan: kedro-batch validate plan.yaml; or a policy alone, behind --policy" in neither.err


def test_a_second_policy_is_not_taken_in_place_of_the_first(folder):
    ended = kedro_batch("validate", "plan.yaml", "--policy=policy.yaml", "--policy=policy.yaml", cwd=folder)
    assert ended.code == 2
    assert "--policy is given 2 times: put all rules into one file" in ended.err


def test_a_pull_request_cannot_change_the_policy_of_the_branch_below(folder):
    _commit(folder)
    (folder / "policy.yaml").unlink()
    (folder / "work:policy.yaml").write_text(POLICY.replace("3", "9"))
    assert kedro_batch("validate", "plan.yaml", "--policy=HEAD:policy.yaml", cwd=folder).code == 4
    ended = kedro_batch("validate", "plan.yaml", "--policy=work:policy.yaml", cwd=folder)
    assert ended.code == 2
    assert "it may be a revision in git and is a file, too" in ended.err


def _commit(folder):
    git = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "--quiet", "-b", "work", "."], ["add", "."], [*who, "commit", "--quiet", "-m", "a policy"]):
        subprocess.run(["git", *words], cwd=folder, check=True, env=git)
