import pytest

from kedro_batch.compiler.project.project_folder import find_project, package_name
from kedro_batch.errors import ProjectError


def test_the_project_is_found_from_any_folder_in_it(project):
    assert find_project(project / "src" / "a_project") == project


def test_a_pyproject_without_kedro_is_passed_over(tmp_path, project):
    (project / "src" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert find_project(project / "src") == project
    with pytest.raises(ProjectError, match=r"no Kedro project in .*kedro-batch demo"):
        find_project(tmp_path)


def test_a_broken_pyproject_is_named(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.kedro\n")
    with pytest.raises(ProjectError, match=r"pyproject.toml is not valid TOML: .*line 1"):
        find_project(tmp_path)


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ('[tool.kedro]\npackage_name = "a_project"\n', "a_project"),
        ("[tool.kedro]\n", None),
        ("[tool.kedro]\npackage_name = 5\n", None),
        ("[tool]\nkedro = 5\n", None),
        ('[project]\nname = "x"\n', None),
    ],
)
def test_the_package_of_a_project_stands_in_its_pyproject(tmp_path, section, name):
    (tmp_path / "pyproject.toml").write_text(section)
    assert package_name(tmp_path) == name
    assert package_name(tmp_path / "nowhere") is None
