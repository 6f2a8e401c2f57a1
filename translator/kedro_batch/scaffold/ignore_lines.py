"""Adds to ``.gitignore`` what kedro-batch needs of it, at its end, and changes nothing that is there. Pure."""

JOURNAL = ".kedro-batch/"
_JOURNAL_LINES = (JOURNAL, f"/{JOURNAL}", JOURNAL.rstrip("/"), f"/{JOURNAL.rstrip('/')}", f"**/{JOURNAL}")


def with_ignore_lines(text: str, *, kept: str | None) -> str:
    """Return a ``.gitignore`` with the lines that are missing.

    Args:
        text: The file; empty if there is none.
        kept: A file that git has to keep although it ignores its folder; None if git keeps it already.
    """
    lines = [line.strip() for line in text.splitlines()]
    added: list[str] = []
    if not any(line in _JOURNAL_LINES for line in lines):
        added += ["# The journals of kedro-batch: the runs of this machine", JOURNAL]
    if kept is not None:
        folder = kept.rpartition("/")[0]
        # git looks into no folder that is ignored as a whole: the folder comes back first, then all but this file goes.
        added += [f"# Without {folder} in the image, `kedro run` without --env fails there"]
        added += [f"!/{folder}/", f"/{folder}/*", f"!/{kept}"]
    if not added:
        return text
    end = "\r\n" if "\r\n" in text else "\n"
    if text and not text.endswith("\n"):
        text += end
    return text + (end if text.strip() else "") + "".join(f"{line}{end}" for line in added)


def seems_ignored(text: str, path: str) -> bool:
    """True if a ``.gitignore`` seems to ignore a file in a folder, where no git is there to be asked."""
    folder, _, name = path.rpartition("/")
    lines = [line.strip() for line in text.splitlines()]
    of_folder = [number for number, line in enumerate(lines) if line.lstrip("/").rstrip("/*") == folder]
    kept = [number for number, line in enumerate(lines) if line in (f"!{path}", f"!/{path}", f"!{name}", f"!**/{name}")]
    whole = any(lines[number].endswith(folder) or lines[number].endswith(f"{folder}/") for number in of_folder)
    return bool(of_folder) and (whole or not kept or max(kept) < max(of_folder))
