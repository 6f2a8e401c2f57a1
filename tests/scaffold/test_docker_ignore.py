"""What gets into the image: the written .dockerignore against the rules of Docker."""

import pytest

from kedro_batch.compiler.project.image_contents import find_what_leaves_out
from kedro_batch.scaffold.choices import Choices
from kedro_batch.scaffold.dependencies import Dependencies, Installer
from kedro_batch.scaffold.init_files import DOCKERIGNORE, ImageView, render_image_file

IN = [
    "pyproject.toml",
    "README.md",
    "requirements.txt",
    "uv.lock",
    "conf/local/.gitkeep",
    "conf/base/catalog.yml",
    "conf/aws_batch/catalog_kedro_batch.yml",
    "conf/aws_batch/aws_batch.yml",
    "src/flights/__main__.py",
    "src/flights/data/readers.py",
    "src/flights/credentials.py",
    "src/flights/credentials/reader.py",
    "src/flights/tests/cases.py",
    "data/01_raw/airports.csv",
]
OUT = [
    "data/02_intermediate/x.csv",
    "data/.gitkeep",
    "conf/local/credentials.yml",
    "conf/local/catalog.yml",
    "conf/local/deep/er.yml",
    "conf/base/credentials.yml",
    "conf/prod/credentials/s3.yml",
    "conf/prod/my_credentials.yml",
    ".env",
    "src/.env.local",
    ".aws/credentials",
    "key.pem",
    "gcp-credentials.json",
    "src/flights/credentials.yml",
    "admin_accessKeys.csv",
    ".envrc",
    ".docker/config.json",
    ".kube/config",
    ".git-credentials",
    "deploy/id_rsa",
    "deploy/id_ed25519",
    "deploy/client.p12",
    "terraform.tfstate.backup",
    ".git/config",
    ".venv/bin/python",
    "src/flights/__pycache__/x.cpython-311.pyc",
    ".kedro-batch/journal.db",
    "notebooks/a.ipynb",
    "tests/test_run.py",
    "info.log",
    "plan.yaml",
    "infrastructure.yml",
    "Dockerfile",
    ".dockerignore",
    ".github/workflows/kedro-batch-apply.yml",
    ".gitlab/kedro-batch.yml",
    ".gitlab-ci.yml",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("flights")
    for name in (*IN, *OUT):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    view = ImageView(
        choices=Choices(project="flights", bucket="b", prefix=""),
        conf="conf",
        python="3.11",
        dependencies=Dependencies(installer=Installer.REQUIREMENTS, files=()),
        image_paths=("data/01_raw",),
    )
    (root / ".dockerignore").write_text(render_image_file(DOCKERIGNORE, view))
    return root


@pytest.mark.parametrize("name", IN)
def test_the_image_has_the_project_and_the_folder_of_the_local_environment(name, root):
    assert find_what_leaves_out(root / name, root) is None


@pytest.mark.parametrize("name", OUT)
def test_the_image_has_no_data_no_credentials_and_nothing_of_this_machine(name, root):
    assert find_what_leaves_out(root / name, root) == ".dockerignore"
