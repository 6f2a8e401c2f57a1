import datetime as dt
import math

import pytest

from kedro_batch.plan.params import differing_params, merge_params, sort_params, wrong_params


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        10**40 - 1,
        1 - 10**39,
        1.0,
        -0.0,
        5e-324,
        "",
        "\0",
        "😀",
        "a $ { b",
        "???",
        [],
        {},
        {"": [{"a.b": 1}]},
    ],
)
def test_what_json_has_can_be_carried(value):
    assert [*wrong_params({"x": value})] == []


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        (math.nan, ("x",), "is nan"),
        ([1, math.inf], ("x", 1), "is inf"),
        ({"a": dt.date(2020, 1, 1)}, ("x", "a"), "is of the type date"),
        ({1, 2}, ("x",), "is of the type set"),
        (b"a", ("x",), "is of the type bytes"),
        ((1, 2), ("x",), "is of the type tuple"),
        ({"a": {1: 2}}, ("x", "a", "1"), "the key 1 must be text"),
        ({"a": {None: 2}}, ("x", "a", "null"), "the key null must be text"),
        ({True: 2}, ("x", "true"), "the key true must be text"),
        ({"a": ["b", "see ${c}"]}, ("x", "a", 1), "holds ${"),
        ("${", ("x",), "holds ${"),
        ("\\???", ("x",), "???"),
        ("\ud83d", ("x",), "half a character"),
        ({"\udc00": 1}, ("x", "\udc00"), "half a character"),
        (10**40, ("x",), "more than 40 digits"),
        ({"k" * 1001: 1}, ("x", "k" * 20 + "..."), "a key may have 1,000"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_its_path(value, path, words):
    [(found, message)] = wrong_params({"x": value})
    assert found == path
    assert words in message


def test_what_is_nested_too_deep_is_refused():
    value: list[object] = []
    for _ in range(5000):
        value = [value]
    [(_, message)] = wrong_params({"x": value})
    assert message == "is nested deeper than 62 levels"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.b", "write a: {b: ...}"),
        ("a[b].c", "write a: {b: {c: ...}}"),
        ("a[0]", 'write a: {"0": ...}'),
        ("a.yes.", 'write a: {"yes": ...}'),
        ("a.", "write a: ..."),
        (".", "choose another name"),
        ("[ ]", "choose another name"),
        ("", "needs letters"),
        (" a", "no space at its ends"),
        ("a\nb", "nothing invisible"),
        ("a=b", "'='"),
        ("a,b", "','"),
        ("a\\", "'\\\\'"),
        ("Ref::a", "'Ref::'"),
        ("$(a)", "'$('"),
    ],
)
def test_a_name_at_the_top_that_kedro_would_take_apart_is_refused(name, words):
    [(path, message)] = wrong_params({name: 1})
    assert path == (name,)
    assert words in message
    assert [*wrong_params({"x": {name: 1}})] == []


def test_maps_are_merged_deep_and_lists_whole():
    below = {"a": {"b": 1, "c": [1, 2]}, "d": 1, "e": {"f": 1}}
    assert merge_params(below, {"a": {"c": [3]}, "d": {"x": 1}, "e": {}}) == {
        "a": {"b": 1, "c": [3]},
        "d": {"x": 1},
        "e": {"f": 1},
    }
    assert merge_params(below, {"e": None})["e"] is None
    assert below["a"] == {"b": 1, "c": [1, 2]}


@pytest.mark.parametrize(
    ("one", "other", "paths"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 1.0}, [("a",)]),
        ({"a": 1}, {"a": True}, [("a",)]),
        ({"a": 1}, {"a": "1"}, [("a",)]),
        ({"a": 0.0}, {"a": -0.0}, [("a",)]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, [("a", 1, "b")]),
        ({"a": [1]}, {"a": [1, 2]}, [("a",)]),
        ({"a": None}, {}, [("a",)]),
    ],
)
def test_values_differ_in_value_or_in_type(one, other, paths):
    assert [*differing_params(one, other)] == paths


def test_keys_are_sorted_at_every_depth_and_lists_keep_their_order():
    given = {"b": [2, {"d": 1, "c": {"z": 1, "y": 2}}], "a": 1}
    assert str(sort_params(given)) == str({"a": 1, "b": [2, {"c": {"y": 2, "z": 1}, "d": 1}]})
