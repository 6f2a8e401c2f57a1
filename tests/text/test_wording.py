import pytest

from kedro_batch.text.wording import (
    counted,
    did_you_mean,
    duration,
    listed,
    location_words,
    named,
    quoted,
    rough_duration,
    whole_duration,
)


def test_counts_know_their_plural():
    assert [counted(number, "job") for number in (0, 1, 2, 10_000)] == ["0 jobs", "1 job", "2 jobs", "10,000 jobs"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (0.44, "0.4 s"),
        (9.96, "10.0 s"),
        (41, "41 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3599.7, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_are_spelled_in_two_units_at_most(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "1 min"),
        (89, "1 min"),
        (3569, "59 min"),
        (3571, "1 h 0 min"),
        (90_031, "25 h 1 min"),
    ],
)
def test_estimated_durations_have_no_seconds(seconds, text):
    assert rough_duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (0.9, "0 s"), (9.9, "9 s"), (59.9, "59 s"), (60, "1 min 0 s"), (119.9, "1 min 59 s")],
)
def test_durations_that_grow_change_once_a_second(seconds, text):
    assert whole_duration(seconds) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        ("abcde", "a, b, c, d, e"),
        ("abcdef", "a, b, c, d, e and 1 more"),
        ((str(number) for number in range(2000)), "0, 1, 2, 3, 4 and 1,995 more"),
    ],
)
def test_what_is_left_out_of_a_list_is_counted(names, text):
    assert listed(names) == text


def test_a_location_is_told_as_far_as_it_is_known():
    known = (("123456789012", "eu-west-1"), ("123456789012", None), (None, "eu-west-1"), (None, None))
    assert [location_words(*one) for one in known] == [
        "account 123456789012, eu-west-1",
        "account 123456789012",
        "eu-west-1",
        "",
    ]


def test_a_list_is_as_long_as_is_asked_for():
    assert listed("abc", most=2, separator="; ") == "a; b and 1 more"


def test_long_texts_are_shortened():
    assert quoted("a'b") == '"a\'b"'
    assert quoted("x" * 80) == f"'{'x' * 80}'"
    assert quoted("x" * 81) == f"'{'x' * 80}'..."


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("slpit", " Did you mean 'split'?"),
        ("train_0", " Did you mean 'train_1' or 'train'?"),
        ("something", ""),
        ("t" * 1001, ""),
    ],
)
def test_near_words_are_guessed_at(word, hint):
    assert did_you_mean(word, ["train", "train_1", "split"]) == hint


def test_names_of_one_kind_are_told_with_their_noun():
    assert [named("queue", names, 2) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "queue a",
        "queues a, b",
        "queues a, b and 1 more",
    ]
