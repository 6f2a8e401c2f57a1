"""What init makes of a project, without Kedro and without writing: which files, and what happens to those there."""

import subprocess

import pytest

from kedro_batch.cli.init_report import change_lines, notes, workflow_notes
from kedro_batch.compiler.project_outline import ProjectOutline
from kedro_batch.errors import ProjectError, UsageError
from kedro_batch.scaffold.choices import Choices, Forge
from kedro_batch.scaffold.file_changes import Outcome, write_changes
from kedro_batch.scaffold.git_remote import GitFacts
from kedro_batch.scaffold.init_files import FileNames
from kedro_batch.scaffold.init_project import Preparation, find_source, prepare_files, refuse_env, select_files

OUTLINE = ProjectOutline(
    conf="conf",
    base_env="base",
    default_env="local",
    settings={},
    settings_file=None,
    target_in_parameters=False,
    versioned=(),
)
PYPROJECT = '[project]\nname = "flights"\nrequires-python = "{}"\n[tool.kedro]\npackage_name = "flights"\n'


@pytest.fixture
def root(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(">=3.11"))
    (tmp_path / "requirements.txt").write_text("kedro\n")
    return tmp_path


def preparation(root, **changed):
    choices = Choices(project="flights", bucket="flights-data", prefix="flights", **changed)
    names = FileNames(conf="conf", env="aws_batch", forge=choices.forge)
    return Preparation(root=root, source=find_source(root), choices=choices, outline=OUTLINE, names=names)


def prepare(root, *selected, force=False, **changed):
    prepared = preparation(root, **changed)
    changes = prepare_files(prepared, selected or list(prepared.names), force=force)
    return {change.path: change for change in changes}


def outcomes(changes):
    return {path: str(change.outcome) for path, change in changes.items()}


ALL = {
    "conf/aws_batch/aws_batch.yml",
    "infrastructure.yml",
    "Dockerfile",
    ".dockerignore",
    ".gitignore",
    "conf/local/.gitkeep",
}


def test_everything_is_written_once_and_then_unchanged(root):
    first = prepare(root)
    assert outcomes(first) == dict.fromkeys(ALL, "written")
    assert not (root / "Dockerfile").exists(), "nothing is written before everything is known"
    write_changes(root, first.values())
    assert outcomes(prepare(root)) == dict.fromkeys(ALL, "unchanged")


@pytest.mark.parametrize(
    ("forge", "files"),
    [
        (Forge.GITHUB, {".github/workflows/kedro-batch-pull-request.yml", ".github/workflows/kedro-batch-apply.yml"}),
        (Forge.GITLAB, {".gitlab/kedro-batch.yml", ".gitlab-ci.yml"}),
    ],
)
def test_a_forge_has_its_workflows(forge, files, root):
    changes = prepare(root, forge=forge, repository="team/flights")
    assert changes.keys() == ALL | files
    assert all(changes[name].content for name in files)


@pytest.mark.parametrize("force", [False, True])
def test_what_differs_is_kept_unless_it_is_forced(force, root):
    (root / "Dockerfile").write_text("FROM scratch\n")
    changes = prepare(root, "Dockerfile", force=force)
    assert outcomes(changes) == {"Dockerfile": "replaced" if force else "kept"}
    write_changes(root, changes.values())
    assert ((root / "Dockerfile").read_text() == "FROM scratch\n") is not force
    assert "-FROM scratch" in changes["Dockerfile"].diff()


def test_a_long_diff_is_cut(root):
    (root / "Dockerfile").write_text("".join(f"RUN {number}\n" for number in range(500)))
    (change,) = prepare(root, "Dockerfile").values()
    lines = list(change_lines(change, "kedro-batch init --force", quiet=False))
    assert len(lines) < 70
    assert lines[-2].endswith(" more lines")
    assert lines[-1] == "kept: Dockerfile differs. To replace it: kedro-batch init --force Dockerfile"
    assert list(change_lines(change, "x", quiet=True)) == ["kept: Dockerfile differs. To replace it: x Dockerfile"]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("include: other.yml\n", Outcome.NEEDS_INCLUDE),
        ("include:\n  - local: .gitlab/kedro-batch.yml\nother: {}\n", Outcome.UNCHANGED),
    ],
)
def test_the_pipeline_of_a_repository_on_gitlab_is_never_overwritten(text, outcome, root):
    (root / ".gitlab-ci.yml").write_text(text)
    (change,) = prepare(root, ".gitlab-ci.yml", forge=Forge.GITLAB, repository="a/b", force=True).values()
    assert (change.outcome, change.is_written) == (outcome, False)
    if outcome is Outcome.NEEDS_INCLUDE:
        said = "\n".join(change_lines(change, "", quiet=False))
        assert "    include:\n      - local: .gitlab/kedro-batch.yml\n" in said


def test_lines_are_added_to_gitignore_even_without_force(root):
    subprocess.run(["git", "init", "--quiet", "."], cwd=root, check=True)
    (root / ".gitignore").write_text("data/\nconf/local/\n")
    (change,) = prepare(root, ".gitignore").values()
    assert change.outcome is Outcome.COMPLETED
    assert change.content.startswith("data/\nconf/local/\n")
    write_changes(root, [change])
    assert outcomes(prepare(root, ".gitignore")) == {".gitignore": "unchanged"}


def test_line_ends_of_windows_and_bytes_that_are_no_text_stay_as_they_are(root):
    before = b"caf\xe9/\r\ndata/\r\n"
    (root / ".gitignore").write_bytes(before)
    (change,) = prepare(root, ".gitignore").values()
    write_changes(root, [change])
    assert (root / ".gitignore").read_bytes().startswith(before)
    assert outcomes(prepare(root, ".gitignore")) == {".gitignore": "unchanged"}
    (change,) = prepare(root, "Dockerfile").values()
    (root / "Dockerfile").write_bytes(change.content.replace("\n", "\r\n").encode())
    assert outcomes(prepare(root, "Dockerfile")) == {"Dockerfile": "unchanged"}


def test_the_keeper_of_the_local_folder_may_have_any_content(root):
    (root / "conf" / "local").mkdir(parents=True)
    (root / "conf" / "local" / ".gitkeep").write_text("# kept\n")
    assert outcomes(prepare(root, "conf/local/.gitkeep", force=True)) == {"conf/local/.gitkeep": "unchanged"}


def test_data_that_the_settings_name_get_into_the_image(root):
    file = root / "conf" / "aws_batch" / "aws_batch.yml"
    file.parent.mkdir(parents=True)
    file.write_text("image_paths: [data/01_raw/]\n")
    assert "\n!data/01_raw\n" in prepare(root, ".dockerignore")[".dockerignore"].content


# What cannot be prepared


def write(file):
    file.parent.mkdir(parents=True)
    file.touch()


@pytest.mark.parametrize(
    ("change", "changed", "message"),
    [
        (lambda root: (root / "requirements.txt").unlink(), {}, "the project lists no packages"),
        (lambda root: (root / "pyproject.toml").write_text(PYPROJECT.format("<3")), {}, "asks for Python <3"),
        (lambda _: None, {"packaged": True}, "there is no src/flights/__main__.py"),
    ],
)
def test_a_project_that_gets_no_image_is_refused(change, changed, message, root):
    change(root)
    with pytest.raises(ProjectError, match=message):
        prepare(root, **changed)
    prepare(root, "infrastructure.yml", **changed)


def test_a_dockerfile_for_packages_in_another_way_stays(root):
    (root / "requirements.txt").unlink()
    (root / "Dockerfile").write_text("FROM continuumio/miniconda3\n")
    assert "Dockerfile" not in prepare(root, force=True)
    assert "stays as it is" in " ".join(notes(preparation(root), ["Dockerfile"], GitFacts()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: (root / "Dockerfile").mkdir(), "Dockerfile is not a file"),
        (lambda root: (root / "Dockerfile").symlink_to("nowhere"), "Dockerfile is not a file"),
        (lambda root: (root / "conf").write_text(""), "conf is not a folder"),
        (lambda root: write(root / "conf" / "aws_batch" / "aws_batch.yaml"), "aws_batch.yaml exists, and Kedro would"),
    ],
)
def test_what_stands_in_the_way_of_a_file_is_named(change, message, root):
    change(root)
    with pytest.raises(UsageError, match=message):
        prepare(root)


@pytest.mark.parametrize(
    ("link", "to", "force"),
    [
        ("Dockerfile", "mine", True),
        (".gitignore", "mine", False),  # lines are added to it even so
        ("conf", ".", False),
        ("conf/aws_batch", ".", False),
        ("infrastructure.yml", "mine", True),
    ],
)
def test_nothing_is_written_through_a_link_that_leads_out_of_the_project(link, to, force, root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "mine").write_text("mine\n")
    subprocess.run(["git", "init", "--quiet", "."], cwd=root, check=True)
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(elsewhere / to)
    with pytest.raises(UsageError, match=rf"cannot write {link}\S*: a symbolic link leads out of the project, to "):
        prepare(root, force=force)
    assert [one.name for one in elsewhere.iterdir()] == ["mine"]
    assert (elsewhere / "mine").read_text() == "mine\n"


def test_a_link_out_of_the_project_to_what_is_kept_is_left_alone(root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "mine"
    elsewhere.write_text("mine\n")
    (root / "Dockerfile").symlink_to(elsewhere)
    assert outcomes(prepare(root, "Dockerfile")) == {"Dockerfile": "kept"}


def test_a_link_within_the_project_is_followed(root, tmp_path):
    (root / "docker").mkdir()
    (root / "docker" / "mine").write_text("mine\n")
    (root / "Dockerfile").symlink_to("docker/mine")
    changes = prepare(root, "Dockerfile", force=True)
    write_changes(root, changes.values())
    assert (root / "docker" / "mine").read_text() == changes["Dockerfile"].content
    assert (root / "Dockerfile").is_symlink()
    through = tmp_path.with_name("through")
    through.symlink_to(root)
    assert outcomes(prepare(through, "Dockerfile")) == {"Dockerfile": "unchanged"}


@pytest.mark.parametrize("env", ["base", "local"])
def test_an_environment_of_other_runs_is_refused(env):
    with pytest.raises(UsageError, match=f"--env {env}: it "):
        refuse_env(env, OUTLINE)
    refuse_env("aws_batch", OUTLINE)


NAMES = FileNames(conf="conf", env="aws_batch")


@pytest.mark.parametrize(
    ("files", "inside", "selected"),
    [
        ([], "", list(NAMES)),
        (["Dockerfile"], "", ["Dockerfile"]),
        (["./Dockerfile"], "", ["Dockerfile"]),
        (["aws_batch.yml"], "conf/aws_batch", ["conf/aws_batch/aws_batch.yml"]),
        (["../../Dockerfile"], "conf/aws_batch", ["Dockerfile"]),
        (["conf/aws_batch/aws_batch.yml"], "src", ["conf/aws_batch/aws_batch.yml"]),
    ],
)
def test_files_are_named_from_the_project_or_from_where_one_is(files, inside, selected, root):
    assert select_files(files, NAMES, root, root / inside) == selected


@pytest.mark.parametrize("file", ["Dockrfile", "../Dockerfile", "src/flights"])
def test_a_file_that_init_does_not_write_is_refused(file, root):
    with pytest.raises(UsageError, match=r"init writes no file .*Its files are: conf/aws_batch/aws_batch.yml, .*"):
        select_files([file], NAMES, root, root)


def test_what_the_image_or_the_forge_would_not_find_is_noted(root):
    (root / "requirements.txt").write_text("kedro\n-e ./lib\n")
    prepared = preparation(root, forge=Forge.GITHUB, repository="a/b")
    said = list(notes(prepared, ["Dockerfile"], GitFacts(top=root.parent)))
    assert len(said) == 2
    assert "requirements.txt lists ./lib" in said[0]
    assert ".github/workflows of the repository alone" in said[1]
    assert not list(notes(prepared, ["infrastructure.yml"], GitFacts(top=root)))


def test_workflows_whose_role_is_not_in_the_kept_infrastructure_are_named_until_it_is(root):
    def said(**changed):
        prepared = preparation(root, **changed)
        changes = prepare_files(prepared, ["infrastructure.yml"], force=False)
        return list(workflow_notes(changes, prepared.choices))

    github = {"forge": Forge.GITHUB, "repository": "team/flights"}
    file = root / "infrastructure.yml"
    assert said(**github) == [], "it is written"
    file.write_text(prepare(root, "infrastructure.yml")["infrastructure.yml"].content)
    (note,) = said(**github)
    assert "is kept has no role for workflows of team/flights, branch main (SubmitterRole)" in note
    assert said() == []
    file.write_text(prepare(root, "infrastructure.yml", force=True, **github)["infrastructure.yml"].content)
    assert said(**github) == []
    assert "branch trunk" in said(**github, branch="trunk")[0], "its role is for another branch"
    file.write_text(file.read_text() + "# changed\n")
    assert said(**github) == []
