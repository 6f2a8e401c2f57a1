"""One plan as a reviewer sees it: totals, jobs, data."""
