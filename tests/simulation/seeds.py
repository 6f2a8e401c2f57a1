"""Seeds that once failed, and what each of them found. They stay as tests.

A seed draws the same scenario as long as ``scenario`` draws the same: draw what is new after everything else.
"""

FAILED: dict[int, str] = {}
