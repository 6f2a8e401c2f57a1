"""Takes README.md and docs/*.md apart: commands, blocks of code, tables, links.

In comes the text of a page as it is in the repository. Out come its parts as text; nothing here runs or judges them.
A command is a line that is indented by four spaces or more, outside of the fenced blocks.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {file.stem: file.read_text(encoding="utf-8") for file in sorted((ROOT / "docs").glob("*.md"))}
PAGES = {"README": README, **DOCS}

_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    """Return the commands of a text, in their order, without comments."""
    return [
        re.sub(" +# .*", "", line.strip()) for line in _FENCED.sub("", text).splitlines() if line.startswith("    ")
    ]


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return [content for marked, content in _FENCED.findall(text) if marked == language]


def section(text: str, title: str) -> str:
    """Return what stands between a heading of the second level and the next one."""
    found = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert found, f"there is no section {title!r}"
    return found


def table(text: str, *header: str) -> list[list[str]]:
    """Return the rows of the table with these first columns in its header."""
    head = f"| {' | '.join(header)} |"
    lines = text.splitlines()
    assert lines.count(head) == 1, f"there has to be one table {head}"
    rows = []
    for line in lines[lines.index(head) + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def codes(cell: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def links(text: str) -> list[str]:
    """Return the targets of links inside the repository."""
    return [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
