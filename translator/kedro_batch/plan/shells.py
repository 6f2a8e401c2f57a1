"""Programs that take a command of their own as text: what a job runs is then no longer what its plan says. Pure."""

_SHELLS = frozenset(
    [
        *("sh", "bash", "rbash", "dash", "ash", "zsh", "ksh", "ksh93", "mksh", "csh", "tcsh", "fish", "busybox"),
        *("cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh", "pwsh.exe"),
    ]
)


def is_shell(program: str) -> bool:
    """True if this is the name of a shell, without its folder."""
    return program.lower() in _SHELLS
