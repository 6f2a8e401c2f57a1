"""Text for people and for files: wording of counts and lists, escaping of what a terminal or a reader would obey."""
