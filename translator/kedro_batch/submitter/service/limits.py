"""What the API of AWS Batch takes, and how fast and how long this program calls it. Every number once, with its source.

Limits of what a job may be (names, dependencies, sizes) belong to a plan: ``plan.checks.batch_limits``.

Sources: [bm] botocore's service model of AWS Batch; [quotas] the AWS Batch user guide, "Service limits"; [ours] not
documented anywhere that we know: our choice, with its reason.
"""

import math
from dataclasses import dataclass

SUBMIT_RATE = 50.0
"""SubmitJob calls a second, for each account and region [quotas]."""
DESCRIBE_JOBS = 100
"""Ids in one call of DescribeJobs [bm]."""
LIST_JOBS = 100
"""Jobs on one page of ListJobs [bm]."""
TERMINATE_JOBS = 50
"""Ids in one call of TerminateJobs [bm]."""

LIST_RATE, LIST_BURST = 5.0, 10.0
"""ListJobs calls a second: a tenth of the limit of SubmitJob [ours]."""
TERMINATE_RATE, TERMINATE_BURST = 10.0, 20.0
"""TerminateJob and TerminateJobs calls a second: a fifth of the limit of SubmitJob [ours]."""
DESCRIBE_BURST = 5.0

LOG_LINES, LOG_PAGES, LOG_CHARACTERS, LOG_S = 1000, 10, 2_000_000, 10.0
"""Of a failed job's log: the lines that are looked through (a traceback of Kedro has some 300), the pages, characters
and seconds after which no further page is asked for [ours]. A page has up to 10,000 lines or 1 MB (GetLogEvents)."""
LOG_END_S = 10.0
"""How long a run that has ended waits at most for the logs of its failed jobs [ours]."""
LOG_AGAIN_S = (2.0, 5.0, 10.0)
"""When a log is looked at again that is missing, empty or without its end, counted from the first look [ours]: streams
appear seconds after a job has ended, and their last lines later (boto3#3718, nextstrain/cli#405)."""

LOG_RATE, LOG_BURST = 10.0, 10.0
"""GetLogEvents calls a second while logs are shown: less than half of the 25 that CloudWatch Logs takes from an account
in a region ("CloudWatch Logs quotas"), where others read logs, too [ours]."""
LOG_EMPTY_PAGES, LOG_IDLE_PAGES = 100, 5
"""Empty pages behind each other after which a stream has no more lines for now, and after which one that was read to
its end before is left alone for a moment [ours]."""
LOG_OVERLAP_S, LOG_OVERLAP_LINES = 30.0, 20_000
"""How far before the newest line a log is read again for lines that become visible late, and how many lines that may be
[ours]: the driver of a container sends its lines in their order, within seconds."""
LOG_SWEEP_S = 10.0
"""How often a log that is followed is read again so far [ours]."""
LOG_LOOK_S = 2.0
"""How often a log at its end is looked at again [ours]: the driver sends lines every few seconds."""
LOG_JOBS_S = 5.0
"""How often it is asked which jobs run, while logs are followed [ours]."""
LOG_LIST_S = 30.0
"""How often a run that another machine has applied is listed again, while jobs of its plan are missing [ours]."""
LOG_EMPTY_S = (30.0, 60.0)
"""When, too, a log is looked at again that is still empty or missing, while logs are followed [ours]."""
LOG_SETTLED_S = 60.0
"""A job that has ended so long ago writes no more lines that are not visible yet [ours]."""
LOG_PATIENCE_S = 30.0
"""How long a command that shows logs once waits for a service that does not answer [ours]: somebody sits before it."""

CONNECT_S, READ_S = 10, 30
"""Time-outs of one call [ours]."""

LIMITED_TOLD_AFTER_S, LIMITED_TOLD_AGAIN_S = 10.0, 30.0
"""Calls that the service limits are told after so long without one that gets through, and then so often [ours]."""

LOOKUP_DELAYS_S = (1.0, 2.0, 4.0, 8.0)
"""Delays between lookups of a job whose reply was lost: 15 s in all. How soon ListJobs shows a new job is not
documented [ours]."""
VISIBLE_AFTER_S = sum(LOOKUP_DELAYS_S)
"""After so long a new job is taken to be visible everywhere [ours]."""
STILL_S = 3.0
"""A process that stood still for longer looks at the run before it sends anything: another one may have taken it up
[ours]. That one looks for VISIBLE_AFTER_S before it ends, so that a shorter pause is noticed by it. Longer than a busy
machine or a slow disk hold up one turn of the loop."""
SLOW_WRITE_S = 120.0
"""Writes that take longer than STILL_S over and over make the run be looked at once in so long: the process may have
been stopped in one, or the disk is slow [ours]. A longer stop makes the intents old: INTENT_FRESH_S."""
LOOK_TOOK_S = 60.0
"""A look at the run that took longer is made once more before anything is sent: the process may have stood still in
it [ours]."""
INTENT_FRESH_S = 120.0
"""An intent that is older when its turn comes is looked up by its name first: in that time, somebody who found it in
the journal, or missed the job, may have submitted it [ours]."""
CONTESTED_S, CONTESTED_MOST_S = 2 * VISIBLE_AFTER_S, 480.0
"""How long a node that two processes have submitted over and over waits at most, the first time and in the end [ours]:
two times drawn by lot are then further apart than a job may be invisible, in one case of four, and in nearly all."""
WAVE_S = 2.0
"""Intents are written for so many seconds of submissions, so that hardly one becomes old [ours]."""
SLOW_S = 60.0
"""A run that nobody else was told of is looked at once more at its end if submitting it took so much longer than the
service demands: long enough for somebody to read its id in a log, and to resume it [ours]."""
DEFINITION_LOOKUP_DELAYS_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Delays between lookups of a revision whose reply was lost: as long as it may take to show."""
DEFINITION_VISIBLE_S = sum(DEFINITION_LOOKUP_DELAYS_S)
"""How long a revision that was just registered may be unknown, to SubmitJob and to DescribeJobDefinitions: not
documented [ours]."""
REMEMBERED_S = 24 * 3600
"""How long AWS Batch surely knows a job after its end: the guide says 7 days, users report 24 hours."""

ASKED_ABOUT_S = 30 * 24 * 3600
"""How the jobs of a run were executed is asked for so long after they were submitted: most have been forgotten then,
and each command would ask again [ours]."""

TERMINATION_S = 120.0
"""How long to wait until terminated jobs have ended: a container has 30 s to stop, and the service may lag [ours]."""
TERMINATE_AGAIN_S = 30.0
"""What has not ended after so long is terminated once more: something on the way may have answered in place of AWS, so
that the call has not come to it [ours]. To a job that is about to end it does nothing."""
CANCEL_WITHIN_S = 600.0
"""How long a run is cancelled over and over while another process goes on submitting its jobs [ours]: long enough for
a plan of 10,000 jobs that is submitted at some 20 a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a run is polled [ours]; times in seconds.

    Attributes:
        calls: DescribeJobs calls a second in the long run.
        shortest: Between two polls while jobs change.
        until_lookup: A job that is missing for so long is looked up by its name.
        until_lost: A job that is missing for so long is LOST, even if ListJobs still has it.
        until_stuck: A job that is RUNNABLE for so long is judged stuck.
    """

    calls: float = 1.0
    shortest: float = 1.0
    until_lookup: float = 60.0
    until_lost: float = 600.0
    until_stuck: float = 300.0


UNLIMITED = Pace(calls=math.inf, shortest=0.05)
"""For an engine of this process."""
