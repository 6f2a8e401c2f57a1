"""Values are changed where people wrote a file, and nothing else in it is."""

import pytest

from kedro_batch.errors import ConfigError
from kedro_batch.files.yaml_editor import with_values

WRITTEN = """\
# The jobs of the project.
job_queue: spaceflights_queue  # ours

# What runs.
job_definition: kedro_run

resources: {vcpus: 1, memory_mib: 2048}  # each
rules:
  - match: {tags: [training]}
    memory_mib: 16384
account: '012345678901'
# The end.
"""


def test_a_value_is_changed_in_its_place():
    assert with_values(WRITTEN, {"job_queue": "other"}, "x.yml") == WRITTEN.replace(
        "spaceflights_queue  # ours", "other               # ours"
    )


def test_lines_end_as_they_did():
    windows = WRITTEN.replace("\n", "\r\n")
    changed = with_values(windows, {"job_queue": "other", "job_definition": {"name": "a"}}, "x.yml")
    assert changed.count("\n") == changed.count("\r\n") == windows.count("\n") + 1


def test_text_becomes_a_mapping_above_what_follows():
    assert with_values(WRITTEN, {"job_definition": {"name": "kedro_run", "image": "a:1"}}, "x.yml") == WRITTEN.replace(
        "job_definition: kedro_run", "job_definition:\n  name: kedro_run\n  image: a:1"
    )


def test_a_mapping_is_merged_at_any_depth_and_none_takes_away():
    changed = with_values("a:\n  b:\n    c: 1 # one\n    d: 2\n  e: 3\n", {"a": {"b": {"d": 4}, "e": None}}, "x.yml")
    assert changed == "a:\n  b:\n    c: 1 # one\n    d: 4\n"


@pytest.mark.parametrize(
    "last", ["c: 1", "c: 1  # one", "c: {d: 1}", "c:\n    d: 1  # one", "c:\n  - 1\n  - 2  # two", "c: [1, 2]", "c: ''"]
)
@pytest.mark.parametrize("below", ["", "\n", "\n# What runs.\n", "  # inside\n\n\n# What runs.\n"])
def test_a_new_value_stands_above_the_empty_lines_and_comments_below_its_mapping(last, below):
    text = f"a:\n  b: 1\n  {last}\nADDED{below}e: 1\n"
    changed = with_values(text.replace("ADDED", ""), {"a": {"image": "x"}}, "x.yml")
    assert changed == text.replace("ADDED", "  image: x\n")


def test_equal_values_change_nothing():
    assert with_values(WRITTEN, {"account": "012345678901", "resources": {"vcpus": 1}}, "x.yml") == WRITTEN


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "# nothing yet"])
def test_an_empty_file_gets_the_values_below_its_comments(text):
    assert with_values(text, {"region": "eu-west-1"}, "x.yml") == (text and "# nothing yet\n") + "region: eu-west-1\n"


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", "a: 1\na: 2\n"])
def test_what_is_no_mapping_is_refused_with_its_name(text):
    with pytest.raises(ConfigError, match=r"^cannot change x\.yml: "):
        with_values(text, {"a": 1}, "x.yml")
