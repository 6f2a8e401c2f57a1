"""The world of the model, and every step that is possible in it."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import parsed_job_name
from kedro_batch.submitter.job_state import JobRecord
from kedro_batch.submitter.run_options import RunMode
from tests.model.member import Desk, Done, Member
from tests.model.service import (
    ALIVE,
    FAILED,
    LATER_S,
    SUCCEEDED,
    Copies,
    days_later,
    ended,
    id_of,
    new_copy,
    next_of_service,
    number_of,
    started,
    with_failed_dependents,
)

_IDLE = ("off", "ended", "killed", "refused")
_HOUR, _DAYS = 1, len(LATER_S) - 1


class World(NamedTuple):
    """A state of everything.

    Attributes:
        copies: The jobs on the service, the oldest first.
        members: The processes: numbers of their states in ``Steps``.
        time: An index of ``LATER_S``.
        losses: How many replies may still be lost.
        kills: How many processes may still be killed.
        failures: How many jobs may still fail by themselves.
        begins: How often a process may still begin.
        failed: A job has failed by itself, or AWS Batch has forgotten one.
        broken: The claims that the last step has broken.
    """

    copies: Copies
    members: tuple[int, ...]
    time: int = 0
    losses: int = 0
    kills: int = 0
    failures: int = 0
    begins: int = 0
    failed: bool = False
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is possible in a world.

    Attributes:
        plan: The plan of the run.
        modes: How each process begins; one that has a journal, or ended, begins with RESUME.
        losses: How many replies may be lost.
        kills: How many processes may be killed.
        failures: How many jobs may fail by themselves.
        begins: How often a process may begin, in all.
        sleeps: A process may sleep for an hour.
        forgets: Days may go by, after which AWS Batch forgets what has ended.
        forgets_early: AWS Batch may forget a job that has succeeded as soon as one that waited for it has started.
        followed: Days go by only while a process follows the run; False: only while none does.
        late: ListJobs may be later than the run waits for it.
        lists_at_once: ListJobs is never late.
        one_at_a_time: A process begins only while no other one works.
        in_turn: A process begins only when the ones before it have begun.
        coarse: What only takes time is no step of its own: a job starts as soon as it may, an intent is written when it
            is sent, and a process asks about its jobs when one has ended.
        strangers: The names of jobs that are not of the run.
        allows: Words of claims that do not hold here, which `docs` say.
        depth: How many steps are tried in the gate.
    """

    plan: Plan
    modes: tuple[RunMode, ...]
    losses: int = 0
    kills: int = 0
    failures: int = 0
    begins: int = 2
    sleeps: bool = False
    forgets: bool = False
    forgets_early: bool = False
    followed: bool = True
    late: bool = False
    lists_at_once: bool = False
    one_at_a_time: bool = False
    in_turn: bool = False
    coarse: bool = False
    strangers: tuple[str, ...] = ()
    allows: tuple[str, ...] = ()
    depth: int = 99


Step = tuple[str, World]


@dataclass(slots=True)
class Steps:
    """What can happen next in the worlds of a scenario. What a process does is found out once for each state of it."""

    scenario: Scenario
    desk: Desk = field(init=False)
    _parents: dict[JobName, tuple[JobName, ...]] = field(init=False)
    _members: list[Member] = field(default_factory=list)
    _numbers: dict[Member, int] = field(default_factory=dict)
    _done: dict[Any, Done] = field(default_factory=dict)
    _shown: dict[Copies, Copies] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin without any state."""
        self.desk = Desk(self.scenario.plan)
        self._parents = self.scenario.plan.parents

    def member(self, number: int) -> Member:
        """Return the state of a process."""
        return self._members[number]

    def number(self, member: Member) -> int:
        """Return the number of a state."""
        if member not in self._numbers:
            self._numbers[member] = len(self._members)
            self._members.append(member)
        return self._numbers[member]

    def once(self, key: Any, step: Callable[[], Done]) -> Done:
        """Return what a step leads to; it is done the first time only."""
        if key not in self._done:
            self._done[key] = step()
        return self._done[key]

    def next(self, world: World) -> Iterator[Step]:
        """Yield every step that is possible, and the world after it."""
        yield from self._of_service(world)
        for who, number in enumerate(world.members):
            for story, after in self._of_process(world, who, number, self._members[number]):
                yield f"{'ABC'[who]} {story}", after

    def _of_service(self, world: World) -> Iterator[Step]:
        days = world.time == _DAYS
        may_fail, early = world.failures > 0, self.scenario.forgets_early
        for story, copies in next_of_service(world.copies, may_fail=may_fail, early=early):
            itself = story.endswith("by itself")
            failed = world.failed or itself or (story.startswith("AWS Batch forgets") and not early)
            after = started(copies) if self.scenario.coarse else copies
            yield story, world._replace(copies=after, failures=world.failures - itself, failed=failed)
        members = [self._members[one] for one in world.members]
        followed = any(one.phase not in _IDLE for one in members)
        may_pass = followed == self.scenario.followed and not any(one.calls for one in members)
        if self.scenario.forgets and may_pass and not days and any(one.job for one in world.copies):
            yield "days go by", world._replace(time=_DAYS, copies=days_later(world.copies))

    def _of_process(self, world: World, who: int, number: int, state: Member) -> Iterator[Step]:
        match state.phase:
            case "loop":
                yield from self._in_loop(world, who, number, state)
                if self.scenario.sleeps and not world.time and not state.slept:
                    woken = self.once((number, "wake"), lambda: self.desk.wake(state, 0, _HOUR))
                    known = woken.member._replace(known=_listed(world.copies))
                    after = self._after(world._replace(time=_HOUR), who, woken._replace(member=known))
                    yield "sleeps for an hour, and wakes", after
            case "looked":
                done = self.once((number, "end others", world.time), lambda: self.desk.end_others(state, world.time))
                ends = ", ".join(f"{id_of(one)} ({reason})" for one, reason in done.ends)
                yield f"asks to end {ends}", self._after(world, who, done)
            case "ending":
                seen = self._seen(world.copies)
                if self._ended(world, state):
                    done = self.once(
                        (number, "load", seen, world.time),
                        lambda: self.desk.load(state, seen, world.time),
                    )
                    yield f"goes on{_told(done)}", self._after(world, who, done)
            case _:
                yield from self._begins(world, who, number, state)
                return
        if world.kills:
            yield "is killed", self._with(world._replace(kills=world.kills - 1), who, self.desk.killed(state).member)

    def _begins(self, world: World, who: int, number: int, state: Member) -> Iterator[Step]:
        waits = self.scenario.in_turn and any(self._members[one].phase == "off" for one in world.members[:who])
        if self.scenario.one_at_a_time:
            waits |= any(self._members[one].phase not in _IDLE for one in world.members)
        if not world.begins or waits or state.outcome == "succeeded":
            return
        mode = self.scenario.modes[who] if state.phase == "off" else RunMode.RESUME
        seen = self._seen(world.copies)
        done = self.once((number, mode, seen, world.time), lambda: self.desk.begin(state, mode, seen, world.time))
        known = done.member._replace(known=_listed(world.copies))
        if known.phase == "refused":
            known = Member(phase="refused", rows=state.rows, outcome=known.outcome)
        yield (
            f"begins ({mode}){_told(done)}",
            self._after(world._replace(begins=world.begins - 1), who, done._replace(member=known)),
        )

    def _in_loop(self, world: World, who: int, number: int, state: Member) -> Iterator[Step]:
        copies, time = self._seen(world.copies), world.time
        ready = self._ready(number, state)
        if ready and not state.outbox and not self.scenario.coarse:
            done = self.once((number, "intend", time), lambda: self.desk.send(state, time, permits=0))
            yield "writes its intents", self._after(world, who, done)
        elif ready:
            yield from self._sends(world, who, number, state)
        yield from self._replies(world, who, number, state)
        yield from self._look_ups(world, who, number, state)
        waits = bool(state.calls or state.lookups)
        if any(self._is_news(one, copies, waits=waits) for one in state.records):
            asked = tuple(copies[number_of(one.job_id)] for one in state.records if one.live and one.job_id)
            done = self.once((number, "poll", asked, time), lambda: self.desk.poll(state, copies, time))
            if done.member != state:
                yield f"asks about its jobs{_told(done)}", self._after(world, who, done)
        if state.verdict == "again" or (state.verdict == "visible" and self._visible(world, state.seen)):
            done = self.once((number, "look", copies, time), lambda: self.desk.look(state, copies, time))
            after = self._after(world, who, done._replace(member=done.member._replace(known=_listed(world.copies))))
            yield f"takes stock{_told(done)}", after
        if state.verdict == "end":
            done = self.once((number, "end"), lambda: self.desk.end(state))
            yield f"ends: {done.member.outcome}", self._after(world, who, done)

    def _replies(self, world: World, who: int, number: int, state: Member) -> Iterator[Step]:
        time = world.time
        for job, copy in state.calls:
            since = self._since(world)
            come = partial(self.desk.reply, state, job, copy, time, since)
            done = self.once((number, "reply", job, time, since), come)
            answered = world.copies[copy]._replace(answered=True)
            heard = world._replace(copies=(*world.copies[:copy], answered, *world.copies[copy + 1 :]))
            yield f"hears that {job} is {id_of(copy)}{_told(done)}", self._after(heard, who, done)
            if world.losses:
                lost = self.once((number, "lost", job, time, since), partial(self._lost, state, job, time, since))
                after = self._after(world._replace(losses=world.losses - 1), who, lost)
                yield f"loses the reply for {job} ({id_of(copy)})", after

    def _look_ups(self, world: World, who: int, number: int, state: Member) -> Iterator[Step]:
        copies, time = self._seen(world.copies), world.time
        for lookup in state.lookups:
            name = self.desk.name_of(state, lookup.job)
            found = [one for one in copies if one.name == name and one.listed]
            if found or self._visible(world, lookup.since):
                done = self.once(
                    (number, "look up", lookup.job, tuple(found), self._since(world), time),
                    partial(self.desk.look_up, state, lookup.job, copies, time),
                )
                story = "looks up and finds" if found else "looks up in vain, for the last time,"
                yield f"{story} {lookup.job}{_told(done)}", self._after(world, who, done)

    def _above(self, job: JobName) -> set[JobName]:
        parents = self._parents[job]
        return {*parents, *(one for parent in parents for one in self._above(parent))}

    def _ready(self, number: int, state: Member) -> bool:
        return self.once((number, "ready"), lambda: Done(Member(slept=self.desk.ready(state)))).member.slept

    def _sends(self, world: World, who: int, number: int, state: Member) -> Iterator[Step]:
        done = self.once((number, "send", world.time), lambda: self.desk.send(state, world.time, permits=1))
        if not done.sent:
            if done.member != state:
                yield f"sends nothing{_told(done)}", self._after(world, who, done)
            return
        (sent,) = done.sent
        parsed = parsed_job_name(sent.name)
        assert parsed
        _, job, submission = parsed
        copy = new_copy(job, submission, who, world.time, sent.waits_for)
        copy = copy._replace(listed=self.scenario.lists_at_once)
        taken = done.member._replace(calls=(*done.member.calls, (job, len(world.copies))))
        copies = with_failed_dependents((*world.copies, copy))
        above = self._above(job)
        broken = _broken_by_sending(world, who, state, (job, submission), above)
        story = f"sends {job}, submission {submission}; the service takes it as {id_of(len(world.copies))}"
        yield story, self._after(world._replace(copies=copies, broken=broken), who, done._replace(member=taken))
        if world.losses:
            since = self._since(world)
            lost = self.once(
                (number, "not taken", world.time, since), lambda: self._lost(done.member, job, world.time, since)
            )
            yield (
                f"sends {job}, submission {submission}; it does not arrive, nor does a reply",
                self._after(world._replace(losses=world.losses - 1), who, lost),
            )

    def _seen(self, copies: Copies) -> Copies:
        """Return the copies as the service shows them, without what it does not say."""
        if copies not in self._shown:
            self._shown[copies] = tuple(one._replace(answered=False, maker=0, ending="") for one in copies)
        return self._shown[copies]

    def _since(self, world: World) -> int:
        """Return how many copies somebody waits for who begins to wait now."""
        return 0 if self._visible(world, len(world.copies)) else len(world.copies)

    def _is_news(self, record: JobRecord, copies: Copies, *, waits: bool) -> bool:
        """True if asking about a job may tell something; before one is missing for long, no reply is waited for."""
        if not record.live or record.job_id is None:
            return False
        copy = copies[number_of(record.job_id)]
        if copy.forgotten:
            return not waits
        return not self.scenario.coarse or copy.state not in ALIVE

    def _lost(self, state: Member, job: JobName, time: int, since: int) -> Done:
        waiting = state._replace(calls=tuple({*state.calls, (job, -1)}))
        return self.desk.reply(waiting, job, None, time, since)

    def _visible(self, world: World, since: int) -> bool:
        """True if ListJobs shows all that there was when somebody began to wait for that."""
        return self.scenario.late or all(one.listed or one.forgotten for one in world.copies[:since])

    def _ended(self, world: World, state: Member) -> bool:
        assert state.looked is not None
        return not any(one.ending for one in world.copies)

    def _after(self, world: World, who: int, done: Done) -> World:
        copies = ended(world.copies, dict(done.ends))
        return self._with(world._replace(copies=copies), who, done.member)

    def _with(self, world: World, who: int, member: Member) -> World:
        if self.scenario.coarse:
            world = world._replace(copies=started(world.copies))
        members = (*world.members[:who], self.number(member), *world.members[who + 1 :])
        return world._replace(members=members)


def _broken_by_sending(
    world: World, who: int, state: Member, sent: tuple[JobName, int], above: Collection[JobName]
) -> tuple[str, ...]:
    job, submission = sent
    same = [(number, one) for number, one in enumerate(world.copies) if one.job == job]
    untold = all(one.forgotten or not one.job or one.maker == who for one in world.copies)
    broken = [
        f"{job} has succeeded as {id_of(number)}, and runs again"
        for number, one in same
        # Where AWS Batch has forgotten all that others submitted, nothing tells that they have gone on with the run.
        if one.state == SUCCEEDED
        and (
            (one.forgotten and not (untold and one.maker != who))
            or (one.submission < submission and number in state.known)
        )
        # A repeated submission removes what was saved before it; if it fails, the node and those below run again.
        if not any(
            other.begun and other.state == FAILED and other.submission > 1
            for other in world.copies
            if other.job == job or other.job in above
        )
    ]
    broken += [
        f"{job} is sent again, though {id_of(number)} was there when the process began, woke, or took stock"
        for number, one in same
        if number in state.known and one.submission == submission and one.state != FAILED
    ]
    return tuple(broken)


def _listed(copies: Copies) -> tuple[int, ...]:
    return tuple(number for number, one in enumerate(copies) if one.listed and one.job)


def _told(done: Done) -> str:
    states = ", ".join(f"{one.state}" for one in done.member.records)
    refused = f": refused: {done.member.outcome[:60]}" if done.member.phase == "refused" else ""
    return f" -> {states}" if states else refused
