"""Colour jobs by queue and by resources: the settings of jobs come in, classes and legends go out. Pure.

A colour is a class of ``page.css``: ``q0`` to ``q7`` for queues, ``r0`` to ``r6`` for resources. The cards name queue
and resources as well, so that nobody depends on colours.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from kedro_batch.review.page.model import Colours, PageColours, PageSettings
from kedro_batch.text.wording import counted

_QUEUES = 8
"""Colours of queues; if there are more queues, the less usual ones share the last."""
_SIZES = ((1, 4), (2, 8), (4, 16), (16, 64))
"""Most vCPUs and most GiB of a size; the next size is what is larger than all of them."""
_LARGE, _WITH_GPUS, _NOT_STATED = len(_SIZES), len(_SIZES) + 1, len(_SIZES) + 2
_MIB_IN_GIB = 1024


def build_colours(settings: Sequence[PageSettings], settings_of: Iterable[int]) -> PageColours:
    """Return for queues and resources the class of each of the settings, and the legend: classes and words.

    Args:
        settings: The settings that jobs have.
        settings_of: For each job, the number of its settings.
    """
    jobs_of: Counter[str] = Counter()
    for number, jobs_with in Counter(settings_of).items():
        jobs_of[settings[number].queue] += jobs_with
    usual_first = sorted(jobs_of, key=lambda queue: (-jobs_of[queue], queue))
    rank = {queue: min(number, _QUEUES - 1) for number, queue in enumerate(usual_first)}
    size_of = [_size(one) for one in settings]
    return PageColours(
        queue=Colours(
            of=tuple(f"q{rank[one.queue]}" for one in settings),
            legend=tuple((f"q{number}", words) for number, words in enumerate(_queue_words(usual_first, jobs_of))),
        ),
        resources=Colours(
            of=tuple(f"r{size}" for size in size_of),
            legend=tuple((f"r{size}", _size_words(size)) for size in sorted(set(size_of))),
        ),
    )


def _queue_words(usual_first: Sequence[str], jobs_of: Mapping[str, int]) -> list[str]:
    """Return the words of each colour of queues."""
    words = [f"{queue} ({counted(jobs_of[queue], 'job')})" for queue in usual_first[:_QUEUES]]
    if len(usual_first) > _QUEUES:
        others = usual_first[_QUEUES - 1 :]
        in_them = counted(sum(jobs_of[queue] for queue in others), "job")
        words[-1] = f"{counted(len(others), 'other queue')} ({in_them})"
    return words


def _size(one: PageSettings) -> int:
    """Return the number of the class of what a job asks for."""
    if one.gpus:
        return _WITH_GPUS
    if one.vcpus is None and one.memory_mib is None:
        return _NOT_STATED
    fits = (
        number
        for number, (most_vcpus, most_gib) in enumerate(_SIZES)
        if (one.vcpus or 0) <= most_vcpus and (one.memory_mib or 0) <= most_gib * _MIB_IN_GIB
    )
    return next(fits, _LARGE)


def _size_words(size: int) -> str:
    if size == _WITH_GPUS:
        return "with GPUs"
    if size == _NOT_STATED:
        return "set by the job definition"
    vcpus, gib = _SIZES[min(size, _LARGE - 1)]
    most = f"{counted(vcpus, 'vCPU')}, {gib} GiB"
    return f"more than {most}" if size == _LARGE else f"at most {most}"
