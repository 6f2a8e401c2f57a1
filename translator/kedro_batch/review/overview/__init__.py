"""One plan as a reviewer sees it: totals, jobs and data as values, and the values that its templates show."""
