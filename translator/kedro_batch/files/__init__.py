"""Reads and writes files: strict YAML, JSON Schemas, JSON text, atomic writes, the files that ship with the package."""
