"""Cases of a test of which only some are quick.

Where a table has many rows, and the program is started for each of them, the rows are told apart by a test of the table
itself. Here a few show that the program heeds the table; the others are run with ``-m long``.
"""

from collections.abc import Iterable
from typing import Any

import pytest


def few_quick(cases: Iterable[Any], number: int = 1) -> list[Any]:
    """Return cases for ``pytest.mark.parametrize``: the first ones as they are, the others marked ``long``."""
    found = list(cases)
    return [*found[:number], *(pytest.param(one, marks=pytest.mark.long) for one in found[number:])]
