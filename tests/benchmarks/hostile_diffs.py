"""Measures what pairs of hostile plans cost to compare: ``python tests/benchmarks/hostile_diffs.py [WORD]``.

Each pair below is valid, near the limits of a plan, and made so that as much as possible differs. It prints what
``kedro-batch diff`` takes for each in every format, and ``show`` for the second plan, in processor time and memory of a
process of its own, and how much that is of the bound that ``docs/review.md`` states. It ends with 1 if one takes more
than the bound, or ends in a traceback.
"""

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.benchmarks.hostile import made_apart
from tests.benchmarks.measure import measured_however_it_ends
from tests.support.command_line import BIN

MEGABYTES_AT_MOST = 1000
SECONDS_AT_MOST = 60
_FORMATS = ("text", "text --full", "markdown", "json", "html")
_COMMANDS = (
    *(f"diff a.yaml b.yaml --format={form}" for form in _FORMATS),
    *(f"show b.yaml --format={form}" for form in _FORMATS),
)
_HEAD = "schema: kedro-batch/plan/v1\n"
_DEFAULTS = "defaults: {job_queue: q, job_definition: d}\n"


def _plan(count: int, job: Callable[[int], str], defaults: str = _DEFAULTS, head: str = "") -> str:
    """Write a plan of jobs, each given as the fields behind its name."""
    return _HEAD + head + defaults + "jobs:\n" + "".join(f"  - {{{job(number)}}}\n" for number in range(count))


def _many(count: int, text: str, separator: str = ", ") -> str:
    """Write a text several times, ``%d`` in it counted up."""
    return separator.join(text.replace("%d", str(number)) for number in range(count))


def _definitions(count: int, letter: str, more: str = "") -> str:
    return "job_definitions:\n" + "".join(
        f"  {letter}{number}: {{image: 'i:{number}', resources: {{vcpus: 1, memory_mib: 2000}}{more}}}\n"
        for number in range(count)
    )


def _long(letter: str, length: int) -> str:
    return letter * length


def _pods(number: int, side: str, count: int) -> str:
    pairs = _many(count, f"{{name: PATH, value: {side}%d}}")
    container = f"{{name: c, command: [x], env: [{pairs}]}}"
    pods = f"{{podProperties: {{containers: [{container}, {{name: m}}]}}}}"
    return f"name: j{number}, command: [x], submit: {{eksPropertiesOverride: {pods}}}"


def _moved(side: str, job: int) -> str:
    """Write 190 nodes of a job, which other jobs have on the other side."""
    step = 1 if side == "a" else 1999
    return ", ".join(f"n{(job * 190 + at * step) % 380_000}" for at in range(190))


def _parents(side: str, job: int) -> str:
    """Write 18 parents of a job, none of which it has on the other side."""
    return ", ".join(f"j{parent}" for parent in range(max(0, job - 36 + (side == "a")), job, 2))


_Pair = Callable[[str], str]
"""Writes the plan of one side, ``a`` or ``b``."""
PAIRS: Mapping[str, _Pair] = {
    "the largest plan, all jobs renamed": lambda s: _plan(
        25_000, lambda n: f"name: {s}_{n}, nodes: [{s}_{n}], command: [kedro, run, --nodes={s}_{n}], writes: [{s}_{n}]"
    ),
    "the largest plan, all jobs with new outputs and commands": lambda s: _plan(
        25_000,
        lambda n: (
            f"name: j{n}, nodes: [n{n}], command: [kedro, run, --nodes={s}{n}], writes: [w{s}{n}], reads: [r{s}{n}]"
        ),
    ),
    "no job in common": lambda s: _plan(
        25_000,
        lambda n: (
            f"name: {s}{n}, nodes: [{s}n{n * 7919 % 25_000}x], command: [{s}, x{n}], "
            f"timeout_s: {n + 60}, writes: [w{s}{n}]"
        ),
    ),
    "no job in common, settings of their own": lambda s: _plan(
        12_000,
        lambda n: (
            f"name: {s}{n}, command: [x], timeout_s: {n + 60}, attempts: {n % 9 + 1}, "
            f"resources: {{vcpus: {n + 1}, memory_mib: {n + 4}}}, tags: {{t: {s}{n}}}, "
            f"environment: {{A: {s}{n}, PATH: {s}{n}}}"
        ),
    ),
    "long names of nodes, all renamed": lambda s: _plan(
        6_000, lambda n: f"name: {s}{n}, nodes: [{_long(s, 600)}{n}], command: [x, {s}{n}], writes: [w{s}{n}]"
    ),
    "long names of nodes in long names of outputs": lambda s: _plan(
        6_000,
        lambda n: (
            f"name: {s}{n}, nodes: [{_long(s, 600)}{n}], command: [x], writes: [{_long(s, 600)}{n}_w], reads: [r{n}]"
        ),
    ),
    "long commands, all other": lambda s: _plan(24_000, lambda n: f"name: j{n}, command: [x, {_long(s, 590)}{n}]"),
    "commands of many words": lambda s: _plan(700, lambda n: f"name: j{n}, command: [x, {_many(900, f'{s}%d')}, x{n}]"),
    "commands of the same few words": lambda s: _plan(
        700, lambda n: f"name: j{n}, command: [x, {_many(600, 'u, v' if s == 'a' else 'v, w')}, x{n}]"
    ),
    "commands that set many variables": lambda s: _plan(
        350, lambda n: f"name: j{n}, command: [env, {_many(450, f'LD_%d={s}{n}')}, x]"
    ),
    "commands with many names of nodes": lambda s: _plan(
        1_500,
        lambda n: (
            f"name: j{n}, nodes: [{_many(200, f'{s}{n}_%d')}], "
            f"command: [kedro, run, '--nodes={_many(200, f'{s}{n}_%d', ',')}']"
        ),
    ),
    "scripts, all other": lambda s: _plan(
        2_000, lambda n: f"name: j{n}, command: [sh, -c, '{s}{n} {_many(1400, 'a %d;', '')[:6800]}']"
    ),
    "one long variable": lambda s: _plan(
        2_100, lambda n: f"name: j{n}, command: [x], environment: {{A: {_long(s, 7000)}{n}}}"
    ),
    "one long risky variable": lambda s: _plan(
        2_100, lambda n: f"name: j{n}, command: [x], environment: {{PATH: '{_many(1800, f'{s}/%d', ':')[:7000]}{n}'}}"
    ),
    "a wide letter in one long variable": lambda s: _plan(
        600, lambda n: f"name: j{n}, command: [x], environment: {{A: 😀{_long(s, 6000)}{n}}}"
    ),
    "one invisible letter in each long variable": lambda s: _plan(
        2_000, lambda n: f'name: j{n}, command: [x], environment: {{A: "{_long(chr(92) + "u200b", 1000)}{s}{n}"}}'
    ),
    "many variables": lambda s: _plan(
        1_300, lambda n: f"name: j{n}, command: [x], environment: {{{_many(200, f'A%d: {s}{n}')}}}"
    ),
    "many variables with names of their own": lambda s: _plan(
        1_250, lambda n: f"name: j{n}, command: [x], environment: {{{_many(200, f'LD_{s}{n}_%d: x')}}}"
    ),
    "14 variables for 12,000 jobs": lambda s: _plan(
        12_000, lambda n: f"name: j{n}, command: [x], environment: {{{_many(14, f'A%d: {s}{n}x%d')}}}"
    ),
    "19 defaults for all jobs": lambda s: _plan(
        25_000,
        lambda n: f"name: j{n}, command: [x]",
        f"defaults: {{job_queue: q, job_definition: d, environment: {{{_many(19, f'A%d: {s}')}}}}}\n",
    ),
    "19 risky defaults for all jobs": lambda s: _plan(
        25_000,
        lambda n: f"name: j{n}, command: [x]",
        f"defaults: {{job_queue: q, job_definition: d, environment: {{{_many(19, f'LD_%d: {s}')}}}}}\n",
    ),
    "more defaults for all jobs than are compared": lambda s: _plan(
        25_000,
        lambda n: f"name: j{n}, command: [x]",
        f"defaults: {{job_queue: q, job_definition: d, environment: {{{_many(250, f'A%d: {s}')}}}}}\n",
    ),
    "as many risky defaults for all jobs as are compared": lambda s: _plan(
        25_000,
        lambda n: f"name: j{n}, command: [x]",
        f"defaults: {{job_queue: q, job_definition: d, environment: {{{_many(59, f'LD_%d: {s}')}}}}}\n",
    ),
    "as many defaults with wide letters as are compared": lambda s: _plan(
        25_000,
        lambda n: f"name: j{n}, command: [x]",
        f"defaults: {{job_queue: q, job_definition: d, environment: {{{_many(59, f'A%d: 😀{s * 16}')}}}}}\n",
    ),
    "20 defaults that jobs add to": lambda s: _plan(
        24_000,
        lambda n: f"name: j{n}, command: [x], environment: {{X: x{n}}}",
        f"defaults: {{job_queue: q, job_definition: d, environment: {{{_many(20, f'LD_%d: {s}')}}}}}\n",
    ),
    "tags": lambda s: _plan(10_000, lambda n: f"name: j{n}, command: [x], tags: {{{_many(12, f't%d: {s}{n % 100}')}}}"),
    "a submit of many values": lambda s: _plan(
        400, lambda n: f"name: j{n}, command: [x], submit: {{parameters: {{{_many(900, f'p%d: {s}{n}')}}}}}"
    ),
    "a submit of one default": lambda s: _plan(
        400,
        lambda n: f"name: j{n}, command: [x]",
        f"defaults: {{job_queue: q, job_definition: d, submit: {{parameters: {{{_many(900, f'p%d: {s}')}}}}}}}\n",
    ),
    "pods with one variable many times": lambda s: _plan(200, lambda n: _pods(n, s, 480)),
    "definitions, every pair": lambda s: _plan(
        24_000,
        lambda n: f"name: j{n}, command: [x], job_definition: {s}{n % 1000 if s == 'a' else (n + n // 1000) % 1000}",
        "defaults: {job_queue: q, job_definition: d}\n",
        _definitions(1000, s),
    ),
    "definitions of many values": lambda s: _plan(
        1000,
        lambda n: f"name: j{n}, command: [x], job_definition: d{n}",
        _DEFAULTS,
        _definitions(1000, "d", f", register: {{parameters: {{{_many(400, f'p%d: {s}')}}}}}"),
    ),
    "400,000 datasets": lambda s: _plan(
        200,
        lambda n: (
            f"name: j{n}, command: [x], reads: [{_many(990, f'{s}r{n}_%d')}], writes: [{_many(990, f'{s}w{n}_%d')}]"
        ),
    ),
    "400,000 nodes": lambda s: _plan(200, lambda n: f"name: j{n}, command: [x], nodes: [{_many(1990, f'{s}{n}_%d')}]"),
    "a job of 199,000 nodes and 199,000 datasets": lambda s: _plan(
        1,
        lambda _: (
            f"name: j, command: [x], nodes: [{_many(199_000, f'{s}n%dk')}], reads: [{_many(199_000, f'{s}%dr{s}')}]"
        ),
    ),
    "nodes that move": lambda s: _plan(
        2_000, lambda n: f"name: j{n}, command: [x], timeout_s: {n + 60}, nodes: [{_moved(s, n)}]"
    ),
    "20 parents, all other": lambda s: _plan(
        25_000, lambda n: f"name: j{n}, command: [x], depends_on: [{_parents(s, n)}]"
    ),
    "everybody reads what everybody writes": lambda s: _plan(
        20_000, lambda n: f"name: j{n}, command: [x], reads: [{s}{n % 2}], writes: [{s}{(n + 1) % 2}]"
    ),
    "no plan before": lambda s: _plan(
        1 if s == "a" else 24_000, lambda n: f"name: {s}{n}, command: [x, {_long('y', 560)}], reads: [r{n}]"
    ),
    "one list of the header": lambda s: _plan(
        1, lambda _: "name: j, command: [x]", _DEFAULTS, f"pipelines: [{_many(400_000, f'{s}%d')}]\n"
    ),
    "lists of the header": lambda s: _plan(
        1, lambda _: "name: j, command: [x]", _DEFAULTS, f"group_by: [{_many(400_000, f'tag:{s}%d')}]\n"
    ),
    "parameters": lambda s: _plan(
        1, lambda _: "name: j, command: [x]", _DEFAULTS, f"params: {{{_many(1000, f'{s}%d: {s}')}}}\n"
    ),
}


def _write(name: str, side: str, file: Path) -> None:
    file.write_text(PAIRS[name](side))


def main() -> None:
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in (one for one in PAIRS if word in one):
            for side in "ab":
                made_apart(_write, name, side, Path(folder) / f"{side}.yaml")
            sys.stdout.write(f"{name}\n")
            for words in _COMMANDS:
                command = [str(BIN / "kedro-batch"), *words.split(), "-o", "out"]
                one = measured_however_it_ends(command, Path(folder))
                share = max(one.megabytes / MEGABYTES_AT_MOST, one.cpu_seconds / SECONDS_AT_MOST)
                harm = share > 1 or one.code not in (0, 4)
                bad += harm
                told = f" {one.output[-300:]}" if one.code else ""
                sys.stdout.write(
                    f"    {'BAD ' if harm else ''}{words}: {one.cpu_seconds:.1f} s, {one.megabytes:.0f} MB, "
                    f"{share:.0%} of the bound{told}\n"
                )
                sys.stdout.flush()
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
