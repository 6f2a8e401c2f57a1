"""An exception to a rule of a tool says why, behind it or in a comment above. The tools find those that none needs."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
POINTING = re.compile(r"(the same|likewise|ditto|(as|see) (above|before|below|there))\W*$", re.IGNORECASE)
SUPPRESSED = re.compile(
    r"# (?:noqa|type: ignore|pragma: no cover)(?P<what>\[[a-z, -]*\]|:?(?: [A-Z]+[0-9]+,?)*)(?P<why>.*)"
)


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
    reasons = {
        where: why.strip(" #") or (above.strip() if above.strip().startswith("# ") else "")
        for where, above, _, why in found
    }
    assert [where for where, why in reasons.items() if len(why.split()) < 3] == [], "too short for a stranger"
    assert [where for where, why in reasons.items() if POINTING.match(why.strip("# "))] == [], (
        "no reason: it points to another"
    )
