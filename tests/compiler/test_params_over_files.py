import pytest

from kedro_batch.compiler.params_over_files import find_clashes, find_dropped, find_kept


@pytest.mark.parametrize(
    ("params", "files", "expected"),
    [
        ({"a": {"b": 1}, "c": [1], "d": None}, {"a": {"b": [2]}, "c": 3, "d": {"e": 1}}, []),
        ({"a": 1, "b": "x", "c": {}}, {"a": [1], "b": {"c": 1}, "c": "x"}, []),
        ({"a": [1]}, {"a": {"b": 1}}, ["a is a list, and FILE has a map"]),
        ({"a": {"b": {}}}, {"a": {"b": []}}, ["a.b is a map, and FILE has a list"]),
        ({"a": {"1": 1}}, {"a": {1: 1}}, ["a.1 has a text for its key, and FILE has the number 1"]),
        ({"1": 1}, {1: {"x": 1}}, ["1 has a text for its key, and FILE has the number 1"]),
        ({"true": 1, "1": 1, "1.5": 1}, {True: 1, 1.5: 1}, []),
        ({"a": [{"b": 1}]}, {"a": [[1]]}, []),
    ],
)
def test_what_kedro_cannot_merge_is_found_with_its_path(params, files, expected):
    found = [*find_clashes(params, files)]
    assert [f"{'.'.join(map(str, one.path))} {one.describe('FILE').partition(':')[0]}" for one in found] == expected


def test_parameters_that_files_keep_from_the_nodes_are_found():
    assert [*find_kept({"a": {"b": 1}, "c": {}}, {"a": {"b": 1, "x": 2}, "c": {"y": 1}, "d": 1})] == []
    assert [*find_kept({"a": {"b": "???"}, "c": [1]}, {"a": {"b": 1}, "c": [1, 2]})] == [("a", "b"), ("c",)]


@pytest.mark.parametrize(
    ("files", "merged", "expected"),
    [
        ({"a": {"b": 1, "c": {"d": 1}}, "e": 1}, {"a": {"b": 2, "c": {"d": [1]}}, "e": {}, "f": 1}, []),
        ({"a": {"b": 1, "c": {"d": 1, "e": 2}}}, {"a": {"c": {"d": 1}}}, [("a", "b"), ("a", "c", "e")]),
        ({"a": {"b": 1}}, {"a": 1}, []),
        ({"a": {1: 1, None: 2}}, {"a": {}}, [("a", "1"), ("a", "null")]),
    ],
)
def test_parameters_of_files_that_are_gone_are_found(files, merged, expected):
    assert [*find_dropped(files, merged)] == expected
