"""Text of the pages can be read in both themes: WCAG 2.2 asks for a contrast of 4.5 (AA), and of 3 for edges."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[3] / "templates"
STYLE = "".join((TEMPLATES / file).read_text() for file in ("shared/base.css", "page/page.css"))
COLOURS = dict(re.findall(r"--([\w-]+): (light-dark\(#\w+, #\w+\))", STYLE.partition("@supports")[0]))
FILLS = re.findall(r"\.([qr]\d)[^{}]*\{ --\w-fill: (light-dark\([^)]+\)); --\w-edge: (light-dark\([^)]+\))", STYLE)
THEMES = {"light": 0, "dark": 1}
GROUNDS = ("ground", "surface", "box")
TEXTS = [
    *[(text, ground) for text in ("text", "muted", "accent") for ground in GROUNDS],
    *[(kind, ground) for kind in ("added", "removed", "changed", "renamed") for ground in (*GROUNDS, f"{kind}-box")],
    *[("text", f"{kind}-box") for kind in ("added", "removed", "changed", "renamed")],
    *[("muted", f"{kind}-box") for kind in ("added", "removed", "changed", "renamed")],
    ("surface", "accent"),
]


def of_theme(pair, theme):
    return re.findall(r"#(\w+)", pair)[THEMES[theme]]


def luminance(colour):
    channels = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_its_ground(theme):
    values = {name: of_theme(pair, theme) for name, pair in COLOURS.items()}
    low = {pair: contrast(values[pair[0]], values[pair[1]]) for pair in TEXTS}
    assert {pair: round(ratio, 2) for pair, ratio in low.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_on_every_box_of_a_colour_and_its_edge_is_seen(theme):
    values = {name: of_theme(pair, theme) for name, pair in COLOURS.items()}
    assert len(FILLS) == 14
    for name, fill_pair, edge_pair in FILLS:
        fill, edge = of_theme(fill_pair, theme), of_theme(edge_pair, theme)
        assert contrast(values["text"], fill) >= 4.5, name
        assert name.startswith("r") or contrast(values["muted"], fill) >= 4.5, name  # by resources, all text is --text
        assert contrast(edge, values["ground"]) >= 3, name
