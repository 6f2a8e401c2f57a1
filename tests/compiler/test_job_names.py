import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.compiler.job_names import make_job_names


def names(*labels):
    return make_job_names({label: label for label in labels})


LEGAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,98}")


@pytest.mark.parametrize(
    ("name", "job"),
    [
        ("train_model", "train_model"),
        ("data_science.train", "data_science-train"),
        ("f([a]) -> [b]", "f-a-b"),
        ("f__62da4414", "f__62da4414"),
        ("_private", "job-_private"),
        ("größe", "gr-e"),
    ],
)
def test_names_stay_readable(name, job):
    assert names(name) == {name: job}


def test_names_that_would_collide_get_a_suffix_that_does_not_depend_on_the_others():
    both = names("a.b", "a-b", "c")
    assert both["c"] == "c"
    assert re.fullmatch(r"a-b-[0-9a-f]{8}", both["a.b"])
    assert re.fullmatch(r"a-b-[0-9a-f]{8}", both["a-b"])
    assert both["a.b"] != both["a-b"]
    assert names("a.b", "A.B", "x")["a.b"] == both["a.b"]


def test_a_name_that_looks_like_another_with_its_suffix_stays_different():
    suffixed = names("foo.bar", "foo-bar")["foo.bar"]
    made = names("foo.bar", "foo-bar", suffixed)
    assert len(set(made.values())) == 3


@given(st.lists(st.text(min_size=1, max_size=300), unique=True, max_size=20))
def test_any_names_become_legal_and_different_without_regard_to_case(labels):
    made = names(*labels)
    assert list(made) == labels
    assert all(LEGAL.fullmatch(job) for job in made.values())
    assert len({job.lower() for job in made.values()}) == len(labels)


def test_a_group_and_a_node_of_one_name_are_told_apart():
    made = make_job_names({"train": "train", "namespace\ntrain": "train"})
    assert len(set(made.values())) == 2
    assert all(re.fullmatch(r"train-[0-9a-f]{8}", job) for job in made.values())


def test_a_name_of_which_nothing_is_left_always_has_a_suffix():
    assert re.fullmatch(r"job-[0-9a-f]{8}", names("日本")["日本"])
    assert names("日本", "東京")["日本"] == names("日本")["日本"]
