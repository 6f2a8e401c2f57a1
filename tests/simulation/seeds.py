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
_MID_TURN = "a machine slept while its process worked, not while it waited, and the process went on without a look"
_TWO_LISTS = "what one list of a look had shown was forgotten when the next one was empty"
_CANCELLED = "a journal in which a cancel had found nothing made a run that was forgotten a new one"
_OTHER_VERSION = "the judge took a job that was replaced because of its data version for one that was done"
_OTHER_FORGOTTEN = "the judge took a forgotten job of a version that was replaced for one that was done"
_ABOVE = "the judge took a job that was replaced because of its parent's data version for one that was done"
_BEGUN_ANEW = "the judge asked for what a process that began, or woke up, after all was forgotten could not know"
_BELOW_A_FAILURE = "the judge asked for a job below one that had failed"
_PAUSED = (
    "the judge asked a cancel to know of a process that went on after a sleep, and whose new jobs were not shown yet"
)
_UNTOLD = "the judge asked a journal to know, when all was forgotten, of a submission that another machine had made"
_TRUSTED = "after it took over the smaller version, a process took its own older jobs for jobs of that version"
_ENDED_BY_ITSELF = "the judge took a job that failed before its termination took effect for one that was ended"
_UNSEEN = "the judge asked a cancel to know of a process whose first job was not shown yet"
_ADOPTED = (
    "a process was killed before it wrote down what it had found of a run: days later the run was new to its journal"
)
_STEPPED = "the judge asked a journal that was written with a wrong clock to be believed for a day by the right one"
_ENDED_BEFORE = "the judge asked a process to know of a job that was shown 40 s later, after it had ended"
_HIDDEN = "a second job of a later submission hid the one that stood for it, and went on"
_AND = "; later: "

FAILED: dict[int, str] = {
    61: _SLEPT + _AND + _OTHER_VERSION,
    120: _FORGOTTEN,
    143: _LATE,
    207: _OTHER_VERSION + _AND + _ABOVE,
    263: _SLEPT + _AND + _MID_TURN,
    297: _BEGUN_ANEW,
    405: _CANCELLED,
    464: _BEGUN_ANEW,
    693: _CANCEL,
    722: _TWO_LISTS,
    835: _SLEPT,
    912: _SLEPT,
    918: _OTHER_FORGOTTEN,
    931: _LATE,
    965: _BEGUN_ANEW,
    972: _SLEPT + _AND + _MID_TURN,
    974: _LATE,
    997: _SLEPT,
    1066: _ANEW,
    1152: _FORGOTTEN,
    1281: _FORGOTTEN + _AND + _TWO_LISTS,
    1290: _LATE,
    1300: _MID_TURN,
    1432: _SLEPT,
    1475: _FORGOTTEN,
    1527: _FOR_EVER,
    1689: _FOR_EVER,
    1738: _BELOW_A_FAILURE,
    1767: _FOR_EVER,
    1937: _FOR_EVER,
    2297: _TRUSTED,
    2612: _CANCELLED,
    3695: _BEGUN_ANEW,
    4672: _UNSEEN,
    11105: _ENDED_BY_ITSELF,
    11243: _ENDED_BY_ITSELF,
    12770: _PAUSED,
    14836: _UNTOLD,
    18404: _ENDED_BY_ITSELF,
    18636: _UNTOLD,
    20966: _DROPPED,
    21071: _DROPPED,
    21409: _ADOPTED,
    25850: _STEPPED,
    27814: _TRUSTED,
    28991: _ENDED_BEFORE,
    31701: _UNTOLD,
    43121: _HIDDEN,
}
