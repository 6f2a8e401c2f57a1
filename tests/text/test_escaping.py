"""What people see of a text that may hide something."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kedro_batch.review.formatting import quote_names, value_text
from kedro_batch.text.escaping import INVISIBLE, first_lines, for_json, for_review, for_terminal, one_line


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


@pytest.mark.parametrize(
    "ranges",
    [
        "AD 34F 61C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164 FE00-FE0F FEFF FFA0 FFF0-FFF8",
        "1BCA0-1BCA3 1D173-1D17A E0000-E0FFF",
    ],
)
def test_all_default_ignorable_characters_of_unicode_are_invisible(ranges):
    for one in ranges.split():
        first, _, last = one.partition("-")
        for code in range(int(first, 16), int(last or first, 16) + 1):
            assert INVISIBLE.fullmatch(chr(code)), hex(code)
            assert chr(code) not in for_review(chr(code)) + for_terminal(chr(code)) + for_json(chr(code))
            assert not one_line(chr(code))


@pytest.mark.parametrize("text", ["\U0001bc9f", "\ufffd", "\u3165", "\U0001d172", "\u2010", "a"])
def test_their_neighbours_are_not(text):
    assert not INVISIBLE.search(text)


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is: é, 日本, tab\there\n", "as it is: é, 日本, tab\there\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2Kgone", r"\x1b[2Kgone"),
        ("a\rb\x00\x9b", r"a\x0db\x00\x9b"),
        ("\u202e\U000e0041\ud800", r"\u202e\U000e0041\ud800"),
    ],
)
def test_a_terminal_gets_no_control_characters(text, shown):
    assert for_terminal(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is: é, 日本, tab\there", "as it is: é, 日本, tab\there"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2K\x1b[1Gagain", "again"),
        ("\x9b31mred", "red"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1;2|status\x1b\\text", "text"),
        ("\x1b(Btext\x1b7", "text"),
        ("cut off \x1b[3", "cut off "),
        ("never closed \x1b]0;title", "never closed 0;title"),
        ("two\nlines\r\nand a third", "two lines and a third"),
        ("progress\roverwritten", "progress overwritten"),
        ("a\x00b\x07c\x08d\x7fe", "abcde"),
        ("\x1b\x00[31mnot a sequence", "[31mnot a sequence"),
        ("safe\u202eexe.txt\u200b\ufeff\u3164", "safeexe.txt"),
        ("half \ud800 a pair", "half  a pair"),
        ("", ""),
    ],
)
def test_text_from_outside_becomes_one_harmless_line(text, shown):
    assert one_line(text) == shown


@given(st.text("\x1b\x9b\x9d\x9c[];m\\\x07\r\n\x85\u2028\t0 aé\u202e\u3164\ud800"))
def test_whatever_the_text_nothing_is_left_that_is_obeyed_or_not_seen(text):
    shown = one_line(text)
    assert one_line(shown) == shown
    assert not any(ord(one) < 32 or 127 <= ord(one) < 160 for one in shown.replace("\t", ""))
    assert not INVISIBLE.search(shown)
    assert len(shown.splitlines()) <= 1


@given(st.text("\x1b[;m\r\n a\u202e", max_size=40), st.integers(0, 30))
def test_a_line_is_never_longer_than_asked_for(text, most):
    shown = one_line(text, most)
    assert len(shown) <= max(most, 3)
    assert one_line(text, None).startswith(shown.removesuffix("..."))


def test_a_long_text_is_cut_and_one_of_our_own_is_not():
    assert one_line("a" * 1_000_000) == "a" * 997 + "..."
    assert one_line("a" * 1000) == "a" * 1000
    assert one_line("a" * 1_000_000, None) == "a" * 1_000_000
    assert one_line("\x1b[31m" * 1_000_000 + "a") == "..."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("\n fatal: no\r\n\n\tgit config\x1b[2J \n", "fatal: no\n\n\tgit config"),
        ("a\n" * 10, "a\n" * 9 + "a"),
        ("a\n" * 11, "a\n" * 10 + "..."),
        ("a" * 9_000, "a" * 997 + "..."),
        ("a" * 1_000_000, "a" * 997 + "...\n..."),
    ],
)
def test_what_a_program_has_printed_keeps_its_first_lines(text, shown):
    assert first_lines(text) == shown


def test_json_has_escapes_that_mean_the_same():
    assert for_json('{"a": "é"}') == '{"a": "é"}'
    assert for_json('"\x7f\u200b\U000e0041"') == r'"\u007f\u200b\udb40\udc41"'
