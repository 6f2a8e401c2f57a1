"""What a run saves and loads: the versions of its datasets, in a job and from outside. Talks to Kedro's catalog."""
