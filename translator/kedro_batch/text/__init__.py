"""Words counts, lists and names for people, and escapes what a terminal or a reader would obey."""
