"""The submitter: replay a plan on AWS Batch or on this machine, and follow it to the end. Kedro is never loaded.

The stages of a run, in the order of ``run``:

===========  ==================================================================================================
open         ``preflight`` looks at targets, account and permissions. ``reconcile`` compares journal and service. For
             the jobs that are left, targets are judged and ``definitions`` chooses revisions. Only then duplicates are
             ended, and ``run_state`` says where the run stands.
loop         ``job_submitter`` submits what is ready, ``job_poller`` follows what is live, ``terminate`` ends what was
             called off; beside them ``service/job_lookup`` searches by name. ``loop`` hands each its replies.
             ``look_again`` says when to reconcile once more, by the rules of ``stock_taking``, and by those of ``turn``
             where others may begin the run at the same moment.
close        ``close`` says how the run ended, ``close_early`` leaves one that can be resumed. ``cancel`` is a command
             of its own; it stops another process that works on the run with a mark in the journal (``take_over``,
             ``cancel_mark``).
===========  ==================================================================================================

What is written before what is sent, for every job: the intent is in the journal and on the disk; then one call is made;
then its id is in the journal, in a batch with others, since the service knows it as well. After a lost reply the job is
UNCONFIRMED and is looked up by its name before anything is sent again. The states of a job are in ``job_state``.

Who may call whom, from the top: ``run`` and ``cancel``; ``cancel_records``; ``cancel_rounds``, ``close_early`` and
``loop``; ``close``; ``cancel_place`` and ``take_over``; ``look_again``; the stages
``job_submitter``, ``job_poller`` and ``preflight``; ``sender``; ``stock_taking`` and ``turn``; ``refusals``,
``stuck_watch``, ``submit_pace``, ``unconfirmed`` and ``contested``; ``definitions``; ``reconcile``; ``terminate``;
``context``, which every part receives; ``journal``; ``service``, which alone knows engines, calls and clocks;
``events``; ``run_state`` and ``job_state``, which are pure; ``failures``. An import contract holds this order.
"""
