"""Tests that share something, such as a service or a Docker engine, run in one process: their xdist group."""

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there is only one process")
@pytest.mark.xdist_group("one_process")
def test_a_group_of_tests_keeps_to_one_process(request):
    # So pytest-xdist tells its scheduler of the group. Some versions of pytest lose it, and nothing else says so.
    assert request.node.nodeid.endswith("@one_process")
