"""Settings of the project: all of Kedro's defaults."""
