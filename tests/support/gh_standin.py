#!/usr/bin/env python3
"""Stands in for ``gh api``: pages of comments come from a file, and what is written goes to another one.

``GH_STANDIN`` names a folder with ``comments.json``, a list of pages. ``asked.jsonl`` gets a line for each request that
writes. Nothing but what the workflows use is understood.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Answer one call."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("command", choices=["api"])
    parser.add_argument("endpoint")
    parser.add_argument("--method", default="GET")
    parser.add_argument("--paginate", action="store_true")
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--jq")
    parser.add_argument("--field", action="append", default=[])
    given = parser.parse_args()
    folder = Path(os.environ["GH_STANDIN"])
    if not os.environ.get("GH_TOKEN"):
        sys.stderr.write("gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.\n")
        return 4
    pages = json.loads((folder / "comments.json").read_text())
    if given.method == "GET":
        # gh has jq built in, and filters each page by itself.
        for page in pages if given.paginate else pages[:1]:
            subprocess.run(["jq", "--raw-output", given.jq], input=json.dumps(page), text=True, check=True)
        return 0
    fields = dict(one.split("=", 1) for one in given.field)
    body = {key: Path(text[1:]).read_text() if text.startswith("@") else text for key, text in fields.items()}
    with (folder / "asked.jsonl").open("a") as file:
        file.write(json.dumps({"method": given.method, "endpoint": given.endpoint, **body}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
