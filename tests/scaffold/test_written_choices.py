"""The choices in ``infrastructure.yml`` are read as they were made."""

import pytest

from kedro_batch.plan.settings import Platform
from kedro_batch.scaffold.choices import Choices, Forge
from kedro_batch.scaffold.written_choices import read_choices
from tests.scaffold.infrastructure import COVERING, FARGATE, ROWS, choices, name, text_of


@pytest.mark.parametrize("row", COVERING, ids=name)
def test_what_was_chosen_is_read_again(row):
    some = choices(row)
    read = read_choices(text_of(some))
    assert read is not None
    forge = {"forge": Forge(read["forge"])} if "forge" in read else {}
    assert Choices(**{**read, "platform": Platform(read["platform"]), **forge}) == some


def test_words_that_yaml_reads_otherwise_stay_words():
    some = choices(ROWS[0], project="no", env="1e3", prefix="012", branch='it\'s <on> & "off": #1')
    read = read_choices(text_of(some))
    assert read is not None
    assert {key: read[key] for key in ("project", "env", "prefix", "branch")} == {
        "project": "no",
        "env": "1e3",
        "prefix": "012",
        "branch": 'it\'s <on> & "off": #1',
    }


def test_what_the_file_does_not_say_or_says_in_another_form_is_left_out():
    text = text_of(FARGATE).replace('    prefix: "kedro"\n', "").replace("spot: false", "spot: !Ref Spot")
    read = read_choices(text.replace("    branch:", "    colour: red\n    branch:"))
    assert read is not None
    assert not {"prefix", "spot", "colour", "forge"} & read.keys()
    assert read["bucket"] == "flights-data"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "Resources: {}\n",
        "Metadata: none\n",
        "Metadata: {KedroBatch: [a]}\n",
        "Metadata: {KedroBatch: !Sub x}\n",
        "a: [\n",
        "day: 2026-02-30\n",
        "[" * 5000,
    ],
)
def test_a_file_without_choices_has_none(text):
    assert read_choices(text) is None
