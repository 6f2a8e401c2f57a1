"""Seeds that once failed, and what each of them found. They stay as tests.

A seed draws the same scenario as long as ``scenario`` draws the same: draw what is new after everything else.
"""

_SLEPT = "a process that woke up sent what another one had done meanwhile"
_FORGOTTEN = "what AWS Batch had forgotten was sent again instead of asked for"
_LATE = "a second job that was listed late went on after 'succeeded'"
_CANCEL = "cancel ended with 0 while another process went on submitting"
_DROPPED = "every job of a node was terminated in favour of another one"
_FOR_EVER = "two processes ended each other's jobs and submitted them again, for ever"
_ANEW = "a journal in which all has succeeded did not see the jobs of a run that had begun anew"

FAILED: dict[int, str] = {
    61: _SLEPT,
    120: _FORGOTTEN,
    143: _LATE,
    263: _SLEPT,
    693: _CANCEL,
    835: _SLEPT,
    912: _SLEPT,
    931: _LATE,
    972: _SLEPT,
    974: _LATE,
    997: _SLEPT,
    1066: _ANEW,
    1152: _FORGOTTEN,
    1281: _FORGOTTEN,
    1290: _LATE,
    1432: _SLEPT,
    1475: _FORGOTTEN,
    1527: _FOR_EVER,
    20966: _DROPPED,
    21071: _DROPPED,
}
