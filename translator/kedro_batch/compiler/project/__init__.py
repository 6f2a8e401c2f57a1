"""What is read of the Kedro project: its pipelines, its configuration, its code, its packages."""
