"""Nothing in the package is without a user: vulture finds what lost its caller. Tests are no users."""

import re
import tomllib
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).parent.parent.parent


def test_everything_in_the_package_is_used():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["vulture"]
    vulture = Vulture(ignore_names=settings["ignore_names"])
    vulture.scavenge([ROOT / path for path in settings["paths"]])
    # Fields are used by templates and scripts, which vulture does not read, and by whoever reads what schemas describe.
    used = {word for file in _files("templates", "*.j2") for word in re.findall(r"\w+", file)}
    used |= {name for file in _files("templates/page", "*.js") for name in re.findall(r"\.(\w+)", file)}
    used |= {name for file in _files("schemas", "*.json") for name in re.findall(r'"(\w+)":', file)}
    unused = [one for one in vulture.get_unused_code(settings["min_confidence"]) if one.name not in used]
    assert not [f"{one.filename}:{one.first_lineno}: unused {one.typ} {one.name}" for one in unused]


def _files(folder: str, pattern: str) -> list[str]:
    return [file.read_text() for file in (ROOT / folder).rglob(pattern)]
