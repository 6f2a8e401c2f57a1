"""Merged plans on GitHub and GitLab: applied once, applied again, looked at until the service has forgotten them."""

import re
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from tests.support.forked import on
from tests.support.services import standin
from tests.support.workflows import (
    GitHub,
    bash,
    clone,
    github_clone,
    gitlab_clone,
    gitlab_job,
    programs,
    render_workflow,
    run_gitlab_job,
)

APPLY = render_workflow("github/kedro-batch-apply.yml")
GITLAB = render_workflow("gitlab/kedro-batch.yml")
_STEPS = {"apply": "Apply plan.yaml", "follow": "Look at the run of plan.yaml"}


class Runners:
    """Runners of both forges; each job has one of its own, with nothing but the clone."""

    def __init__(self, folder, repository, environment):
        self.folder, self.repository = folder, repository
        self.variables = {**programs(folder / "bin", impatient=True), **environment}

    def job(self, forge, name) -> tuple[int, str]:
        """Run a job; return how it ended and what it says."""
        there = Path(tempfile.mkdtemp(dir=self.folder))
        if forge == "github":
            cloned = github_clone(APPLY, name, self.repository.folder, "main", there / "clone")
            runner = GitHub(clone=cloned, variables=self.variables, expressions={"env.PYTHON": "3.12"})
            step = runner.step(APPLY, name, _STEPS[name])
            return step.ended.code, step.ended.text + step.ended.err
        given = {
            "AWS_REGION": "us-east-1",
            "KEDRO_BATCH_ID_TOKEN": "made-up",
            "KEDRO_BATCH_ROLE": "arn:aws:iam::123456789012:role/submitter",
        }
        job = f"kedro-batch {name}"
        cloned = gitlab_clone(GITLAB, job, self.repository.folder, "main", there / "clone")
        ended = run_gitlab_job(GITLAB, job, cloned, {**self.variables, **given})
        return ended.code, ended.text + ended.err

    def both(self, name) -> tuple[set[int], str]:
        """Run a job on both forges at once; return their codes, and all that they say."""
        with ThreadPoolExecutor() as pool:
            results = list(pool.map(lambda forge: self.job(forge, name), ("github", "gitlab")))
        return {code for code, _ in results}, "".join(said for _, said in results)


@pytest.mark.long
def test_from_the_merge_until_the_run_is_forgotten(repository, tmp_path):
    repository.git("checkout", "--quiet", "main")
    run = f"git-{repository.git('rev-parse', 'HEAD')[:12]}"
    with standin(run_s=3600) as service:
        runners = Runners(tmp_path, repository, service.environment)
        assert runners.job("github", "apply")[0] == 0
        names = {one["jobName"] for one in service.asked("submitjob")}
        assert len(names) == 4
        assert all(name.startswith(f"{run}_") for name in names)
        repository.commit(other="x")
        assert runners.job("gitlab", "apply")[0] == 0
        assert len(service.asked("submitjob")) == 4, "applied again, nothing is repeated"
        codes, said = runners.both("follow")
        assert (codes, said.count("goes on.")) == ({0}, 2), said

        service.configure(run_s=0.01, fail={"go_left": 3})
        service.finish("read_numbers")
        ended = on(service, "wait", run, "--plan", "plan.yaml", cwd=repository.folder)
        assert ended.code == 6, ended.err
        codes, said = runners.both("follow")
        assert (codes, said.count("has failed.")) == ({6}, 2), said
        assert f"kedro-batch resume {run} --plan plan.yaml" in said

        service.forget("read_numbers", "go_left", "go_right", "add_up")
        codes, said = runners.both("follow")
        assert (codes, said.count("is not in AWS Batch: it was never started")) == ({0}, 2), said


@pytest.mark.long
def test_a_run_that_has_succeeded_is_green_and_a_refusal_is_red(repository, tmp_path):
    with standin(run_s=0.01) as service:
        runners = Runners(tmp_path, repository, service.environment)
        assert runners.job("gitlab", "apply")[0] == 0
        run = f"git-{repository.git('rev-parse', 'main')[:12]}"
        ended = on(service, "wait", run, "--plan", "plan.yaml", cwd=repository.folder)
        assert ended.code == 0, ended.err
        codes, said = runners.both("follow")
        assert (codes, said.count("has succeeded.")) == ({0}, 2), said
        service.configure(deny=["ListJobs", "DescribeJobs"])
        codes, said = runners.both("follow")
        assert (codes, said.count("could not be looked at")) == ({5}, 2), said


def test_a_mistake_in_the_command_is_red_and_not_taken_for_a_run_that_is_gone(repository, tmp_path):
    repository.git("checkout", "--quiet", "main")
    no_journal = {"KEDRO_BATCH_JOURNAL": "plan.yaml", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    codes, said = Runners(tmp_path, repository, no_journal).both("follow")
    assert (codes, said.count("could not be looked at")) == ({2}, 2), said
    assert said.count("plan.yaml is not a journal of kedro-batch") == 2, said


@pytest.mark.parametrize("name", ["apply", "follow"])
def test_without_a_plan_there_is_nothing_to_do(name, repository, tmp_path):
    repository.git("checkout", "--quiet", "main")
    repository.commit(plan_yaml=None)
    codes, said = Runners(tmp_path, repository, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}).both(name)
    assert (codes, said.count("There is no plan.yaml")) == ({0}, 2), said


@pytest.mark.long
@pytest.mark.xdist_group("aws")
def test_gitlab_s_token_is_all_that_a_job_needs_to_assume_the_role(repository, moto_server, tmp_path):
    moto_server.prepare("a_queue", "a_definition")
    repository.git("checkout", "--quiet", "main")
    plan = (repository.folder / "plan.yaml").read_text()
    repository.commit(plan_yaml=plan.replace("a_definition:2", "a_definition"))
    (tmp_path / "temporary").mkdir()
    variables = {
        **programs(tmp_path / "bin"),
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": moto_server.url,
        "KEDRO_BATCH_ID_TOKEN": "made-up",
        "KEDRO_BATCH_ROLE": "arn:aws:iam::123456789012:role/submitter",
        "CI_JOB_ID": "77",
        "TMPDIR": str(tmp_path / "temporary"),
    }
    there = clone(repository.folder, "main", tmp_path / "clone")
    without_token = bash("AWS_DEFAULT_REGION=$AWS_REGION kedro-batch apply plan.yaml --detach", there, variables)
    assert (without_token.code, "credentials" in without_token.err) == (5, True)
    ended = run_gitlab_job(GITLAB, "kedro-batch apply", there, variables)
    assert ended.code == 0, ended.err
    assert len(moto_server.asked("submitjob")) == 4
    (file,) = (tmp_path / "temporary").glob("tmp.*")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_text()) == (0o600, "made-up")


def test_without_their_variables_the_jobs_say_which_ones_to_set(repository, tmp_path):
    variables = programs(tmp_path / "bin")
    there = clone(repository.folder, "main", tmp_path / "clone")
    runner = GitHub(clone=there, variables=variables, expressions={"env.PYTHON": "3.12"})
    on_github = runner.step(APPLY, "apply", "Say what is missing").ended
    on_gitlab = [
        run_gitlab_job(GITLAB, "kedro-batch apply", there, {**variables, name: "given"})
        for name in ("KEDRO_BATCH_ROLE", "AWS_REGION")
    ]
    for ended in (on_github, *on_gitlab):
        assert ended.code == 1
        assert re.search(r"[Ss]et the (CI/CD )?variables KEDRO_BATCH_ROLE and AWS_REGION", ended.text)
    on_schedule = gitlab_job(GITLAB, "kedro-batch follow")["rules"][0]["if"]
    assert on_schedule.endswith("&& $KEDRO_BATCH_ROLE && $AWS_REGION"), "not red for ever"
    on_schedule = yaml.safe_load(APPLY)["jobs"]["follow"]["if"]
    assert on_schedule.endswith("&& vars.KEDRO_BATCH_ROLE != '' && vars.AWS_REGION != ''")
