"""The environment variables that kedro-batch gives the jobs of a run, and those of AWS Batch and Kedro that it reads.

Nothing is imported here: the hook in a job reads these names at every start of Kedro.
"""

RUN_ID_VARIABLE = "KEDRO_BATCH_RUN_ID"
JOB_VARIABLE = "KEDRO_BATCH_JOB"
SUBMISSION_VARIABLE = "KEDRO_BATCH_SUBMISSION"
VERSION_VARIABLE = "KEDRO_BATCH_VERSION"
"""The version under which all jobs of a run save versioned datasets, such as ``2026-11-22T16.15.07.123Z``."""
READS_FROM_RUN_VARIABLE = "KEDRO_BATCH_READS_FROM_RUN"
"""A JSON list: the datasets that the job reads, and that other jobs of the run write. Or, where that is too long, an
object with ALL_BUT: the datasets that the job reads, and that no other job of the run writes."""
ALL_BUT = "all_but"
OPEN_SESSIONS_VARIABLE = "KEDRO_BATCH_OPEN_SESSIONS"
"""In a job, for the nodes that run: how many sessions of Kedro run around them. The hook sets it."""
JOB_VARIABLES = (RUN_ID_VARIABLE, JOB_VARIABLE, SUBMISSION_VARIABLE, VERSION_VARIABLE, READS_FROM_RUN_VARIABLE)
"""All that a run gives its jobs."""
READS_FROM_RUN_LENGTH = 2000
"""Characters that the value of READS_FROM_RUN_VARIABLE takes in a request at most; a longer one is not given."""
OWN_VARIABLES = "KEDRO_BATCH_"
"""All variables that begin so are ours."""

ENV_VARIABLE = "KEDRO_ENV"
"""Kedro's own name for the configuration environment."""
JOB_ID_VARIABLE = "AWS_BATCH_JOB_ID"
"""AWS Batch's id of the job (the same)."""
ATTEMPT_VARIABLE = "AWS_BATCH_JOB_ATTEMPT"
"""AWS Batch's number of the attempt, from 1 (user guide, "Job environment variables")."""
