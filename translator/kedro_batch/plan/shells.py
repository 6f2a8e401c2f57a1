"""Programs that take a command of their own as text: what a job runs is then no longer what its plan says. Pure."""

SHELLS = frozenset(
    [
        *("sh", "bash", "rbash", "dash", "ash", "zsh", "ksh", "ksh93", "mksh", "csh", "tcsh", "fish", "busybox"),
        *("cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh", "pwsh.exe"),
    ]
)


def program_name(word: str) -> str:
    """Return the name of a program without its folder, in lower case."""
    return word.replace("\\", "/").rpartition("/")[2].lower()
