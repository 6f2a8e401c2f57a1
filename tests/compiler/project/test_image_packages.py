import pytest

from kedro_batch.compiler.project.project_packages import ProjectPackages

BASE = '[project]\nname = "flights"\ndependencies = ["parse"]\n'
EXTRA = f'{BASE}optional-dependencies = {{submit = ["kedro-batch"], all = ["flights[submit]"]}}\n'
POETRY = '[tool.poetry.dependencies]\nparse = "1"\nkedro-batch = {version = "*", optional = true}\n'
POETRY_EXTRA = f'{POETRY}[tool.poetry.extras]\nsubmit = ["kedro-batch"]\n'


def in_image(root, files):
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return ProjectPackages(root).has_in_image("kedro-batch")


@pytest.mark.parametrize(
    "line",
    [
        "kedro-batch",
        "Kedro_Batch >= 0.1  # for one version",
        "kedro.batch[demo]==0.1 ; python_version >= '3.11'",
        "kedro-batch==0.1 --hash=sha256:abc",
        "kedro-batch \\\n  --hash=sha256:abc",
        "kedro-batch; sys_platform == 'linux'",
        "kedro-batch; platform_system ~= 'x'",
        "kedro-batch @ https://example.com/some.whl",
        "./wheels/kedro_batch-0.1.0-py3-none-any.whl",
        "kedro_batch-0.1.0-py3-none-any.whl",
        "wheels/kedro_batch-0.1.0-py3-none-any.whl[demo]",
        "https://example.com/kedro_batch-0.1.0-py3-none-any.whl#sha256=abc",
        "./kedro_batch-0.1.0.tar.gz",
        "git+https://example.com/ours/kedro-batch.git@v0.1",
        "git+https://example.com/ours/kedro-batch",
        "git+ssh://git@example.com/ours/mono.git@main#egg=kedro-batch",
        "git+https://example.com/ours/mono#subdirectory=libs/kedro-batch",
        "-e ../kedro-batch",
        "--editable=/src/kedro-batch[demo]",
        "-e git+https://example.com/kedro-batch.git#egg=kedro_batch",
        "file:///src/kedro-batch",
    ],
)
def test_a_requirement_of_it_is_in_the_image(tmp_path, line):
    assert in_image(tmp_path, {"requirements.txt": f"parse\n{line}\n"})


@pytest.mark.parametrize(
    "line",
    [
        "# kedro-batch",
        "parse  # with kedro-batch",
        "kedro-batch-demo",
        "my.kedro-batch",
        "parse[kedro-batch]",
        "kedro-batch; sys_platform == 'win32'",
        "parse @ https://example.com/kedro-batch/parse.whl",
        "./kedro-batch/parse-1.0-py3-none-any.whl",
        "kedro_batch_demo-0.1.0-py3-none-any.whl",
        "git+https://example.com/kedro-batch/other.git",
        "git+https://example.com/kedro-batch#egg=other",
        "-c kedro-batch",
        "--find-links wheels/kedro-batch",
        "--extra-index-url https://example.com/kedro-batch",
    ],
)
def test_a_line_with_its_name_that_does_not_require_it_brings_nothing(tmp_path, line):
    assert not in_image(tmp_path, {"requirements.txt": f"parse\n{line}\n"})


@pytest.mark.parametrize(
    "run",
    [
        "RUN pip install kedro-batch",
        "run pip3 --no-cache-dir install --upgrade 'kedro-batch>=0.1' parse",
        "RUN python -m pip install -i https://x/simple kedro_batch",
        "RUN /opt/venv/bin/pip install kedro_batch-*.whl",
        "RUN --mount=type=cache,target=/root/.cache uv pip install --system kedro-batch",
        "RUN uv add ./wheels/kedro_batch-0.1.0-py3-none-any.whl",
        "RUN poetry add kedro-batch@^0.1",
        "RUN apt-get update && \\\n    # our own\n    pip install parse \\\n      kedro-batch && rm -rf /tmp/*",
        'RUN ["pip", "install", "kedro-batch"]',
        "RUN sh -c 'set -e; pip install kedro-batch'",
        "RUN <<EOF\nset -e\npip install kedro-batch\nEOF",
        "RUN if true; then pip install kedro-batch; fi",
        "RUN pip install -e /src/kedro-batch",
        "RUN pip install git+https://example.com/kedro-batch.git@main",
        "RUN pip install -r docker/more.txt",
        "RUN echo 'no # comment; ' && pip install \"kedro-batch >= 0.1; python_version > '3'\"",
        "RUN uv pip install -r docker/more.txt --python=/opt/venv 2>/dev/null",
        "COPY wheels/kedro_batch-0.1.0-py3-none-any.whl /tmp/",
        "COPY --chown=1000:1000 parse.whl wheels/kedro_batch-0.1.0-py3-none-any.whl /tmp/",
    ],
)
def test_a_dockerfile_that_installs_it_brings_it(tmp_path, run):
    dockerfile = f"FROM python:3.12\n{run}\nCMD []\n"
    assert in_image(tmp_path, {"Dockerfile": dockerfile, "docker/more.txt": "kedro-batch\n"})


@pytest.mark.parametrize(
    "run",
    [
        "# RUN pip install kedro-batch",
        "RUN pip uninstall -y kedro-batch",
        "RUN pip install parse && pip uninstall -y kedro-batch",
        "RUN echo kedro-batch",
        "RUN echo pip install kedro-batch",
        "RUN echo 'that is; pip install kedro-batch'",
        "RUN echo 'without an end; pip install parse",
        "RUN pip install parse  # and kedro-batch",
        "RUN pip install parse \\\n    # kedro-batch \\\n    pytz",
        "RUN pip install parse && kedro-batch --version",
        "RUN pip install parse; which kedro-batch",
        "RUN pip install -c kedro-batch parse",
        "RUN pip install --no-binary kedro-batch parse",
        "RUN pip install -f wheels/kedro-batch --index-url https://x/kedro-batch parse",
        "RUN pip download kedro-batch",
        "RUN apt-get install kedro-batch",
        "COPY kedro-batch /src",
        "COPY parse.whl /tmp/kedro_batch-0.1.0-py3-none-any.whl",
        "LABEL description='pip install kedro-batch'",
        "COPY <<EOF /note.txt\nRUN pip install kedro-batch\nEOF",
        'ENTRYPOINT ["pip", "install", "kedro-batch"]',
    ],
)
def test_a_dockerfile_that_only_has_its_name_does_not(tmp_path, run):
    assert not in_image(tmp_path, {"Dockerfile": f"FROM python:3.12\n{run}\nCMD []\n"})


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": '[project]\ndependencies = ["parse", "kedro-batch>=0.1"]\n'},
        {"pyproject.toml": '[tool.poetry.dependencies]\nkedro-batch = {path = "wheels/kedro_batch-0.1.0.whl"}\n'},
        {
            "pyproject.toml": '[project]\ndynamic = ["dependencies"]\n'
            '[tool.setuptools.dynamic]\ndependencies = {file = ["needs.txt"]}\n',
            "needs.txt": "kedro-batch\n",
        },
        {"pyproject.toml": EXTRA, "Dockerfile": "RUN pip install '.[submit]'\n"},
        {"pyproject.toml": EXTRA, "Dockerfile": "RUN pip install -e .[docs,Submit]\n"},
        {"pyproject.toml": EXTRA, "Dockerfile": "COPY . /app\nRUN pip install /app[submit]\n"},
        {"pyproject.toml": EXTRA, "Dockerfile": "RUN pip install flights[all]\n"},
        {"pyproject.toml": EXTRA, "Dockerfile": "RUN uv sync --frozen --extra submit\n"},
        {"pyproject.toml": EXTRA, "Dockerfile": "RUN uv sync --all-extras\n"},
        {"pyproject.toml": EXTRA, "requirements.txt": "-e .[submit]\n"},
        {"pyproject.toml": EXTRA, "requirements.txt": ".[submit]\n"},
        {"pyproject.toml": POETRY_EXTRA, "Dockerfile": "RUN poetry install --extras 'aws submit'\n"},
        {"pyproject.toml": POETRY_EXTRA, "Dockerfile": "RUN poetry install -E submit\n"},
        {"requirements.txt": "-r deep/more.txt\n", "deep/more.txt": "-r most.txt\n", "deep/most.txt": "kedro-batch\n"},
        {"requirements.txt": "-r dev.txt\n", "dev.txt": "kedro-batch\n"},
        {"Pipfile": '[packages]\nkedro_batch = "*"\n'},
        {"environment.yml": "dependencies:\n- python=3.12\n- pip:\n  - ./kedro_batch-0.1.0-py3-none-any.whl\n"},
        {"environment.yml": "dependencies: [conda-forge::kedro-batch>=0.1]\n"},
        {"environment.yml": "dependencies: [{pip: [-r more.txt]}]\n", "more.txt": "kedro-batch\n"},
        {"pixi.toml": '[pypi-dependencies]\nkedro-batch = "*"\n'},
        {"setup.cfg": "[options]\ninstall_requires =\n    parse\n    kedro-batch\n"},
        {"setup.py": "needs = ['parse', 'kedro-batch']\nsetup(name='flights', install_requires=needs)\n"},
    ],
)
def test_what_the_project_depends_on_is_in_the_image_and_extras_for_which_somebody_asks(tmp_path, files):
    assert in_image(tmp_path, files)


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": f'{BASE}description = "Flights on kedro-batch"\n'},
        {"pyproject.toml": f'{BASE}keywords = ["kedro-batch"]\n'},
        {"pyproject.toml": f"{BASE}[tool.kedro-batch]\na = 1\n"},
        {"pyproject.toml": f'{BASE}[tool.uv.sources]\nkedro-batch = {{path = "x"}}\n'},
        {"pyproject.toml": f'{BASE}[dependency-groups]\nrelease = ["kedro-batch"]\n'},
        {"pyproject.toml": f'{BASE}[build-system]\nrequires = ["kedro-batch"]\n'},
        {"pyproject.toml": EXTRA},
        {"pyproject.toml": EXTRA, "requirements.txt": "-e .\n", "Dockerfile": "RUN uv sync --extra docs\n"},
        {"pyproject.toml": EXTRA, "Dockerfile": "RUN pip install other[submit]\n"},
        {"pyproject.toml": EXTRA, "Dockerfile": "RUN echo uv sync --all-extras\n# uv sync --all-extras\n"},
        {"pyproject.toml": POETRY_EXTRA, "Dockerfile": "RUN poetry install --only main\n"},
        {"requirements.txt": "-c constraints.txt\nparse\n", "constraints.txt": "kedro-batch==0.1\n"},
        {"requirements.txt": "parse\n", "Dockerfile.dev": "RUN pip install kedro-batch\n"},
        {"requirements.txt": "parse\n", "requirements-dev.txt": "kedro-batch\n", "Dockerfile": "COPY *-dev.txt /x\n"},
        {"Pipfile": '[dev-packages]\nkedro-batch = "*"\n'},
        {"environment.yml": "name: kedro-batch\ndependencies: [parse]\n"},
        {"setup.cfg": "[metadata]\nname = kedro-batch-flights\ndescription = on kedro-batch\n"},
        {"setup.py": "setup(description='on kedro-batch', extras_require={'a': ['kedro-batch']})\n"},
        {"setup.py": "setup(", "pyproject.toml": "[", "setup.cfg": "kedro-batch", "environment.yml": "{"},
        {"environment.yml": "name: 2026-99-99\ndependencies: [kedro-batch]\n"},
    ],
)
def test_other_places_with_its_name_bring_nothing(tmp_path, files):
    assert not in_image(tmp_path, files)
