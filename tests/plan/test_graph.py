import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.graph import CycleError, longest_path, topological_order, transitive_reduction

NAMES = st.text("abcdefg", min_size=1, max_size=3)


@st.composite
def acyclic_graphs(draw):
    names = draw(st.lists(NAMES, unique=True, max_size=12))
    return {name: draw(st.sets(st.sampled_from(names[:index]))) if index else set() for index, name in enumerate(names)}


def reachable(parents):
    above: dict[str, set[str]] = {}
    for name in topological_order(parents):
        above[name] = set(parents[name]).union(*(above[parent] for parent in parents[name]))
    return above


def test_the_smallest_name_among_those_ready_comes_first():
    parents = {"z": [], "a": ["z"], "b": [], "c": ["b"]}
    assert topological_order(parents) == ("b", "c", "z", "a")


def test_a_parent_named_twice_counts_once():
    assert topological_order({"a": [], "z": [], "c": ["a", "a", "z"]}) == ("a", "z", "c")


@given(acyclic_graphs())
def test_parents_come_before_their_children(parents):
    order = topological_order(parents)
    assert sorted(order) == sorted(parents)
    place = {name: index for index, name in enumerate(order)}
    assert all(place[parent] < place[name] for name in parents for parent in parents[name])


@given(acyclic_graphs(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_definition(parents, chance):
    shuffled = list(parents.items())
    chance.shuffle(shuffled)
    assert topological_order(dict(shuffled)) == topological_order(parents)


@given(acyclic_graphs())
def test_every_step_takes_the_smallest_name_that_is_ready(parents):
    done: set[str] = set()
    for name in topological_order(parents):
        assert name == min(n for n in parents if n not in done and set(parents[n]) <= done)
        done.add(name)


@given(acyclic_graphs())
def test_the_reduction_keeps_who_waits_for_whom(parents):
    assert reachable(transitive_reduction(parents)) == reachable(parents)


@given(acyclic_graphs())
def test_the_reduction_cannot_be_reduced_further(parents):
    reduced = transitive_reduction(parents)
    for name, parent in itertools.chain.from_iterable(((n, p) for p in ps) for n, ps in reduced.items()):
        without = reduced | {name: tuple(one for one in reduced[name] if one != parent)}
        assert reachable(without) != reachable(reduced)


def test_parents_are_sorted():
    assert transitive_reduction({"x": ["c", "a", "b"], "a": [], "b": [], "c": []})["x"] == ("a", "b", "c")


@pytest.mark.parametrize(
    ("parents", "cycle"),
    [
        ({"a": ["a"]}, ("a",)),
        ({"a": ["b"], "b": ["a"]}, ("a", "b")),
        ({"d": ["c"], "c": ["b"], "b": ["c"], "a": []}, ("b", "c")),
    ],
)
def test_a_cycle_is_named_from_its_smallest_name(parents, cycle):
    with pytest.raises(CycleError) as raised:
        topological_order(parents)
    assert raised.value.cycle == cycle


def test_a_chain_of_ten_thousand_needs_no_recursion():
    chain = {f"n{index:05}": [f"n{index - 1:05}"] if index else [] for index in range(10_000)}
    assert longest_path(transitive_reduction(chain)) == 10_000


def test_a_fan_of_ten_thousand_into_one():
    fan: dict[str, list[str]] = {f"n{index:05}": [] for index in range(10_000)}
    fan["end"] = list(fan)
    assert len(transitive_reduction(fan)["end"]) == 10_000
