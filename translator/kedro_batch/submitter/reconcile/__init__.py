"""Compare the journal with the service, and drop duplicates, before a run goes on."""
