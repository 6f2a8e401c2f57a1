"""Checks that every mutated plan is read or refused: ``python tests/benchmarks/mutations.py [NUMBER [FIRST]]``.

Puts 100,000 mutated plans through everything that works on plans, in two processes, and prints how many were valid, the
most memory that a process had, and the time. Ends with 1 if anything else came out, or if a process took more than
200 MB. A mutation is the same for the same number: ``mutations.py 1 4711`` does number 4711 alone.
"""

import multiprocessing
import resource
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.support.mutants import survives
from tests.support.mutations import mutated

_MUTATIONS = 100_000  # or the number that is given
_PROCESSES = 2
_AT_ONCE = 500
_MEGABYTES_AT_MOST = 200
_SECONDS_AT_MOST = 5
"""For one plan, with everything that is done to it."""


def _some(numbers: range) -> tuple[int, list[str], float]:
    """Do some mutations; return how many were valid plans, what went wrong, and the process's peak of memory in MB."""
    valid, bad = 0, []
    for number in numbers:
        seed, content = mutated(number)
        start = time.perf_counter()
        try:
            valid += survives(seed, content)
        except Exception:  # noqa: BLE001  whatever it is, it is what this looks for
            bad.append(f"mutation {number}:\n{traceback.format_exc()}")
        if (taken := time.perf_counter() - start) > _SECONDS_AT_MOST:
            bad.append(f"mutation {number} took {taken:.1f} s\n")
    return valid, bad, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _MUTATIONS
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    parts = [range(at, min(at + _AT_ONCE, first + count)) for at in range(first, first + count, _AT_ONCE)]
    start = time.perf_counter()
    valid, bad, megabytes = 0, 0, 0.0
    with multiprocessing.get_context("spawn").Pool(min(_PROCESSES, len(parts))) as processes:
        for valid_here, bad_here, peak in processes.imap_unordered(_some, parts):
            valid, bad, megabytes = valid + valid_here, bad + len(bad_here), max(megabytes, peak)
            sys.stdout.writelines(bad_here)
    taken = time.perf_counter() - start
    sys.stdout.write(
        f"{count:,} mutated plans: {valid:,} valid, {count - valid - bad:,} refused, {bad:,} anything else; "
        f"at most {megabytes:.0f} MB, {taken:.0f} s\n"
    )
    sys.exit(1 if bad or megabytes > _MEGABYTES_AT_MOST else 0)


if __name__ == "__main__":
    main()
