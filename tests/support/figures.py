"""Shows at the end of a run of pytest what tests have measured: ``record_property("figures", "6 jobs in 20 s")``."""

import pytest


def show_figures(reporter: pytest.TerminalReporter) -> None:
    """Write the figures of all tests, those of other processes too: reports bring them along."""
    lines = [
        f"{report.nodeid.partition('::')[2].partition('@')[0]}: {value}"
        for report in reporter.getreports("passed")
        if report.when == "call"
        for name, value in report.user_properties
        if name == "figures"
    ]
    if lines:
        reporter.section("figures")
        for line in lines:
            reporter.write_line(line)
