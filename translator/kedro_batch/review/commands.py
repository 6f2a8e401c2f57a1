"""Spell the commands that a review prints, as a shell reads them: each works as it stands. Pure."""

import shlex

from kedro_batch.text.escaping import for_review

STANDARD_INPUT = "standard input"
"""What readers call a plan that has no name."""
_LONGEST = 200


def apply_command(name: str, digest: str) -> str | None:
    """Spell the command that applies this plan and no other; None if the name cannot be shown as a shell reads it.

    Args:
        name: What readers call the plan: its path, or ``REV:PATH``.
        digest: Its digest.
    """
    path = name.partition(":")[2] or name
    if path == STANDARD_INPUT or not _is_shown(path):
        return None
    return f"{shlex.join(['kedro-batch', 'apply', _as_file(path)])} --expect-digest {digest}"


def diff_command(names: tuple[str, str], *options: str, policy: str | None = None) -> str:
    """Spell the command that compares two plans again, such as with ``--full``.

    Args:
        names: What readers call the plans. What has no name, or none that can be shown as a shell reads it, is ``-``:
            the command takes it from standard input.
        options: What else the command has.
        policy: What readers call the policy, if the new plan was judged by one.
    """
    judged = [f"--policy={_word_of(policy)}"] if policy else []
    return shlex.join(["kedro-batch", "diff", *map(_word_of, names), *options, *judged])


def show_command(name: str, *options: str) -> str:
    """Spell the command that shows a plan again, likewise."""
    return shlex.join(["kedro-batch", "show", _word_of(name), *options])


def _word_of(name: str) -> str:
    return _as_file(name) if name != STANDARD_INPUT and _is_shown(name) else "-"


def _as_file(path: str) -> str:
    return f"./{path}" if path.startswith("-") else path


def _is_shown(name: str) -> bool:
    return for_review(name) == name and len(name) <= _LONGEST
