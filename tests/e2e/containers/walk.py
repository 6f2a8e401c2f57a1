"""A user's project, and the commands that the user types in it."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import yaml

from kedro_batch.scaffold.demo_project import DemoView, write_demo_project
from tests.e2e.conftest import GIT
from tests.e2e.containers.account import BUCKET, ContainerAccount
from tests.support.command_line import Ended, environment, kedro_batch, run
from tests.support.projects import KEDRO_VERSION

REPOSITORY = "spaceflights_demo"
NODES = "src/spaceflights_demo/pipelines/data_science/nodes.py"
RAW = ("data/01_raw/companies.csv", "data/01_raw/shuttles.csv")
"""The inputs of the project: no job writes them."""
_PIPELINES = ("data_processing", "data_science")
_REGISTRY = '''

def wait() -> int:
    """Wait for what never comes."""
    time.sleep(3600)
    return 1


def stuck() -> Pipeline:
    """Two nodes of which the first never ends."""
    return Pipeline([node(wait, None, "awaited", name="wait"), node(abs, "awaited", "after", name="go_on")])
'''
_FITTED = '    return LinearRegression().fit(train[features], train["price"])\n'
_ROUNDED = """    model = LinearRegression().fit(train[features], train["price"])
    for name in ("coef_", "intercept_", "singular_"):
        found = np.asarray(getattr(model, name))
        rounded = [float(f"{number:.10g}") for number in found.ravel()]
        setattr(model, name, np.reshape(rounded, found.shape))
    return model
"""
"""The last bits of what BLAS computes depend on where arrays lie in memory, which differs between processes: without
them the same data give the same bytes."""
_CATALOG = """
awaited: {type: json.JSONDataset, filepath: data/08_reporting/awaited.json}

after: {type: json.JSONDataset, filepath: data/08_reporting/after.json}
"""


class Walk:
    """The project and the command line in it.

    Attributes:
        project: The folder of the project.
        account: The account that its commands find.
    """

    def __init__(self, project: Path, account: ContainerAccount) -> None:
        self.project = project
        self.account = account

    def types(self, *words: str, code: int = 0) -> Ended:
        """Run ``kedro-batch WORDS`` in the project, and expect its exit code."""
        ended = kedro_batch(*words, cwd=self.project, env=self.account.environment)
        assert ended.code == code, f"{words}: {ended.err}\n{ended.text}"
        return ended

    def pushes_image(self, message: str) -> str:
        """Commit all changes, build and push an image, and return it by its digest."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        # The engine has no network of its own, so a build has that of the machine.
        image = self.types("image", "--push", "--", "--network=host").text.strip()
        self.account.enter_image(REPOSITORY, self.git("rev-parse", "HEAD").strip(), image.partition("@")[2])
        return image

    def lists_kedro_batch(self) -> None:
        """Put this checkout's wheel among the packages of the image, as docs/versions.md says."""
        folder = self.project / "wheels"
        folder.mkdir()
        wheel = shutil.copy(self.account.wheel, folder)
        packages = tomllib.loads((self.project / "pyproject.toml").read_text())["project"]["dependencies"]
        listed = [*packages, f"./{Path(wheel).relative_to(self.project)}"]
        (self.project / "requirements.txt").write_text("\n".join(listed) + "\n")
        self.types("init", "--force", "Dockerfile")

    def git(self, *words: str) -> str:
        ended = run(["git", *words], cwd=self.project, env=GIT)
        assert ended.code == 0, ended.err
        return ended.text

    def edits(self, file: str, before: str, after: str) -> None:
        """Change a text that stands in a file of the project."""
        text = (self.project / file).read_text()
        assert before in text, file
        (self.project / file).write_text(text.replace(before, after))

    def adds(self, file: str, text: str) -> None:
        """Add a text to a file of the project, which need not exist."""
        path = self.project / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as target:
            target.write(text)

    def adds_environment(self, name: str, **settings: Any) -> None:
        """Add a configuration environment whose settings are those of aws_batch, but for some."""
        self.adds(f"conf/{name}/aws_batch.yml", yaml.safe_dump({**self.settings("aws_batch"), **settings}))

    def settings(self, env: str) -> dict[str, Any]:
        """Return what stands in aws_batch.yml of an environment."""
        content: dict[str, Any] = yaml.safe_load((self.project / "conf" / env / "aws_batch.yml").read_text())
        return content

    def plan(self, name: str) -> dict[str, Any]:
        """Return a plan of the project."""
        content: dict[str, Any] = yaml.safe_load((self.project / name).read_text())
        return content

    def data_of_plain_run(self, folder: Path) -> dict[str, bytes]:
        """Return what a plain ``kedro run`` reads and writes in a copy of the project, by path."""
        plain = Path(shutil.copytree(self.project, folder / "plain"))
        ended = run(["kedro", "run"], cwd=plain)
        assert ended.code == 0, ended.err
        return {str(file.relative_to(plain)): file.read_bytes() for file in plain.glob("data/*/*")}


def write_starter(project: Path) -> None:
    """Write the demo without settings for AWS, with namespaces, and with a pipeline that never ends.

    Its model is rounded.
    """
    write_demo_project(project, DemoView(kedro_version=KEDRO_VERSION))
    (project / "conf" / "base" / "aws_batch.yml").unlink()
    package = project / "src" / "spaceflights_demo"
    for name in _PIPELINES:
        file = package / "pipelines" / name / "pipeline.py"
        file.write_text(file.read_text().replace('name="', f'namespace="{name}", name="'))
    nodes = project / NODES
    text = nodes.read_text()
    assert _FITTED in text
    nodes.write_text(
        text.replace(_FITTED, _ROUNDED).replace("import pandas as pd\n", "import numpy as np\nimport pandas as pd\n")
    )
    registry = package / "pipeline_registry.py"
    text = registry.read_text().replace("import Pipeline\n", "import Pipeline, node\n")
    text = text.replace("    return pipelines\n", '    pipelines["stuck"] = stuck()\n    return pipelines\n')
    registry.write_text(f"import time\n{text}{_REGISTRY}")
    with (project / "conf" / "base" / "catalog.yml").open("a") as catalog:
        catalog.write(_CATALOG)
    subprocess.run(["git", "init", "--quiet", "."], cwd=project, env=environment(GIT), check=True)


def run_id(ended: Ended) -> str:
    """Return the run that a command has told of."""
    found = re.search(r"run (\d{6}-\d{6}-\w+)", ended.text + ended.err)
    assert found, ended.text
    return found[1]


def uploads(walk: Walk, prefix: str, data: dict[str, bytes]) -> None:
    """Put files into the bucket, as if an earlier run had written them."""
    client = walk.account.client("s3")
    for path, content in data.items():
        client.put_object(Bucket=BUCKET, Key=f"{prefix}/{path}", Body=content)


def entries(walk: Walk) -> dict[str, dict[str, Any]]:
    """Return the catalog of the project before it was moved to S3."""
    content: dict[str, dict[str, Any]] = yaml.safe_load((walk.project / "conf/base/catalog.yml").read_text())
    return content
