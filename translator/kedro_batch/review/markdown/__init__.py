"""Markdown for pull requests: escaping, folded comments, Mermaid graphs."""
