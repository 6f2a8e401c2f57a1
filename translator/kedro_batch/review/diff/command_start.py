"""Tell what a command starts: its program, and whether a shell or an interpreter gets a script as text. Pure.

What is not understood counts as a whole: of a command with an unknown wrapper, every word may choose the program.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kedro_batch.plan.shells import is_shell, program_name
from kedro_batch.review.diff.kedro_options import read_options

_KEDRO, _RUN = "kedro", "run"
_WRAPPER_NAMES = (
    "env nohup timeout nice ionice chrt taskset numactl stdbuf setsid setpriv setarch unshare nsenter chroot sudo doas "
    "su su-exec gosu runuser tini dumb-init catatonit exec command builtin time xvfb-run strace ltrace script flock "
    "watch sg uv uvx pipx poetry pipenv pdm hatch rye pixi conda mamba micromamba torchrun accelerate mpirun mpiexec "
    "xargs parallel eval source . find ssh busybox"
)
_WRAPPERS = frozenset(_WRAPPER_NAMES.split())
"""Programs that start another one, which stands somewhere among their words."""
_EVALUATE = frozenset(("eval", "source", ".", "xargs", "parallel", "watch"))
"""Programs that run what they read or are given as text."""
_GIVEN_TEXT = {
    "env": re.compile(r"-[i0v]*S.*|--split-string(=.*)?"),
    **dict.fromkeys(("su", "runuser", "script", "flock", "sg"), re.compile(r"-[a-z]*c.*|--command(=.*)?|--session-.*")),
}
"""Wrappers with the option that gives them a command as text."""
_PYTHON = re.compile(r"(python|pypy|ipython)[0-9.]*w?(\.exe)?")
_SCRIPT_OPTIONS = (
    (_PYTHON, re.compile(r"-[bBdEhiIOPqRsSuvVx]*c.*")),
    (re.compile(r"(perl|ruby)[0-9.]*"), re.compile(r"-[0-9acflnpstwTUWX]*[eE].*")),
    (re.compile(r"node(js)?|bun|deno"), re.compile(r"-p?e.*|-p|--(eval|print)(=.*)?")),
    (re.compile(r"(rscript|r|lua[0-9.]*|luajit|julia|groovy|scala|guile|emacs)"), re.compile(r"-[eE].*|--eval(=.*)?")),
    (re.compile(r"php[0-9.]*"), re.compile(r"-[rBRE].*|--(run|process-.*)(=.*)?")),
)
"""Interpreters, and the options with which they take a script as text."""
_SHELL_SCRIPT = re.compile(r"-[A-Za-z]*c[A-Za-z]*|--command(=.*)?|/[cCkK]|-(command|encodedcommand)", re.IGNORECASE)
_WITH_VALUE = frozenset(("-o", "+o", "-O", "+O", "--rcfile", "--init-file", "-W", "-X", "-r", "--require", "-I"))
_LAUNCHERS = frozenset(
    ("spark-submit", "papermill", "snakemake", "nextflow", "jupyter", "streamlit", "dvc", "ray", "airflow")
)
"""Programs that run code files, wherever these stand among their words."""
_CODE = re.compile(r".+\.(py|ipynb|jar|zip|egg|whl|pex|[rR]|sh|sql|smk|nf|jl)", re.DOTALL)
_OF_WRAPPERS = re.compile(r"-|[0-9]|[A-Za-z_][A-Za-z0-9_]*=")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_VALUE = re.compile(r"(?<=[=,])[\w.-]+")
_OWN = "\0"
_OWN_LIST = re.compile(rf"{_OWN}(,{_OWN})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandStart:
    """What a command starts.

    Attributes:
        program: The words up to the program, without the names of the job and its nodes: equal for equal programs.
        script: All words likewise, if a shell or an interpreter gets a script; else empty.
        program_words: The words up to the program, for people.
        script_words: All words, for people; empty without a script.
        variables: The variables that a wrapper sets, such as ``env NAME=value``.
        options: The options of ``kedro run`` that choose what runs, and words that nobody knows, with their values;
            None if the program is another one, or gets a script.
    """

    program: tuple[str, ...]
    script: tuple[str, ...]
    program_words: tuple[str, ...]
    script_words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    options: Mapping[str, str] | None = None


def read_start(command: Sequence[str], own: Collection[str] = ()) -> CommandStart:
    """Read what a command starts.

    Args:
        command: Its words.
        own: The names of the job and of its nodes, which differ from job to job.
    """
    flag = _find_script_option(command)
    program = tuple(command[: _program_end(tuple(command)) if flag is None else flag + 1])
    script = () if flag is None else tuple(command)
    runs_kedro = flag is None and program[-1:] == (_RUN,) and _KEDRO in map(program_name, program)
    return CommandStart(
        program=_without_names(program, own),
        script=_without_names(script, own),
        program_words=program,
        script_words=script,
        variables=tuple(_assigned(command)),
        options=dict(read_options(command[len(program) :])) if runs_kedro else None,  # of two, the last one counts
    )


def _program_end(command: Sequence[str]) -> int:
    """Return how many words it takes to name the program."""
    names = [program_name(word) for word in command]
    if _KEDRO in names:
        end = names.index(_KEDRO) + 1
        return end + 1 if command[end : end + 1] == (_RUN,) else len(command)  # other commands may run anything
    if not names or names[0] in _WRAPPERS:
        return len(command)
    if is_shell(names[0]) or any(program.fullmatch(names[0]) for program, _ in _SCRIPT_OPTIONS) or names[0] == "java":
        return next((at + 1 for at in _operands(command, 1)), len(command))
    if names[0] in _LAUNCHERS:
        return max((at + 1 for at, word in enumerate(command) if _CODE.fullmatch(word)), default=1)
    return 1


def _find_script_option(command: Sequence[str]) -> int | None:
    """Return the place of the word behind which a script stands; None if there is none."""
    if not command or program_name(command[0]) == _KEDRO:
        return None
    in_vain: set[str] = set()  # what follows a second one has been looked at
    looked_at: dict[re.Pattern[str], int] = {}  # by the option: up to where there is none
    starts = True  # only wrappers and what they are given stand before it
    for at, word in enumerate(command):
        name = program_name(word)
        if name == _KEDRO:
            return None  # what follows are Kedro's own options
        if starts and name in _EVALUATE:
            return at
        if starts and name in _GIVEN_TEXT and name not in in_vain:
            in_vain.add(name)
            given = (i for i in range(at + 1, len(command)) if _GIVEN_TEXT[name].fullmatch(command[i]))
            if (found := next(given, None)) is not None:
                return found
        option = _script_option(name)
        if option and at >= looked_at.get(option, 0):
            for place in _options(command, at + 1):
                if option.fullmatch(command[place]):
                    return place
                looked_at[option] = place
        starts = starts and (name in _WRAPPERS or _OF_WRAPPERS.match(word) is not None)
    return None


def _script_option(name: str) -> re.Pattern[str] | None:
    if is_shell(name):
        return _SHELL_SCRIPT
    return next((option for program, option in _SCRIPT_OPTIONS if program.fullmatch(name)), None)


def _options(command: Sequence[str], at: int) -> Iterator[int]:
    """Yield the places of the options that stand before the first operand."""
    while at < len(command) and (command[at].startswith(("-", "+")) or command[at].lower() in ("/c", "/k")):
        yield at
        at += 2 if command[at] in _WITH_VALUE else 1


def _operands(command: Sequence[str], at: int) -> Iterator[int]:
    """Yield the places of the words that are no option and no value of one."""
    for option in _options(command, at):
        at = option + (2 if command[option] in _WITH_VALUE else 1)
    yield from range(at, len(command))


def _assigned(command: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the variables that wrappers set before the program."""
    if command and program_name(command[0]) in _WRAPPERS:
        for word in command:
            if program_name(word) == _KEDRO:
                return
            if found := _ASSIGNMENT.fullmatch(word):
                yield found[1], found[2]


def _without_names(words: Sequence[str], own: Collection[str]) -> tuple[str, ...]:
    """Return words without the names of a job and its nodes where these are values of options (``--nodes=a,b``).

    Elsewhere, and where a name is no plain one, it could be the program or the script itself.
    """
    if not own:
        return tuple(words)
    names = frozenset(own)
    return tuple(
        _OWN_LIST.sub(_OWN, _VALUE.sub(lambda found: _OWN if found[0] in names else found[0], word)) for word in words
    )
