"""Parameters as words of a command; tests/compiler/project/test_kedro_params.py asks Kedro what it makes of them."""

import pytest

from kedro_batch.plan.params_words import params_words, spell_value


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (None, "null"),
        (True, "true"),
        (1, "1"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (1e-07, "1.0e-07"),
        (2.5e-07, "2.5e-07"),
        (1e16, "1.0e+16"),
        (10**39, "1" + 39 * "0"),
        ({}, "{}"),
        ([], "[]"),
        ("", '""'),
        ("1", '"1"'),
        ("no", '"no"'),
        (" a=b: #c ", '" a=b: #c "'),
        ("a,b", r'"a\x2cb"'),
        ('say "\\"', r'"say \"\\\""'),
        ("a\r\n\tb\0", r'"a\r\n\tb\0"'),
        ("\x7fé\u2028😀", r'"\x7f\xe9\u2028\U0001f600"'),
        ("$(HOME)", r'"\x24(HOME)"'),
        ("Ref::a Ref:::", r'"Ref\x3a:a Ref\x3a::"'),
        ([1, [2, [3, 4]]], "- 1\n- - 2\n  - - 3\n    - 4"),
        ({"a": 1, "b": {"c,": [1, {}]}}, '"a": 1\n"b":\n "c\\x2c":\n  - 1\n  - {}'),
        ([{"a": 1, "b": 2}], '- "a": 1\n  "b": 2'),
    ],
)
def test_a_value_is_spelled_without_a_comma(value, spelled):
    assert spell_value(value) == spelled


def test_a_long_key_stands_after_a_question_mark():
    assert spell_value({"k" * 999: [1]}) == f'? "{"k" * 999}"\n:\n - 1'


def test_all_parameters_are_one_word():
    assert params_words({"a": [1, 2], "b": "x"}) == ('--params=a=- 1\n- 2,b="x"',)


def test_without_parameters_there_is_no_word():
    assert params_words({}) == ()
