"""Checks "exactly once" exhaustively: every order of the steps of a small run, with the run's own code.

What is real: ``Run``, ``JobSubmitter``, ``JobPoller``, ``RunState``, and all of ``reconcile``. ``member`` restores them
to a state, lets them do one step, and reads their state back. What is modelled, in ``service``: AWS Batch. ``steps``
lists what can happen next, ``claims`` says what must never be, ``search`` visits every state and tells the shortest way
to one that breaks a claim.

    python -m tests.model --help

Abstractions, and why nothing is lost by them:

- A journal is written with each step. A process that is killed before it has written what it knows is in the same state
  as one that was killed before it learned it, and that order is among those tried.
- A request is executed when it is sent, or never. What is late is its reply, and how late ListJobs shows the job.
- Times are three: now, an hour later, days later. Waits are no steps. Instead, the assumption under which a wait is
  long enough is part of the world: a look-up gives up, and a run takes stock, only after ListJobs has shown what was
  submitted before they began to wait ("ListJobs is at most 15 s late"). With ``late`` that does not hold: they may see
  nothing.
- ListJobs and DescribeJobs are asked at one moment, once; what is found is ended in a later step, and the run goes on
  when that has happened.
- A job has one attempt, all jobs have one data version and one revision, and no call is refused.
- A dependent of a failed job fails at once.
- AWS Batch forgets jobs days after they have ended, in the order in which they were made.
- No turns are taken (``Turn``): two that begin a run at the same moment both go on, as they do where neither one's
  first job is shown in time.
- A job is missing for long only once no reply is waited for.
"""
