"""Measure what realistic edits change in the file of a plan: ``python tests/benchmarks/edits.py``.

For every edit of the corpus, prints the lines that ``git diff`` adds and removes, the jobs that differ in meaning, and
the jobs with the same meaning at another position in the file.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.review.edits.compiling import compile_corpus, read_corpus
from tests.review.edits.moves import edit_in_numbers


def main() -> None:
    rows = [(name, edit_in_numbers(old, new)) for name, (old, new) in read_corpus(compile_corpus()).items()]
    cells = [(name, one.added, one.removed, one.jobs, one.moved) for name, one in rows]
    totals = [sum(column) for column in zip(*(numbers for _, *numbers in cells), strict=True)]
    for name, *numbers in [("edit", "+lines", "-lines", "jobs", "moved"), *cells, ("in all", *totals)]:
        sys.stdout.write(f"{name:50}" + "".join(f"{number:>8}" for number in numbers) + "\n")


if __name__ == "__main__":
    main()
