"""Compare the journal with the service before a run goes on: ``reconcile`` asks, the rest is pure."""
