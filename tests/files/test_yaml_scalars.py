import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kedro_batch.files.yaml_scalars import AmbiguousError, read_plain, write_scalar


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("kedro", "kedro"),
        ("--nodes=preprocess_companies", "--nodes=preprocess_companies"),
        ("a.b-c_d/e@f", "a.b-c_d/e@f"),
        ("größe", "größe"),
        ("no", '"no"'),
        ("Y", '"Y"'),
        ("null", '"null"'),
        ("~", '"~"'),
        ("", '""'),
        ("012345", '"012345"'),
        ("1e3", '"1e3"'),
        ("1.7.0", '"1.7.0"'),
        (".inf", '".inf"'),
        ("-", '"-"'),
        ("f([a]) -> [b]", '"f([a]) -> [b]"'),
        ("a: b", '"a: b"'),
        ("a,b", '"a,b"'),
        ("#x", '"#x"'),
        ("&x", '"&x"'),
        ('say "hi"', r'"say \"hi\""'),
        ("line\nbreak", r'"line\nbreak"'),
        ("\x7f\u2028\ufeff", r'"\u007f\u2028\ufeff"'),
        ("a\u3164\U000e0001", r'"a\u3164\U000e0001"'),
        ("-_1", '"-_1"'),
        ("._1", '"._1"'),
    ],
)
def test_text_is_quoted_where_it_has_to_be(text, written):
    assert write_scalar(text) == written


# What numbers, booleans and options are made of in some YAML version.
TRICKY = st.text("-._+~=yYnNeE019xo:#,[]{}&*!|>'\"%@` \t", max_size=6)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | TRICKY)
def test_both_versions_of_yaml_read_a_scalar_back_in_every_context(text):
    written = write_scalar(text)
    document = f"- {written}: {written}\n- [{written}, {written}]\n- {{{written}: {written}}}\n- - {written}\n"
    expected = [{text: text}, [text, text], {text: text}, [text]]
    assert yaml.safe_load(document) == expected
    for version in ((1, 1), (1, 2)):
        ruamel = YAML(typ="safe", pure=True)
        ruamel.version = version
        assert json.loads(json.dumps(ruamel.load(document))) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("NULL", None),
        ("true", True),
        ("False", False),
        ("12", 12),
        ("-3", -3),
        ("0x1F", 31),
        ("0.5", 0.5),
        ("1.0e+3", 1000.0),
        ("1.7.0", "1.7.0"),
        ("nobody", "nobody"),
        ("--no", "--no"),
    ],
)
def test_what_both_versions_of_yaml_read_alike_is_read(text, value):
    read = read_plain(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "Yes",
        "on",
        "off",
        "012",
        "0o17",
        "1_000",
        "1e3",
        "1:30",
        "2020-01-01",
        ".inf",
        "-.INF",
        ".nan",
        "=",
        "<<",
        "0b11",
        "y",
        "N",
        "-_1",
        "._1",
        "08",
        "+.5",
        "1" * 50,
    ],
)
def test_what_yaml_versions_read_differently_is_refused(text):
    with pytest.raises(AmbiguousError, match="YAML versions disagree about "):
        read_plain(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | TRICKY)
def test_what_is_written_without_quotes_is_read_as_text(text):
    assert write_scalar(text) != text or read_plain(text) == text


@pytest.mark.parametrize("text", ["1e-4", "1e5", "-1E5", ".5e3", "1.e5", "+1.5e3", "1e05", "0e0"])
def test_a_number_that_only_some_versions_read_comes_with_the_spelling_that_all_read(text):
    with pytest.raises(AmbiguousError, match="if it is a number, write ") as refused:
        read_plain(text)
    assert read_plain(str(refused.value).rpartition(" ")[2]) == float(text)


@pytest.mark.parametrize("text", ["1e999", "012", "no", "1_000", "2020-01-01"])
def test_other_texts_get_the_general_advice(text):
    with pytest.raises(AmbiguousError, match="a number is written like 12 or"):
        read_plain(text)
