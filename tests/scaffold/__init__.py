"""Tests of ``kedro_batch.scaffold``."""
