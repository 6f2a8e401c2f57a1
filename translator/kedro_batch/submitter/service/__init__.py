"""What runs jobs: one protocol, three engines, and the calls to them."""
