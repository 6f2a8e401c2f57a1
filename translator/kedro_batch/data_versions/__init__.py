"""What a run saves and loads: the versions of its datasets, in a job and from outside. Talks to Kedro's catalog.

In a job, ``hooks`` calls ``in_job``: ``job_environment`` says which job it is, ``catalog_access`` finds the datasets,
``versioned_dataset`` reads and sets their versions, ``version_limit`` hides newer versions, ``leftovers`` removes what
an earlier attempt saved, and ``job_log`` tells it. Nothing here imports Kedro: its objects are handed in.
"""
