"""Review: plans and runs as people read them. Values come in, text goes out; nothing is printed here."""
