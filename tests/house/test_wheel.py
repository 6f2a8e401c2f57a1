"""What a wheel carries."""

import subprocess
import sys
from pathlib import Path

import pytest

from kedro_batch.files import resources
from tests.support.command_line import environment, unmeasured

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.long  # pip downloads the build back end
def test_a_wheel_carries_every_module_template_and_schema(tmp_path):
    site = tmp_path / "site"
    built = _pip("wheel", "--wheel-dir", str(tmp_path), str(ROOT))
    if built.returncode and "No matching distribution found for hatchling" in built.stderr:
        pytest.skip("the build back end cannot be downloaded here")
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    installed = _pip("install", "--target", str(site), str(wheel))
    assert installed.returncode == 0, installed.stderr
    package = site / "kedro_batch"
    carried = {file.relative_to(package).as_posix() for file in package.rglob("*") if file.suffix != ".pyc"}
    folders = {"translator/kedro_batch": "", "templates": "templates/", "schemas": "schemas/"}
    tracked = {file: folder for folder in folders for file in _tracked(folder)}
    missing = {file for file, folder in tracked.items() if folders[folder] + file[len(folder) + 1 :] not in carried}
    assert tracked
    assert not missing
    # It finds what it carries, and nothing of this checkout.
    code = "from kedro_batch.files import resources as r; print(r.folder('schemas'), r.schema('plan')['title'])"
    env = unmeasured(environment({"PYTHONPATH": str(site)}))
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert found.stdout.split()[0] == str(package / "schemas")


def _pip(command: str, *words: str) -> subprocess.CompletedProcess[str]:
    pip = [sys.executable, "-m", "pip", command, "--quiet", "--no-deps", *words]
    return subprocess.run(pip, capture_output=True, text=True, check=False)


def _tracked(folder: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: what belongs in the wheel cannot be told")
    return listed.stdout.splitlines()


def test_a_checkout_finds_its_own_folders():
    assert resources.folder("templates") == ROOT / "templates"
    with pytest.raises(FileNotFoundError, match="reinstall"):
        resources.folder("nonsense")
