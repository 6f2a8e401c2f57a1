"""An exception to a rule of a tool says why, behind it or in a comment above. The tools find those that none needs."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SUPPRESSED = re.compile(r"# (?:noqa|type: ignore|pragma: no cover)(?P<what>\[[a-z, -]*\]|:? ?[A-Z0-9, ]*)(?P<why>.*)")


def suppressions():
    """Yield where something is suppressed, the line above, what, and what is said behind it."""
    for file in sorted([*(ROOT / "translator").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]):
        lines = file.read_text().split("\n")
        for number, line in enumerate(lines):
            if found := SUPPRESSED.search(line):
                yield f"{file.relative_to(ROOT)}:{number + 1}", lines[number - 1], found["what"], found["why"]


def test_every_suppression_names_its_rules_and_says_why():
    found = [one for one in suppressions() if not one[0].startswith("tests/house/test_suppressions.py")]
    assert len(found) > 100
    assert [where for where, _, what, _ in found if not what.strip(" :[]")] == []
    assert [where for where, above, _, why in found if not why.strip(" #") and not above.strip().startswith("# ")] == []
