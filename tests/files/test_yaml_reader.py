import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.files import yaml_reader
from kedro_batch.files.yaml_scalars import write_scalar


def read(text: str | bytes):
    content = text.encode() if isinstance(text, str) else text
    document = yaml_reader.parse(content, "f.yaml")
    return document.value, [str(diagnostic) for diagnostic in document.diagnostics]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", {"a": 1}),
        ("a: [x, -3, 1.5, true, null, ~]", {"a": ["x", -3, 1.5, True, None, None]}),
        ("a:\n  - b: {c: d}\n", {"a": [{"b": {"c": "d"}}]}),
        ('a: "012"', {"a": "012"}),
        ("a: 'no'", {"a": "no"}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("a: 0x1F", {"a": 31}),
        ("a: 1.0e+3", {"a": 1000.0}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("a:", {"a": None}),
        ("ä: ö", {"ä": "ö"}),
        ("", None),
        ("# only a comment\n", None),
    ],
)
def test_what_every_reader_reads_alike_is_read(text, value):
    assert read(text) == (value, [])


@pytest.mark.parametrize("text", ["no", "012", "2020-01-01", "1" * 50])
def test_what_yaml_versions_read_differently_has_to_be_quoted(text):
    value, diagnostics = read(f"a: {text}")
    (diagnostic,) = diagnostics
    assert diagnostic.startswith(f"f.yaml:1: a: YAML versions disagree about {text!r}: put it in quotes")
    assert read(f'a: "{text}"') == ({"a": text}, [])
    assert value == {"a": text}


@pytest.mark.parametrize(
    ("text", "diagnostic"),
    [
        ("a: 1\na: 2", "f.yaml:2: a: the key is here twice, first in line 1"),
        ("x:\n  - a: 1\n    a: 2", "f.yaml:3: x[0].a: the key is here twice, first in line 2"),
        ("a: &here 1", "f.yaml:1: a: anchors are not allowed: write out the value without &here"),
        ("a: !!str 1", "f.yaml:1: a: tags are not allowed: tag:yaml.org,2002:str"),
        ("a: !x {}", "f.yaml:1: a: tags are not allowed: !x"),
        ("a: !!python/object/apply:os.system [ls]", "tags are not allowed: tag:yaml.org,2002:python/object"),
        ("1: a", "f.yaml:1: 1: the key 1 must be text: put it in quotes"),
        ("a: 1\n---\nb: 2", "f.yaml:2: holds a second document; one is allowed"),
        ("a: [1", "is not valid YAML: while parsing a flow sequence"),
        ("a: 'x", "f.yaml:1: is not valid YAML: "),
        ("a: b: c", "f.yaml:1: is not valid YAML: "),
        ("[" * 100 + "]" * 100, "f.yaml:1: is nested deeper than 64 levels"),
        ("a: \x00", "f.yaml: is not valid YAML: "),
        (b"a: 1\nb: \xff", "f.yaml:2: is not UTF-8 text: byte 8 is invalid start byte"),
    ],
)
def test_what_is_refused_is_named_with_its_line(text, diagnostic):
    _, diagnostics = read(text)
    assert any(diagnostic in one for one in diagnostics), diagnostics


MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("text", "diagnostic"),
    [
        ("#" * (16 * MIB + 1), "f.yaml: has more than 16 MiB, the most that is read. Put more nodes into each job"),
        (
            "- a\n" * MIB,
            "f.yaml:999997: has more than 1,000,000 parts (keys, values, lists and mappings, each with its",
        ),
        ("[],\n" * 8, "f.yaml:1: is not valid YAML: "),
        ("a: " + "x" * 32_769, "f.yaml:1: has a text of 32,769 characters; 32,768 are read at most"),
        (
            "".join(f"- {'x' * 20_000}\U0001f680\n" for _ in range(250)),
            "f.yaml:210: has texts beyond ASCII that take more than 16 MiB of memory, the most that is read",
        ),
        ("? " + "x" * 1025 + "\n: y", "f.yaml:1: has a key of 1,025 characters; 1,024 are read at most"),
        (
            "".join(f"{n * ' '}{'k' * 1000}:\n" for n in range(6)),
            "f.yaml:6: has keys of 5,000 characters above each other; 4,096 are read at most",
        ),
        (
            "".join(f"a{n}: b\n" for n in range(10_001)),
            "f.yaml:10001: has a mapping of more keys; 10,000 are read at most",
        ),
        ("- &a b\n" * 1001, "f.yaml: more than 1,000 things are wrong; here are 1,000 of them"),
        ("#\u200b\n" * 1001, "f.yaml: more than 1,000 things are wrong; here are 1,000 of them"),
        ("%TAG ! x\n---\na: b", "f.yaml: tags are not allowed: take out the lines with %TAG"),
    ],
)
def test_what_is_too_much_ends_the_reading(text, diagnostic):
    document = yaml_reader.parse(text.encode(), "f.yaml")
    assert document.broken
    assert str(document.diagnostics[-1]).startswith(diagnostic)
    assert len(document.diagnostics) <= 1001


@pytest.mark.parametrize(
    "text",
    [
        "- a\n" * 999_000,
        "a: " + "x" * 32_768,
        '"' + "x" * 1000 + '": z',
        "".join(f"a{n}: b\n" for n in range(10_000)),
        "a: a %TAG ! in a text\nb: |\n  %TAG ! x\n",
        "%YAML 1.2\n---\na: b",
    ],
)
def test_what_is_large_but_not_too_large_is_read(text):
    assert not yaml_reader.parse(text.encode(), "f.yaml").diagnostics


def test_what_is_quoted_in_a_diagnostic_is_short():
    _, diagnostics = read(f"a: &{'x' * 20_000} 1\nb: !{'y' * 20_000} z\nc: {'1' * 20_000}\n")
    assert len(diagnostics) == 3
    assert max(map(len, diagnostics)) < 400


@pytest.mark.parametrize(
    "character",
    ["\x85", "\u2028", "\u2029", "\ufeff", "\u202e", "\u200b", "\u061c", "\u3164", "\ufe0f", "\U0001bca0"],
)
def test_what_hides_text_from_a_reviewer_is_refused(character):
    _, diagnostics = read(f"a: 1\n# a comment{character}b: 2\n")
    assert diagnostics[0].startswith(f"f.yaml:2: holds the invisible character U+{ord(character):04X}: ")
    assert read(f'a: "\\U{ord(character):08x}"') == ({"a": character}, [])


def test_half_a_character_is_refused():
    _, diagnostics = read(r'a: "\ud83d"')
    assert diagnostics


def test_aliases_are_refused_wherever_they_stand():
    _, diagnostics = read("a: &x [1]\nb: [*x, *x]\n")
    assert diagnostics == [
        "f.yaml:1: a: anchors are not allowed: write out the value without &x",
        "f.yaml:2: b[0]: aliases are not allowed: write out what *x stands for",
        "f.yaml:2: b[1]: aliases are not allowed: write out what *x stands for",
    ]


def test_lines_are_recorded_on_request():
    document = yaml_reader.parse(b"a: 1\nb:\n  - c\n  - d: 2\n", "f.yaml", with_lines=True)
    assert document.lines == {(): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "d"): 4}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def flow(value) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{write_scalar(key)}: {flow(one)}" for key, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
        case str():
            return write_scalar(value)
        case None:
            return "null"
        case _:
            return str(value).lower()


@given(VALUES)
def test_what_is_written_is_read_back(value):
    assert read(flow(value)) == (value, [])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_finite_floats_are_numbers_or_ambiguous_but_never_something_else(number):
    value, diagnostics = read(f"a: {number!r}")
    assert diagnostics or math.isclose(value["a"], number)


def test_libyaml_reads_where_it_is_there():
    assert yaml_reader.PARSER is (yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)
