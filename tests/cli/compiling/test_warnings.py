"""What a project's code warns of and logs while it compiles: each once, on standard error, and nothing with ``-q``."""

import pytest

from tests.support.forked import kedro_batch
from tests.support.projects import DIAMOND, TARGET, write_project

REGISTRY = (
    """
import logging
import warnings

import a_project.old

warnings.warn("module\\nof old", DeprecationWarning)
"""
    + DIAMOND
    + """

make = register_pipelines


def register_pipelines():
    for _ in range(3):
        warnings.warn("user says")
        warnings.warn("from where it is called", FutureWarning, stacklevel=2)
        logging.getLogger(__name__).warning("log says")
        logging.getLogger(__name__).info("not worth showing")
    return make()
"""
)
SETTINGS = """
import warnings

from kedro.pipeline import node

warnings.warn("settings say")


def shout(word):
    warnings.warn(f"resolver says {word}")
    return word


CONFIG_LOADER_ARGS = {"custom_resolvers": {"shout": shout}}
"""
OLD = """
import warnings

warnings.warn("module\\nof old", DeprecationWarning)
warnings.warn("module of old", UserWarning)
"""
# With rules, Kedro loads the pipelines twice.
RULES = TARGET + "rules:\n  - match: {nodes: [go_left]}\n    gpus: 1\n"


@pytest.fixture
def noisy(tmp_path):
    return write_project(
        tmp_path,
        registry=REGISTRY,
        settings=SETTINGS,
        old=OLD,
        conf={"base/aws_batch.yml": RULES, "base/parameters.yml": "a: ${shout:one}\nb: ${shout:two}\n"},
    )


def test_each_warning_is_one_line_once_in_order(noisy):
    ended = kedro_batch("compile", cwd=noisy)
    assert ended.code == 0, ended.err
    lines = [line for line in ended.err.splitlines() if line.startswith("warning: ")]
    assert sorted(lines) == sorted(set(lines))
    assert lines[:4] == [
        "warning: src/a_project/settings.py:6: UserWarning: settings say",
        "warning: src/a_project/old.py:4: DeprecationWarning: module of old",
        "warning: src/a_project/old.py:5: UserWarning: module of old",
        "warning: src/a_project/pipeline_registry.py:41: UserWarning: user says",
    ]
    assert [line.rpartition(": ")[2] for line in lines[4:]] == [
        "from where it is called",
        "resolver says one",
        "resolver says two",
    ]


def test_each_line_of_the_log_is_shown_once(noisy):
    ended = kedro_batch("compile", cwd=noisy)
    assert ended.err.count("log says") == 1
    assert "not worth showing" not in ended.err
    assert "not worth showing" in kedro_batch("compile", "-v", cwd=noisy).err


def test_quiet_shows_none(noisy):
    loud, quiet = (kedro_batch("compile", *words, cwd=noisy) for words in ((), ("-q",)))
    assert (quiet.code, quiet.err) == (0, "")
    assert quiet.out == loud.out


def test_warnings_are_shown_before_the_error_that_follows_them(tmp_path):
    project = write_project(tmp_path, registry="import warnings\nwarnings.warn('careful')\nimport nowhere_at_all\n")
    ended = kedro_batch("compile", cwd=project)
    assert ended.code == 4
    assert ended.err.startswith("warning: src/a_project/pipeline_registry.py:2: UserWarning: careful\nError: ")
    assert kedro_batch("compile", "-q", cwd=project).err.startswith("Error: ")


def test_libraries_that_use_old_functions_are_not_shown(tmp_path):
    library = tmp_path / "site-packages"
    library.mkdir()
    (library / "some_library.py").write_text("import warnings\nwarnings.warn('inner matter', DeprecationWarning)\n")
    registry = f"import sys\nsys.path.append({str(library)!r})\nimport some_library\n{DIAMOND}"
    ended = kedro_batch("compile", cwd=write_project(tmp_path / "project", registry=registry))
    assert (ended.code, ended.err) == (0, "compiled 4 jobs on 3 levels, queue a_queue\n")
