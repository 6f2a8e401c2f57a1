"""Compare commands word by word, within a bound: two commands come in, runs of kept, removed and added words go out."""

from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from kedro_batch.files.read_budget import MAX_ALL_DIFF_STEPS, MAX_DIFF_STEPS
from kedro_batch.review.diff.model import WordChange, Words

Command = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class CommandDiffer:
    """Compares the commands of two plans, each pair once; pairs that would take too long are shown as a whole.

    Attributes:
        steps_of_a_command: The most steps that one pair may take.
        steps_left: The most steps that all further pairs may take together.
    """

    steps_of_a_command: int = MAX_DIFF_STEPS
    steps_left: int = MAX_ALL_DIFF_STEPS
    _known: dict[tuple[Command, Command], tuple[Words, ...]] = field(default_factory=dict)

    def diff_commands(self, old: Command, new: Command) -> tuple[Words, ...]:
        """Return the words of two commands with what became of them; nothing if the commands are the same."""
        if old == new:
            return ()
        if (old, new) not in self._known:
            steps = _count_steps(old, new)
            by_word = steps <= min(self.steps_of_a_command, self.steps_left)
            self.steps_left -= steps if by_word else 0
            self._known[old, new] = _diff_words(old, new) if by_word else _replace_all(old, new)
        return self._known[old, new]


def _count_steps(old: Command, new: Command) -> int:
    """Count the steps of SequenceMatcher at worst: it visits all pairs of equal words once for each run it finds."""
    before, after = Counter(old), Counter(new)
    equal_pairs = sum(count * after[word] for word, count in before.items())
    return (len(old) + equal_pairs) * ((before & after).total() + 1)


def _replace_all(old: Command, new: Command) -> tuple[Words, ...]:
    return Words(change=WordChange.REMOVED, words=old), Words(change=WordChange.ADDED, words=new)


def _diff_words(old: Command, new: Command) -> tuple[Words, ...]:
    found = []
    for operation, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        parts = (
            {WordChange.KEPT: old[i:j]}
            if operation == "equal"
            else {WordChange.REMOVED: old[i:j], WordChange.ADDED: new[k:m]}
        )
        found += [Words(change=change, words=words) for change, words in parts.items() if words]
    return tuple(found)
