"""The submitter: replays a plan on AWS Batch or on this machine and follows it to the end.

``run_state`` decides what is next and is pure; ``run`` carries it out on an ``engine``: ``aws`` speaks to AWS
Batch through boto3, ``local`` answers the same calls with processes of this machine. ``dry_run`` interprets
the same plan without an engine. Kedro is never loaded.
"""
