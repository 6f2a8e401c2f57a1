"""What people see of a text that may hide something."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kedro_batch.review.formatting import quote_names, value_text
from kedro_batch.text.escaping import for_review


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        (r"C:\temp\x", r"C:\temp\x"),
        ("caf\u00e9", "caf\u00e9"),
        ("cafe\u0301", "cafe\\u0301"),
        ("model\ufe0f", "model\\ufe0f"),
        ("s3://\u034fbucket", "s3://\\u034fbucket"),
        ("a\u2800b", "a\\u2800b"),
        ("\u0928\u092e\u0938\u094d\u0924\u0947", "\u0928\u092e\u0938\u094d\u0924\u0947"),
        ("pr\u200bod", r"pr\u200bod"),
        (r"pr\u200bod", r"pr\\u200bod"),
        ("pr\\\u200bod", r"pr\\\u200bod"),
        (r"pr\\u200bod", r"pr\\\\u200bod"),
        ("\\\u00e9", "\\\u00e9"),
    ],
)
def test_what_nobody_sees_is_an_escape_and_what_reads_as_one_is_not(text, shown):
    assert for_review(text) == shown


_TRICKY = st.text(st.sampled_from("\\xuU0028e\u200b\u00e9\x1b\U000e0041"), max_size=12)


@given(_TRICKY, _TRICKY)
@example("\\\u200b", r"\u200b")
@example("\\x1b", "\x1b")
def test_texts_that_differ_are_shown_differently(one, other):
    assert (for_review(one) == for_review(other)) == (one == other)


def test_many_backslashes_stay_as_they_are():
    many = "\\" * 500_000 + "y"  # for hours, where time grows with the square
    assert for_review(many) == many


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["a", "b"], ["a", "b"]),
        (["a, b"], ['"a, b"']),
        ([" a", "b ", "", '"a"'], ['" a"', '"b "', '""', '"\\"a\\""']),
        (["and 3 more", "a -> b"], ['"and 3 more"', '"a -> b"']),
    ],
)
def test_names_are_quoted_where_they_could_be_taken_for_others(names, told):
    assert quote_names(names) == told


@pytest.mark.parametrize(
    ("value", "told"), [(None, None), ("a, b", "a, b"), ("", '""'), (" ", '" "'), ("a -> b", '"a -> b"'), (1, "1")]
)
def test_values_are_quoted_where_one_would_misread_them(value, told):
    assert value_text(value) == told
