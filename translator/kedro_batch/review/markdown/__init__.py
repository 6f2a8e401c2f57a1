"""Markdown for comments on pull requests, within their limits, with all foreign text escaped."""
