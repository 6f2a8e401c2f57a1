"""The contract between compiler and submitter: the plan, its file, its digest, its requests.

Nothing here knows Kedro or boto3. A plan written by hand or by another tool is as good as a compiled one.
"""
