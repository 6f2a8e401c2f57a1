"""Pull requests on GitHub and GitLab: the check, and the comment that is written, replaced, or not written."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import yaml

from tests.support.gitlab_notes import BOT, TOKEN, GitLabNotes, gitlab_notes
from tests.support.workflows import (
    GitHub,
    git,
    github_clone,
    gitlab_clone,
    programs,
    render_workflow,
    run_gitlab_job,
)

PULL_REQUEST = render_workflow("github/kedro-batch-pull-request.yml")
JOBS = yaml.safe_load(PULL_REQUEST)["jobs"]
GITLAB = render_workflow("gitlab/kedro-batch.yml")
MARKER = "<!-- kedro-batch diff plan.yaml -->"
UPDATE = "**`plan.yaml` is out of date.** Update it: `kedro-batch compile --env=aws_batch -o plan.yaml`"
POSTED, REPLACED = "POST", "REPLACE"
_LAST = JOBS["comment"]["steps"][-1]["name"]
_FILE = "kedro-batch-policy.yaml"
_POLICY = "schema: kedro-batch/policy/v1\nrules: {max_memory_mib: 4096, job_queues: [a_queue]}\n"


@dataclass(frozen=True)
class Review:
    """What came of a pull request.

    Attributes:
        check: How the check ended.
        text: The comment.
        written: How it was written; None: not at all.
        judged: How the job ended that writes it.
        log: What that job says.
    """

    check: int
    text: str
    written: str | None
    judged: int
    log: str


class OnGitHub:
    """Reviews the branch ``change`` of a repository as GitHub does; comments are given as pages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables = programs(folder / "bin")
        self.reviews = 0

    def review(
        self, repository, *earlier: str, strangers: int = 0, token: bool = True, fail_on: str | None = None
    ) -> Review:
        self.reviews += 1
        here = self.folder / str(self.reviews)
        here.mkdir()
        bot, somebody = {"login": "github-actions[bot]"}, {"login": "somebody"}
        comments = [{"id": n, "user": somebody, "body": f"{MARKER}\nmine"} for n in range(strangers)]
        comments += [{"id": 1000 + n, "user": bot, "body": body} for n, body in enumerate(earlier)]
        pages = [comments[at : at + 100] for at in range(0, len(comments), 100)] or [[]]
        (here / "comments.json").write_text(json.dumps(pages))
        merge = repository.merged("change")
        variables = {
            **self.variables,
            "GH_STANDIN": str(here),
            "GITHUB_BASE_REF": "main",
            "GITHUB_REPOSITORY": "o/n",
        }
        expressions = {
            "env.PYTHON": "3.12",
            "github.event.pull_request.number": "5",
            "github.repository": "o/n",
            "github.run_id": "77",
            "github.server_url": "https://github.com",
            "github.token": "made-up",
        }

        def runner(job: str) -> GitHub:
            (here / job).mkdir()
            checked_out = github_clone(PULL_REQUEST, job, repository.folder, merge, here / job / "clone")
            return GitHub(clone=checked_out, variables=variables, expressions=expressions)

        check = runner("check").step(PULL_REQUEST, "check", "Check that plan.yaml is what the project compiles to")
        code = {"needs.check.outputs.code": check.outputs.get("code", "")}
        comment = runner("comment")
        workflow = PULL_REQUEST if fail_on is None else PULL_REQUEST.replace('FAIL_ON: ""', f'FAIL_ON: "{fail_on}"')
        write = comment.step(workflow, "comment", "Write the comment", **code)
        assert write.ended.code == 0, write.ended.err
        judged = comment.step(PULL_REQUEST, "comment", _LAST, **{"steps.write.outputs.code": write.outputs["code"]})
        came = partial(Review, check.ended.code, judged=judged.ended.code, log=write.ended.text + write.ended.err)
        text = (comment.clone / "comment.md").read_text()
        assert write.summary == text
        if not token:
            (post,) = (step for step in JOBS["comment"]["steps"] if step.get("name", "").startswith("Post"))
            assert post["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
            return came(text=text, written=None)
        news = {"steps.write.outputs.news": write.outputs["news"]}
        posting = comment.step(PULL_REQUEST, "comment", "Post the comment, or replace the earlier one", **news)
        assert posting.ended.code == 0, posting.ended.err
        file = here / "asked.jsonl"
        if not file.exists():
            return came(text=text, written=None)
        (asked,) = map(json.loads, file.read_text().splitlines())
        assert asked["body"] == text
        match asked["method"], asked["endpoint"]:
            case "POST", "repos/o/n/issues/5/comments":
                return came(text=text, written=POSTED)
            case "PATCH", path:
                assert path == "repos/o/n/issues/comments/1000"
                return came(text=text, written=REPLACED)
        raise AssertionError(asked)


class OnGitLab:
    """Reviews the branch ``change`` of a repository as GitLab does."""

    def __init__(self, folder: Path, service: GitLabNotes) -> None:
        self.folder, self.service = folder, service
        self.variables = programs(folder / "bin")
        self.reviews = 0

    def review(
        self, repository, *earlier: str, strangers: int = 0, token: bool = True, fail_on: str | None = None
    ) -> Review:
        self.reviews += 1
        self.service.written.clear()
        notes = [{"id": n, "author": {"id": 99}, "body": f"{MARKER}\nmine"} for n in range(strangers)]
        self.service.notes = [
            *notes,
            *({"id": 1000 + n, "author": {"id": BOT}, "body": body} for n, body in enumerate(earlier)),
        ]
        head = repository.git("rev-parse", "change")
        there = gitlab_clone(GITLAB, "kedro-batch note", repository.folder, head, self.folder / str(self.reviews))
        variables: Mapping[str, str] = {
            **self.variables,
            "CI_API_V4_URL": self.service.url,
            "CI_JOB_URL": "https://gitlab.com/o/n/-/jobs/77",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": repository.git("merge-base", "main", "change"),
            "CI_MERGE_REQUEST_IID": "5",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_PIPELINE_URL": "https://gitlab.com/o/n/-/pipelines/77",
            "CI_PROJECT_ID": "3",
        }
        check = run_gitlab_job(GITLAB, "kedro-batch check", there, variables)
        of_check = dict(line.split("=", 1) for line in (there / "check.env").read_text().splitlines())
        git("clean", "-fdx", cwd=there)  # the next job has another clone
        # What the merge request brings is data for this job, also where Python would import it in place of its own.
        (there / "json.py").write_text("raise SystemExit('a file of the project was run beside the token')")
        secret = {"KEDRO_BATCH_TOKEN": TOKEN} if token else {}
        workflow = GITLAB if fail_on is None else GITLAB.replace('FAIL_ON: ""', f'FAIL_ON: "{fail_on}"')
        ended = run_gitlab_job(workflow, "kedro-batch note", there, {**variables, **of_check, **secret})
        came = partial(Review, check.code, judged=ended.code, log=ended.text + ended.err)
        assert TOKEN not in ended.text + ended.err
        text = (there / "note.md").read_text()
        assert text in ended.text
        if not self.service.written:
            return came(text=text, written=None)
        ((method, path, body),) = self.service.written
        assert body == text
        assert (method, path.rpartition("/")[2]) in (("POST", "notes"), ("PUT", "1000"))
        return came(text=text, written={"POST": POSTED, "PUT": REPLACED}[method])


@pytest.fixture(params=["github", pytest.param("gitlab", marks=pytest.mark.long)])
def forge(request, tmp_path) -> Iterator[OnGitHub | OnGitLab]:
    folder = tmp_path / "forge"
    if request.param == "github":
        if not shutil.which("jq"):
            pytest.skip("jq is not installed, which gh has built in")
        yield OnGitHub(folder)
        return
    with gitlab_notes() as service:
        yield OnGitLab(folder, service)


def test_a_change_is_shown_and_after_a_push_without_the_plan_it_is_said_how_to_update_it(forge, repository):
    repository.give_memory(4096)
    first = forge.review(repository)
    assert (first.check, first.written, first.judged) == (0, POSTED, 0)
    assert first.text.startswith(f"{MARKER}\n\n### Plan: ")
    assert "`plan.yaml` compared with `refs/heads/main:plan.yaml`" in first.text
    assert "4 GiB" in first.text

    repository.give_memory(8192, compiled=False)
    stale = forge.review(repository, first.text, strangers=150)
    assert (stale.check, stale.written) == (3, REPLACED)
    assert stale.text.startswith(f"{MARKER}\n{UPDATE}\n\n### Plan: ")
    assert "4 GiB" in stale.text


def test_a_pull_request_that_leaves_the_plan_alone_gets_no_comment_but_an_earlier_one_is_replaced(forge, repository):
    repository.commit(notes="x")
    assert forge.review(repository).written is None
    again = forge.review(repository, f"{MARKER}\n{UPDATE}\nwhat has been taken back since")
    assert again.written == REPLACED
    assert "out of date" not in again.text
    assert "### Plan: no difference in 4 jobs" in again.text


def test_a_plan_that_breaks_the_policy_of_the_branch_below_is_red_whatever_the_pull_request_does(forge, repository):
    repository.git("checkout", "--quiet", "main")
    (repository.folder / "kedro-batch-policy.yaml").write_text(_POLICY)
    repository.commit()
    repository.git("checkout", "--quiet", "change")  # which began before there was a policy
    repository.give_memory(8192)
    review = forge.review(repository)
    assert (review.check, review.written, review.judged) == (0, POSTED, 4)
    policy = r"refs/(heads|remotes/origin)/main:kedro-batch-policy\.yaml"
    assert re.search(rf"\*\*Breaks the policy\*\* `{policy}`\n- \*\*error\*\* ", review.text)
    assert "8 GiB for all 4 jobs" in review.text
    assert re.search(rf"Error: plan.yaml breaks 1 rule of {policy}", review.log)

    repository.git("merge", "--quiet", "-m", "Merge", "main")
    (repository.folder / "kedro-batch-policy.yaml").write_text(_POLICY.replace("4096", "99999"))
    repository.commit()
    again = forge.review(repository, review.text)
    assert (again.written, again.judged, "8 GiB for all 4 jobs" in again.text) == (REPLACED, 4, True)


def test_a_tag_that_is_named_like_the_branch_below_is_neither_read_in_its_place_nor_in_the_way(forge, repository):
    repository.git("checkout", "--quiet", "main")
    (repository.folder / "kedro-batch-policy.yaml").write_text(_POLICY)
    repository.commit()
    repository.git("checkout", "--quiet", "-B", "change")
    repository.give_memory(8192)
    for name in ("main", "origin/main"):  # whoever may push tags and not branches
        repository.git("tag", name, "change")
    review = forge.review(repository)
    assert (review.check, review.written, review.judged) == (0, POSTED, 4)
    assert "8 GiB for all 4 jobs" in review.text


def test_the_first_policy_of_a_repository_is_none_yet_and_risks_are_red_if_they_were_chosen(forge, repository):
    (repository.folder / "kedro-batch-policy.yaml").write_text(_POLICY)
    plan = (repository.folder / "plan.yaml").read_text()
    repository.commit(plan_yaml=plan.replace("a_queue", "another_queue"))
    review = forge.review(repository, fail_on="image_changed,queue_changed")
    assert (review.check, review.written, review.judged) == (3, POSTED, 3)
    assert (
        "plan.yaml has what --fail-on names, compared with refs/heads/main:plan.yaml: queue_changed (4)" in review.log
    )
    assert "policy" not in review.text


@pytest.mark.long
def test_the_first_plan_of_a_repository_is_shown_whole(forge, repository):
    plan = (repository.folder / "plan.yaml").read_text()
    repository.git("checkout", "--quiet", "main")
    repository.commit(plan_yaml=None)
    repository.git("checkout", "--quiet", "-B", "change")
    repository.commit(notes="x")
    without = forge.review(repository)
    assert (without.check, without.written, without.judged) == (2, POSTED, 0)
    assert re.fullmatch(rf"{MARKER}\n\*\*There is no `plan.yaml`\.\*\* Write it: `[^`]*`\n\n", without.text)
    repository.commit(plan_yaml=plan)
    review = forge.review(repository)
    assert (review.check, review.written, review.judged) == (0, POSTED, 0)
    assert "### Plan: new, 4 jobs" in review.text


@pytest.mark.long
def test_a_plan_that_is_broken_is_said(forge, repository):
    repository.commit(plan_yaml="no plan")
    broken = forge.review(repository)
    assert (broken.check, broken.written, broken.judged) == (4, POSTED, 4)
    assert broken.text.startswith(f"{MARKER}\n**`plan.yaml` could not be checked**: see the [")
    assert "The changes cannot be shown: see the [log](https://" in broken.text


@pytest.mark.long
def test_a_plan_that_is_gone_is_a_summary_and_the_check_is_red(forge, repository):
    on_main(repository, _POLICY)
    repository.commit(plan_yaml=None)
    gone = forge.review(repository)
    assert (gone.check, gone.written, gone.judged) == (2, POSTED, 0)
    assert gone.text.startswith(f"{MARKER}\n**There is no `plan.yaml`.** Write it: `kedro-batch compile ")
    assert "\n### Plan: removed, with 4 jobs" in gone.text


def on_main(repository, policy=None, **files):
    """Commit files to main, and begin the branch anew."""
    repository.git("checkout", "--quiet", "main")
    if policy:
        (repository.folder / _FILE).write_text(policy)
    repository.commit(**files)
    repository.git("checkout", "--quiet", "-B", "change")


def test_a_plan_of_before_that_cannot_be_read_does_not_keep_a_good_one_out(forge, repository):
    plan = (repository.folder / "plan.yaml").read_text()
    queue = _POLICY.replace("max_memory_mib: 4096, ", "")
    on_main(repository, queue, plan_yaml=plan + "pages: 7\n")
    repository.commit(plan_yaml=plan)
    review = forge.review(repository)
    assert (review.check, review.written, review.judged) == (0, POSTED, 0)
    begin = f"{MARKER}\n\n**The plan before cannot be read**, so this one is shown as a new one:\n\n    Error: "
    assert review.text.startswith(begin)
    assert "pages" in review.text.split("\n\n### Plan: new, 4 jobs")[0]
    repository.commit(plan_yaml=plan.replace("a_queue", "another_queue"))
    judged = forge.review(repository, review.text)
    assert (judged.judged, "queue 'another_queue' for all 4 jobs" in judged.text) == (4, True)


def test_a_pull_request_does_not_bring_a_policy_that_is_none(forge, repository):
    on_main(repository, _POLICY)
    (repository.folder / _FILE).write_text(_POLICY.replace("rules", "rule"))
    repository.commit()
    review = forge.review(repository)
    assert (review.check, review.written, review.judged) == (0, POSTED, 4)
    assert re.match(rf"{MARKER}\n\n\*\*`{_FILE}` of this (pull|merge) request cannot be read\.\*\* ", review.text)
    assert f"\n\n    Error: HEAD:{_FILE} is not a policy:\n" in review.text
    assert "Did you mean 'rules'" in review.text


def test_a_policy_that_is_none_is_mended_without_the_plan_and_not_together_with_it(forge, repository):
    on_main(repository, "rules: {}\n")
    (repository.folder / _FILE).write_text(_POLICY.replace("4096", "9999"))
    repository.commit()
    mended = forge.review(repository)
    assert (mended.check, mended.written, mended.judged) == (0, POSTED, 0)
    assert mended.text.startswith(f"{MARKER}\n\n**`{_FILE}` of `main` cannot be read.** Mend it in a ")
    assert f"main:{_FILE} is not a policy:\n" in mended.text

    repository.give_memory(8192)
    both = forge.review(repository, mended.text)
    assert (both.written, both.judged, "8 GiB" in both.text) == (REPLACED, 4, True)

    repository.git("checkout", "--quiet", "-B", "change", "main")
    repository.give_memory(8192)
    neither = forge.review(repository)
    assert neither.judged == 4
    assert f"`{_FILE}` of `main` cannot be read" in neither.text
    repository.git("checkout", "--quiet", "-B", "change", "main")
    repository.commit(notes="x")
    assert forge.review(repository).judged == 4  # it would leave the policy as it is


def test_the_log_says_which_policy_judges_or_that_there_is_none_and_no_error_if_all_is_well(forge, repository):
    on_main(repository)
    (repository.folder / "kedro-batch-policy.yml").write_text(_POLICY)
    on_main(repository)
    repository.give_memory(8192)
    without = forge.review(repository)
    assert f"There is no {_FILE} at the top of main, so no policy is kept." in without.log
    on_main(repository, _POLICY)
    repository.give_memory(2048)
    judged = forge.review(repository, without.text)
    assert re.search(rf"refs/(heads|remotes/origin)/main:{_FILE} is a policy: 2 rules", judged.log)
    for one in (without, judged):
        assert (one.judged, "Error: " in one.log) == (0, False)


@pytest.mark.long
def test_a_fork_gets_no_comment_and_its_text_is_in_the_summary_or_the_log(forge, repository):
    repository.give_memory(4096)
    review = forge.review(repository, token=False)
    assert (review.check, review.written, review.judged) == (0, None, 0)
    assert "4 GiB" in review.text


@pytest.mark.parametrize(("files", "asked"), [({}, "-r requirements.txt"), ({"requirements.txt": None}, "-e .")])
def test_the_project_is_installed_from_what_it_has(files, asked, repository, tmp_path):
    variables = programs(tmp_path / "bin")
    for name in files:
        repository.git("rm", "--quiet", name)
    runner = GitHub(clone=repository.folder, variables=variables, expressions={"env.PYTHON": "3.12"})
    assert runner.step(PULL_REQUEST, "check", "Install the project and kedro-batch").ended.code == 0
    assert run_gitlab_job(GITLAB, "kedro-batch check", repository.folder, variables).code == 0
    log = (tmp_path / "asked-of-pip").read_text()
    assert log == f"install {asked} kedro-batch\n" * 2
