"""The report of a run: where its time went, as one value (``model``), and as JSON, CSV, Markdown and a page."""
