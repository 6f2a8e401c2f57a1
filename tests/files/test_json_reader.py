import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kedro_batch.files.json_reader import parse_json

EMOJI = "\\ud83d\\ude00"


def read(text):
    return parse_json(text.encode(), "p.json")


@pytest.mark.parametrize("begin", ["", "\ufeff", "\n\t", "\r\n"])
def test_every_value_has_its_line_whatever_the_text_has(begin):
    text = begin + (
        f'{{"{EMOJI}": "{EMOJI} \\" {{ [ , :",\n\t"a": [1,\n {{"b\\/":\n null}}, [],\n [2]],\n"": {{}},\n "c": true}}'
    )
    document = read(text)
    assert document.diagnostics == []
    before = begin.count("\n")
    assert {path: line - before for path, line in document.lines.items()} == {
        (): 1,
        ("😀",): 1,
        ("a",): 2,
        ("a", 0): 2,
        ("a", 1): 3,
        ("a", 1, "b/"): 3,
        ("a", 2): 4,
        ("a", 3): 5,
        ("a", 3, 0): 5,
        ("",): 6,
        ("c",): 7,
    }


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ('{"a": 1,\n"b": 2,\n"a": 3}', ["p.json:3: a: the key is here twice, first in line 1"]),
        ('[{"a": 1,\n"\\u0061": 2, "a": 3}]', 2 * ["p.json:2: [0].a: the key is here twice, first in line 1"]),
        ('{"a": {"a": 1}, "b": {"a": 1}}', []),
        ('{"a": 1,\n}', ["p.json:2: is not valid JSON: Expecting property name enclosed in double quotes"]),
        ("1 2", ["p.json:1: is not valid JSON: Extra data"]),
        ("[" * 65 + "]" * 65, ["p.json: is nested deeper than 64 levels"]),
        ("[" * 99999, ["p.json: is nested deeper than 64 levels"]),
    ],
)
def test_what_is_wrong_has_its_line(text, reasons):
    document = read(text)
    assert [str(one) for one in document.diagnostics] == reasons
    assert document.broken == any("twice" not in one for one in reasons)


SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


def paths_of(value, here=()):
    yield here
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from paths_of(inner, (*here, step))


@settings(database=None, suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)
@given(VALUES, st.booleans())
def test_any_json_is_read_with_a_line_for_every_path(value, ascii_only):
    document = read(json.dumps(value, indent=1, ensure_ascii=ascii_only).encode(errors="replace").decode())
    assert not document.diagnostics
    assert {*document.lines} == {*paths_of(document.value)}
    assert [*document.lines.values()] == sorted(document.lines.values())
