"""A unified diff of two files, for as many lines as are read."""

import difflib
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.text.line_diff import WINDOW, unified_diff


def diff(old, new):
    lines = unified_diff(*([line.encode() for line in lines] for lines in (old, new)))
    return [line.decode() for line in lines]


def applied(lines, old):
    """Return the new text that a unified diff makes of the old one."""
    made, at = [], 0
    for line in lines:
        if line.startswith("@@"):
            start, count = map(int, line.split()[1][1:].split(","))
            begin = start - 1 if count else start
            made += old[at:begin]
            at = begin
        elif line.startswith("+"):
            made.append(line[1:])
        else:
            assert old[at] == line[1:]
            at += 1
            if line.startswith(" "):
                made.append(line[1:])
    return [*made, *old[at:]]


def numbered(count):
    return [f"line {number}" for number in range(count)]


def test_equal_texts_have_no_diff():
    assert diff([], []) == diff(numbered(700), numbered(700)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: ["# a note", *lines],
        lambda lines: [*lines, "# a note"],
        lambda lines: [*lines[:5], "# a note", *lines[5:]],
        lambda lines: [*lines[:5], "another", *lines[6:90], *lines[91:], ""],
        lambda lines: lines[1:-1],
        lambda lines: lines[:0],
    ],
)
def test_a_diff_of_short_texts_is_that_of_difflib(change):
    old = numbered(100)
    wanted = [*difflib.unified_diff(old, change(old), "old", "new", lineterm="")][2:]
    assert [line.replace(",1 ", " ") for line in diff(old, change(old))] == [
        line.replace(",1 ", " ") for line in wanted
    ]


_TEXTS = st.lists(st.sampled_from(["a", "b", "", "#"]), max_size=30)


@given(_TEXTS, _TEXTS, st.sampled_from([0, WINDOW - 3, WINDOW, 2 * WINDOW + 1]))
def test_what_a_diff_says_makes_the_new_text_of_the_old_one(old, new, between):
    same = numbered(between)
    first, second = [*old, *same, *new, "x"], [*new, *same, *old, "x"]
    assert applied(diff(first, second), first) == second


def test_one_more_line_among_many_is_one_change():
    old = numbered(5000)
    new = [*old[:20], "# a note", *old[20:4000], "# another", *old[4000:]]
    assert [line for line in diff(old, new) if line[0] in "+-"] == ["+# a note", "+# another"]


class Counted(bytes):
    """A line that counts how often one is compared."""

    comparisons = 0

    def __eq__(self, other):
        Counted.comparisons += 1
        return bytes.__eq__(self, other)

    __hash__ = bytes.__hash__


def cost(count):
    """Return how many lines are read and compared to show 100 of a diff with so many places."""
    Counted.comparisons = 0
    read = []

    def lines(*notes):
        for number in range(count):
            read.append(number)
            yield from (*notes, Counted(b"job %d" % number))

    assert len([*islice(unified_diff(lines(b"# a note"), lines()), 100)]) == 100
    return len(read), Counted.comparisons


def test_what_is_shown_costs_the_same_however_many_lines_differ():
    assert cost(1000) == cost(16_000)
    assert cost(1000)[0] < 5 * WINDOW
