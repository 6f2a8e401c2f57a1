import pytest

from kedro_batch.errors import ProjectError
from kedro_batch.scaffold.dependencies import Installer, find_dependencies

PYPROJECT = '[project]\nname = "flights"\nrequires-python = ">=3.11"\ndependencies = ["kedro"]\n'


@pytest.fixture
def write(tmp_path):
    def write(**files):
        for name, text in {"pyproject.toml": "[tool.kedro]\n", **files}.items():
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("files", "installer", "read"),
    [
        (("uv.lock", "poetry.lock", "requirements.txt"), Installer.UV, ("pyproject.toml", "uv.lock")),
        (("poetry.lock", "requirements.txt"), Installer.POETRY, ("pyproject.toml", "poetry.lock")),
        (("requirements.lock", "requirements.txt"), Installer.REQUIREMENTS, ("requirements.lock",)),
        (("requirements.txt",), Installer.REQUIREMENTS, ("requirements.txt",)),
        (("src/requirements.txt",), Installer.REQUIREMENTS, ("src/requirements.txt",)),
        ((), Installer.PYPROJECT, ("pyproject.toml",)),
    ],
)
def test_the_most_exact_list_is_taken(files, installer, read, write):
    root = write(**{"pyproject.toml": PYPROJECT}, **dict.fromkeys(files, "kedro\n"))
    found = find_dependencies(root)
    assert found is not None
    assert (found.installer, found.files, found.python) == (installer, read, ">=3.11")


def test_a_project_that_lists_nothing_has_no_list(write):
    assert find_dependencies(write()) is None


def test_files_that_requirements_include_are_copied_too(write):
    root = write(
        **{
            "requirements.txt": "-r requirements/base.txt\n-c constraints.txt\n-r ../outside.txt\n",
            "requirements/base.txt": "--requirement more.txt\nkedro\n",
            "requirements/more.txt": "-r base.txt\n",
            "constraints.txt": "",
        }
    )
    found = find_dependencies(root)
    assert found is not None
    assert found.files == ("requirements.txt", "requirements/base.txt", "constraints.txt", "requirements/more.txt")


@pytest.mark.parametrize(
    ("line", "in_folders"),
    [
        ("-e .", (".",)),
        ("--editable=./lib", ("./lib",)),
        ("../lib", ("../lib",)),
        (".[extra]", (".[extra]",)),
        ("lib @ file:///srv/lib", ("lib @ file:///srv/lib",)),
        ("kedro  # ./lib", ()),
        ("kedro==1.0", ()),
    ],
)
def test_folders_among_requirements_are_seen(line, in_folders, write):
    found = find_dependencies(write(**{"requirements.txt": f"kedro\n{line}\n"}))
    assert found is not None
    assert found.in_folders == in_folders


WHEEL = "wheels/ours-1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", f"kedro\n./{WHEEL}\n"),
        ("requirements.txt", f"kedro\n{WHEEL} ; python_version > '3'\n"),
        ("requirements.txt", f"kedro\n./{WHEEL}[extra]\n"),
        ("uv.lock", f'name = "ours"\nsource = {{ path = "{WHEEL}" }}\n'),
        ("poetry.lock", f'[package.source]\ntype = "file"\nurl = "{WHEEL}"\n'),
    ],
)
def test_wheels_in_the_project_are_copied_before_they_are_installed(name, text, write):
    found = find_dependencies(write(**{name: text, WHEEL: ""}))
    assert found is not None
    assert found.files[-1] == WHEEL
    assert found.in_folders == ()


@pytest.mark.parametrize("wheel", ["./wheels/gone-1.0-py3-none-any.whl", "../ours-1.0-py3-none-any.whl"])
def test_wheels_that_are_not_in_the_project_are_named(wheel, write):
    root = write(**{"requirements.txt": f"kedro\n# ./{WHEEL}\nhttps://example.com/{WHEEL}\n{wheel}\n", WHEEL: ""})
    (root.parent / "ours-1.0-py3-none-any.whl").touch()
    found = find_dependencies(root)
    assert found is not None
    assert (found.files, found.in_folders) == (("requirements.txt",), (wheel,))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "lib @ git+https://example.com/lib\n"),
        ("uv.lock", 'name = "lib"\nsource = { git = "https://example.com/lib" }\n'),
        ("poetry.lock", '[package.source]\ntype = "git"\n'),
    ],
)
def test_packages_from_git_need_git(name, text, write):
    found = find_dependencies(write(**{name: text}))
    assert found is not None
    assert found.needs_git


def test_a_pyproject_that_is_not_toml_is_refused(write):
    with pytest.raises(ProjectError, match="not valid TOML"):
        find_dependencies(write(**{"pyproject.toml": "["}))
