"""The search finds what it is for: with a mend taken back, it tells how a node runs twice, or is lost."""

import pytest

from tests.model.mutants import MUTANTS, search_mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.does)
def test_the_search_finds_a_program_that(mutant, tmp_path):
    printed = search_mutant(mutant, tmp_path)
    assert [line for line in printed.splitlines() if line.startswith("  ! ") and mutant.claim in line], printed
