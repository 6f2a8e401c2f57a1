from kedro_batch.review.diff.command_changes import CommandDiffer
from kedro_batch.review.diff.model import WordChange, Words

KEPT, REMOVED, ADDED = WordChange.KEPT, WordChange.REMOVED, WordChange.ADDED


def diffed(differ: CommandDiffer, old: str, new: str) -> list[tuple[WordChange, str]]:
    found = differ.diff_commands(tuple(old.split()), tuple(new.split()))
    return [(part.change, " ".join(part.words)) for part in found]


def test_the_words_of_a_command_are_kept_removed_or_added():
    assert diffed(CommandDiffer(), "run a b", "run --quiet b c") == [
        (KEPT, "run"),
        (REMOVED, "a"),
        (ADDED, "--quiet"),
        (KEPT, "b"),
        (ADDED, "c"),
    ]
    assert diffed(CommandDiffer(), "run a", "run a") == []


def test_a_command_with_too_many_steps_is_replaced_as_a_whole():
    steps = (2 + 1) * 2  # of two words, with one equal pair, in one run and the search for another
    assert diffed(CommandDiffer(steps_of_a_command=steps), "run a", "run b")[0] == (KEPT, "run")
    assert diffed(CommandDiffer(steps_of_a_command=steps - 1), "run a", "run b") == [
        (REMOVED, "run a"),
        (ADDED, "run b"),
    ]


def test_many_commands_are_compared_by_word_until_their_steps_are_used_up():
    differ = CommandDiffer(steps_left=125 * 6)
    by_word = [len(diffed(differ, f"run a{n}", f"run b{n}")) > 2 for n in range(200)]
    assert by_word == [True] * 125 + [False] * 75
    assert differ.steps_left == 0
    assert len(diffed(differ, "run a0", "run b0")) > 2  # known already


def test_equal_words_count_for_each_run_that_may_be_found():
    differ = CommandDiffer(steps_left=10_000)
    alternating = [" ".join(word if m % 2 else "x" for m in range(40)) for word in "ab"]
    assert len(diffed(differ, *alternating)) > 2
    assert differ.steps_left == 10_000 - (40 + 20 * 20) * 21
    assert len(diffed(differ, alternating[1], alternating[0])) == 2


def test_the_words_are_returned_as_runs():
    found = CommandDiffer().diff_commands(("a", "b", "c"), ("a", "b", "d"))
    assert found == (
        Words(change=KEPT, words=("a", "b")),
        Words(change=REMOVED, words=("c",)),
        Words(change=ADDED, words=("d",)),
    )
