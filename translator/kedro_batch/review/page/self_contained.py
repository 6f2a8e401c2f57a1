"""What every page has that needs no server and no network: its files joined, its policy, and its data embedded.

The policy allows only the page's own scripts and style, by their hashes: even with a mistake, the page loads no address
and runs no other code.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from kedro_batch.files.resources import folder

_SHARED_STYLE = ("base.css",)
_SHARED_SCRIPTS = ("elements.js", "rows.js", "keys.js", "address.js", "details.js")


def page_style(subfolder: str, *files: str) -> str:
    """Return the style of a page: what all pages share, and its own files."""
    return f"{join_files('shared', *_SHARED_STYLE)}\n{join_files(subfolder, *files)}"


def page_script(subfolder: str, *files: str) -> str:
    """Return the script of a page, one module: what all pages share, and its own files."""
    return f"{join_files('shared', *_SHARED_SCRIPTS)}\n{join_files(subfolder, *files)}"


def join_files(subfolder: str, *files: str) -> str:
    """Return files of ``templates/SUBFOLDER`` as one text."""
    return "\n".join((folder("templates") / subfolder / file).read_text(encoding="utf-8") for file in files)


def policy(style: str, script: str) -> str:
    """Return the policy of a page that has this style and this script, and nothing else."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )


def embed(data: object, to_json: Callable[[Any], object] | None = None) -> str:
    """Write JSON that no HTML parser can mistake for markup: ASCII without angle brackets and ampersands.

    Args:
        data: What is embedded.
        to_json: Returns the JSON value of what has none of its own; without it, that is a TypeError.
    """
    text = json.dumps(data, separators=(",", ":"), default=to_json)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
