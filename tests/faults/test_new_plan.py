"""Runs that go on with a new plan: after more memory, another image, another definition, other nodes in a job."""

import json
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal_view import read_journal
from tests.support.forked import kedro_batch, on
from tests.support.plans import write_plan
from tests.support.projects import write_project
from tests.support.runs import JOURNAL, make_older, recorded, started, states, wait_until
from tests.support.services import standin

JOBS = {name: ["x"] for name in ("a", "b", "c")}
CHAIN = {"b": "a", "c": "b"}
OUT_OF_MEMORY = {"b": {"statusReason": "x", "reason": "OutOfMemoryError: Container killed due to memory usage"}}


def new_plan(folder, jobs=None, parents=None, **given):
    """Write ``new.yaml``, and leave ``plan.yaml`` as it is."""
    old = (folder / "plan.yaml").read_bytes()
    file = write_plan(folder, JOBS if jobs is None else jobs, CHAIN if parents is None else parents, **given)
    file.rename(folder / "new.yaml")
    (folder / "plan.yaml").write_bytes(old)


def memory(mib):
    return {"resources": {"memory_mib": mib, "vcpus": 1}}


def sent(service):
    return [body["jobName"] for body in service.asked("submitjob")]


def memory_of(body):
    found = {one["type"]: one["value"] for one in body["containerOverrides"]["resourceRequirements"]}
    return found.get("MEMORY")


def test_out_of_memory_goes_on_with_more_of_it(tmp_path, transcript):
    write_plan(tmp_path, JOBS, CHAIN, b=memory(2048))
    with standin(fail={"b": 137}, fail_reasons=OUT_OF_MEMORY) as service:
        assert transcript.on(service, "apply", "plan.yaml", "--run-id", "r").code == 6
        service.configure(fail={}, fail_reasons={})
        new_plan(tmp_path, b=memory(8192))
        assert transcript.on(service, "resume", "r", "--new-plan", "new.yaml").code == 0
        transcript.on(service, "status", "r")
        assert sent(service) == ["r_a_1", "r_b_1", "r_c_1", "r_b_2", "r_c_2"]
        last = service.asked("submitjob")[-2]
        assert memory_of(last) == "8192"
        # One tag for all submissions of the run, by which other machines know it; the other says what was sent.
        tags = [body["tags"] for body in service.asked("submitjob")]
        assert len({one["kedro-batch:plan"] for one in tags}) == 1
        assert [one.get("kedro-batch:new-plan") is None for one in tags] == [True, True, True, False, False]
    transcript.check("out_of_memory")


def test_a_run_keeps_its_new_plan(tmp_path):
    write_plan(tmp_path, JOBS, CHAIN, b=memory(2048))
    with standin(fail={"b": 137, "c": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={"c": 1})
        new_plan(tmp_path, b=memory(8192), c=memory(4096))
        assert on(service, "resume", "r", "--new-plan", "new.yaml", cwd=tmp_path).code == 6
        service.configure(fail={})
        # The same command again changes nothing more, and neither does one without a plan.
        again = on(service, "resume", "r", "--new-plan", "new.yaml", "--only", "b", cwd=tmp_path)
        assert again.code == 6
        assert "until now" not in again.err
        assert "new.yaml is the plan that run r has already: nothing differs" in again.err
        assert on(service, "resume", "r", cwd=tmp_path).code == 0
        assert [memory_of(body) for body in service.asked("submitjob")[3:]] == ["8192", "4096", "8192", "4096"]
        assert on(service, "wait", "r", cwd=tmp_path).code == 0
        assert on(service, "apply", "new.yaml", "--run-id", "r", cwd=tmp_path).code == 0
        ended = on(service, "resume", "r", "--plan", "plan.yaml", cwd=tmp_path)
        assert ended.code == 2
        assert "run r goes on with another plan" in ended.err
        old, new = (kedro_batch("validate", f"{one}.yaml", cwd=tmp_path).text.split()[1] for one in ("plan", "new"))
    status = json.loads(kedro_batch("status", "r", "--json", cwd=tmp_path).text)
    assert (status["plan_digest"], status["first_plan_digest"]) == (new, old)
    run = RunId("r")
    with read_journal(tmp_path / JOURNAL) as journal:
        assert [one.digest for one in journal.plans(run)] == [old, new]
        assert journal.digests_sent(run) == {"a": old, "b": new, "c": new}
        told = [one for one in journal.events(run) if one["event"] == "plan_changed"]
    assert [(one["before"], one["after"], one["jobs"]) for one in told] == [(old, new, ["b", "c"])]


def test_the_command_that_compiles_again_names_the_options_of_the_plan(tmp_path):
    settings = "job_queue: a_queue\njob_definition: a_definition\nresources: {memory_mib: %d}\n"
    conf = {"base/aws_batch.yml": None, "cloud/aws_batch.yml": settings % 2048}
    project = write_project(tmp_path / "project", conf=conf)
    options = ("--env=cloud", "--nodes=read_numbers,go_left", "--params=a=1")
    compiled = kedro_batch("compile", *options, "-o", "plan.yaml", cwd=project)
    assert compiled.code == 0, compiled.err
    with standin(fail={"go_left": 137}) as service:
        failed = on(service, "apply", "plan.yaml", "--run-id", "r", cwd=project)
        assert failed.code == 6, failed.err
        service.configure(fail={})
        (project / "conf" / "cloud" / "aws_batch.yml").write_text(settings % 4096)
        lines = failed.text.splitlines()
        again = next(line for line in lines if " --new-plan plan.yaml  submit it with changed settings, after " in line)
        resume, _, compile_again = again.strip().partition("  submit it with changed settings, after ")
        for command in (compile_again, resume):
            ended = on(service, *shlex.split(command)[1:], cwd=project)
            assert ended.code == 0, f"{command}\n{ended.err}"
        assert [memory_of(body) for body in service.asked("submitjob")] == ["2048", "2048", "4096"]
        told = json.loads(kedro_batch("status", "r", "--json", cwd=project).text)
        assert "compile_command" not in told


def test_what_has_succeeded_has_to_be_the_same_or_run_again(tmp_path, transcript):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(fail={"c": 1}) as service:
        transcript.on(service, "apply", "plan.yaml", "--run-id", "r")
        service.configure(fail={})
        new_plan(tmp_path, {**JOBS, "b": ["y"]})
        before = len(sent(service))
        assert transcript.on(service, "resume", "r", "--new-plan", "new.yaml").code == 2
        assert len(sent(service)) == before
        assert transcript.on(service, "resume", "r", "--new-plan", "new.yaml", "--from", "b").code == 0
        assert sent(service)[before:] == ["r_b_2", "r_c_2"]
        assert service.asked("submitjob")[-2]["containerOverrides"]["command"] == ["y"]
    transcript.check("new_plan_changes_what_succeeded")


def test_what_goes_on_has_to_end_first(tmp_path, transcript):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(durations={"a": 600}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        wait_until(lambda: states(service)["a"] == "RUNNING")
        new_plan(tmp_path, {name: ["y"] for name in JOBS})
        assert transcript.on(service, "resume", "r", "--new-plan", "new.yaml").code == 2
        assert transcript.on(service, "cancel", "r").code == 0
        service.configure(durations={})
        assert transcript.on(service, "resume", "r", "--new-plan", "new.yaml").code == 0
        commands = [body["containerOverrides"]["command"] for body in service.asked("submitjob")]
        assert commands == [["x"]] * 3 + [["y"]] * 3
    transcript.check("new_plan_while_jobs_go_on")


def test_what_goes_on_and_is_the_same_is_left_to_run(tmp_path):
    write_plan(tmp_path, {**JOBS, "d": ["x"]}, CHAIN)
    with standin(durations={"a": 600}, fail={"d": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        wait_until(lambda: (states(service)["a"], states(service)["d"]) == ("RUNNING", "FAILED"))
        service.configure(fail={})
        new_plan(tmp_path, {**JOBS, "d": ["y"]}, a=memory(99))
        with started("resume", "r", "--new-plan", "new.yaml", cwd=tmp_path, service=service) as process:
            wait_until(lambda: states(service)["d"] == "SUCCEEDED", process)
            assert sent(service)[4:] == ["r_d_2"]
            assert service.verdict()["duplicates"] == {}


def test_what_differs_in_jobs_that_are_not_sent_is_told_too(tmp_path, transcript):
    write_plan(tmp_path, {**JOBS, "d": ["x"]}, CHAIN)
    with standin(durations={"b": 600}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        wait_until(lambda: (states(service)["b"], states(service)["d"]) == ("RUNNING", "SUCCEEDED"))
        new_plan(tmp_path, {**JOBS, "d": ["x"]}, b=memory(8192), d=memory(4096))
        assert transcript.on(service, "resume", "r", "--new-plan", "new.yaml", "--detach").code == 0
        assert len(sent(service)) == 4
        service.finish("b")
        assert transcript.on(service, "wait", "r").code == 0
    transcript.check("new_plan_for_nothing")


def test_of_many_jobs_that_differ_and_are_not_sent_ten_are_named(tmp_path):
    jobs = {f"n{number:02}": ["x"] for number in range(12)}
    write_plan(tmp_path, {**jobs, "z": ["x"]})
    with standin(fail={"z": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={})
        new_plan(tmp_path, {**jobs, "z": ["x"]}, {}, defaults=memory(99))
        ended = on(service, "resume", "r", "--new-plan", "new.yaml", cwd=tmp_path)
        assert ended.code == 0, ended.err
    assert "\n~ z\n" in ended.err
    assert "Jobs that differ and are not sent now: n00, n01" in ended.err
    assert "n09 and 2 more (what runs or has succeeded stays as it is)\n" in ended.err


def test_a_new_plan_may_come_from_standard_input_and_advice_names_a_file(tmp_path, transcript):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(fail={"c": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={}, definitions={"a_definition": 4})
        new_plan(tmp_path, {**JOBS, "b": ["y"]})
        content = (tmp_path / "new.yaml").read_bytes()
        (tmp_path / "new.yaml").unlink()
        digest = kedro_batch("validate", "-", cwd=tmp_path, stdin=content).text.split()[1]
        words = ("resume", "r", "--new-plan", "-", "--expect-digest", digest)

        def piped(*words, stdin=content):
            env = service.environment
            ended = kedro_batch(*words, cwd=tmp_path, env=env, stdin=stdin, impatient=True)
            return transcript.record(words, ended)

        assert piped(*words, stdin=(tmp_path / "plan.yaml").read_bytes()).code == 4
        assert piped(*words).code == 2  # b has succeeded, and differs
        (tmp_path / "NEW").write_bytes(content)
        assert piped(*words[:3], "NEW", *words[4:], "--from", "b", stdin=b"").code == 2  # which definitions?
        assert piped("resume", "r", "--new-plan=-", "--from", "b").code == 2
        (tmp_path / "NEW").write_bytes(content)
        advised = ("resume", "r", "--new-plan=NEW", "--from", "b", "--new-definitions")
        assert piped(*advised, stdin=b"").code == 0
        both = kedro_batch("resume", "r", "--new-plan", "-", "--assume-done", "-", cwd=tmp_path)
        assert (both.code, both.err.splitlines()[-1]) == (
            2,
            "Error: only one of --plan, --new-plan and --assume-done can be standard input",
        )
    transcript.check("new_plan_from_standard_input")


def nodes(*names, reads=(), writes=()):
    return {"nodes": sorted(names), "reads": sorted(reads), "writes": sorted(writes)}


def test_other_groups_of_nodes_run_what_they_take_over_again(tmp_path, transcript):
    chain = {"one": nodes("n1", writes="x"), "two": nodes("n2", reads="x", writes="y")}
    write_plan(tmp_path, {**{name: ["x"] for name in chain}, "end": ["x"]}, {"two": "one", "end": "two"}, **chain)
    with standin(fail={"end": 1}) as service:
        transcript.on(service, "apply", "plan.yaml", "--run-id", "r")
        service.configure(fail={})
        both = {"both": nodes("n1", "n2", writes="xy")}
        new_plan(tmp_path, {"both": ["z"], "end": ["x"]}, {"end": "both"}, **both)
        assert transcript.on(service, "resume", "r", "--new-plan", "new.yaml").code == 2
        assert transcript.on(service, "resume", "r", "--new-plan", "new.yaml", "--from", "both").code == 0
        # The second submission of a job removes what is there of its datasets: that is what one and two have saved.
        assert sent(service)[3:] == ["r_both_2", "r_end_2"]
        assert on(service, "wait", "r", cwd=tmp_path).code == 0
        assert on(service, "resume", "r", cwd=tmp_path).code == 0
        assert len(sent(service)) == 5
        # Back to the first plan: what one and two have saved is not there any more.
        assert transcript.on(service, "resume", "r", "--new-plan", "plan.yaml").code == 2
    transcript.check("new_plan_with_other_groups")


def test_what_a_plan_leaves_out_is_refused(tmp_path):
    one = {"one": nodes("n1", writes="x")}
    write_plan(tmp_path, {"one": ["x"], "end": ["x"]}, **one)
    with standin(fail={"end": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        new_plan(tmp_path, {"end": ["x"]}, {})
        ended = on(service, "resume", "r", "--new-plan", "new.yaml", "--from", "end", cwd=tmp_path)
        assert ended.code == 2
        assert "one has succeeded: the new plan does not have it\n" in ended.err
        assert "Compile a plan that leaves it as it is, or start a new run: kedro-batch apply PLAN" in ended.err
        # What has not succeeded may be left out.
        new_plan(tmp_path, {"one": ["x"]}, {}, **one)
        assert on(service, "resume", "r", "--new-plan", "new.yaml", cwd=tmp_path).code == 0
        assert on(service, "wait", "r", "--once", cwd=tmp_path).code == 0
        assert len(sent(service)) == 2


def test_a_new_parent_has_to_run_though_its_child_has_started_before(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    with standin(fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={})
        new_plan(tmp_path, {"a": ["x"], "b": ["x"], "fresh": ["x"]}, {"b": "a fresh"})
        assert on(service, "resume", "r", "--new-plan", "new.yaml", cwd=tmp_path).code == 0
        assert sent(service)[2:] == ["r_fresh_1", "r_b_2"]
        assert len(service.asked("submitjob")[-1]["dependsOn"]) == 1  # on fresh alone: a has succeeded


def test_another_queue_even_if_the_first_is_gone(tmp_path):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(queues=["a_queue", "other"], fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={}, queues=["other"])
        new_plan(tmp_path, defaults={"job_queue": "other"})
        ended = on(service, "resume", "r", "--new-plan", "new.yaml", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert "the queue a_queue of an earlier plan of this run cannot be listed" in ended.err
        assert sent(service)[3:] == ["r_b_2", "r_c_2"]
        assert on(service, "wait", "r", "--once", cwd=tmp_path).code == 0


def test_another_definition_is_taken_with_its_own_revision(tmp_path):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(definitions={"a_definition": 3, "larger": 7}, fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={})
        new_plan(tmp_path, b={"job_definition": "larger"})
        assert on(service, "resume", "r", "--new-plan", "new.yaml", cwd=tmp_path).code == 0
        used = [body["jobDefinition"].rpartition("/")[2] for body in service.asked("submitjob")[3:]]
    assert used == ["larger:7", "a_definition:3"]


def declared(digit):
    digest = "sha256:" + digit * 64
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/project@{digest}"
    return {"project": {"image": image, "resources": {"vcpus": 1, "memory_mib": 2048}}}


def test_another_image_by_its_digest_is_registered(tmp_path):
    target: dict[str, Any] = {"defaults": {"job_definition": "project"}}
    write_plan(tmp_path, JOBS, CHAIN, header={"job_definitions": declared("1")}, **target)
    with standin(fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={})
        new_plan(tmp_path, header={"job_definitions": declared("2")}, **target)
        ended = on(service, "resume", "r", "--new-plan", "new.yaml", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert "job definition project:2 is registered" in ended.err
        assert [one["containerProperties"]["image"][-1] for one in service.asked("registerjobdefinition")] == ["1", "2"]
        used = [body["jobDefinition"].rpartition("/")[2] for body in service.asked("submitjob")]
    assert used == ["project:1"] * 3 + ["project:2"] * 2


def test_without_the_journal_both_plans_are_named(tmp_path, transcript):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={"c": 1})
        new_plan(tmp_path, {**JOBS, "b": ["y"], "d": ["x"]}, {**CHAIN, "d": "c"})
        elsewhere = ("--journal", "elsewhere/journal.db")
        transcript.on(service, "resume", "r", "--new-plan", "new.yaml", "--plan", "plan.yaml", *elsewhere)
        assert sent(service)[3:] == ["r_b_2", "r_c_2", "r_d_1"]
        service.configure(fail={})
        # A third machine with the new plan alone, and then with both.
        third = ("--journal", "third/journal.db")
        assert transcript.on(service, "wait", "r", "--plan", "new.yaml", *third).code == 2
        both = ("--plan", "plan.yaml", "--new-plan", "new.yaml")
        assert transcript.on(service, "resume", "r", *both, *third).code == 0
        assert sent(service)[6:] == ["r_c_3", "r_d_2"]
        # The first machine learns that the run has gone on elsewhere.
        assert transcript.on(service, "resume", "r").code == 2
        assert transcript.on(service, "resume", "r", "--new-plan", "new.yaml").code == 0
        assert len(sent(service)) == 8
    transcript.check("new_plan_on_another_machine")


def test_where_the_run_has_gone_on_elsewhere_the_advice_can_be_followed_without_the_journal(tmp_path):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        new_plan(tmp_path, b=memory(4096))
        assert on(service, "resume", "r", "--new-plan", "new.yaml", cwd=tmp_path).code == 6
        service.configure(fail={})
        (tmp_path / JOURNAL).unlink()
        refused = on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
        assert refused.code == 2
        advice = "resume r --plan FIRST --new-plan NEW"
        assert refused.err.strip().endswith(f"kedro-batch {advice}")
        words = advice.replace("FIRST", "plan.yaml").replace("NEW", "new.yaml").split()
        assert on(service, *words, cwd=tmp_path).code == 0


def test_cancel_finds_the_jobs_of_both_plans_by_their_names(tmp_path):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(fail={"b": 1}, durations={"d": 600}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={})
        new_plan(tmp_path, {**JOBS, "d": ["x"]}, {**CHAIN, "d": "c"})
        assert on(service, "resume", "r", "--new-plan", "new.yaml", "--detach", cwd=tmp_path).code == 0
        elsewhere = ("--journal", "elsewhere/journal.db")
        ended = on(service, "cancel", "r", "--plan", "plan.yaml", *elsewhere, cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert states(service)["d"] == "FAILED"


def test_apply_of_another_plan_names_the_way_to_go_on(tmp_path, transcript):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={})
        new_plan(tmp_path, b=memory(4096))
        assert transcript.on(service, "apply", "new.yaml", "--run-id", "r").code == 2
        assert transcript.on(service, "resume", "r", "--new-plan", "new.yaml").code == 0
    transcript.check("another_plan_for_a_run")


def test_a_plan_is_approved_by_its_digest(tmp_path):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={})
        old = kedro_batch("validate", "plan.yaml", cwd=tmp_path).text.split()[1]
        new_plan(tmp_path, b=memory(4096))
        ended = on(service, "resume", "r", "--new-plan", "new.yaml", "--expect-digest", old, cwd=tmp_path)
        assert (ended.code, len(sent(service))) == (4, 3), ended.err
        new = kedro_batch("validate", "new.yaml", cwd=tmp_path).text.split()[1]
        assert on(service, "resume", "r", "--new-plan", "new.yaml", "--expect-digest", new, cwd=tmp_path).code == 0


def test_what_was_to_be_run_again_with_the_new_plan_is_not_taken_as_done(tmp_path):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin() as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 0
        new_plan(tmp_path, {name: ["y"] for name in JOBS})
        service.configure(refuse_after=len(sent(service)) + 1)
        ended = on(service, "resume", "r", "--new-plan", "new.yaml", "--from", "a", cwd=tmp_path)
        assert ended.code == 5, ended.err
        service.configure(refuse_after=None)
        with closing(sqlite3.connect(tmp_path / JOURNAL)) as journal, journal:  # an older kedro-batch forgot these
            journal.execute("DELETE FROM submissions WHERE state = 'NOT_SUBMITTED'")
        # a was sent from the new plan; b and c have succeeded by the old one only.
        ended = on(service, "resume", "r", cwd=tmp_path)
        assert ended.code == 2, ended.out
        assert "b has succeeded: its command differs in the new plan" in ended.err
        assert "kedro-batch resume r --from b" in ended.err
        ended = on(service, "apply", "new.yaml", "--run-id", "r", cwd=tmp_path)
        assert ended.code == 2, ended.out
        assert "kedro-batch resume r --from b" in ended.err
        assert on(service, "resume", "r", "--from", "b", cwd=tmp_path).code == 0
        commands = {body["jobName"]: body["containerOverrides"]["command"] for body in service.asked("submitjob")}
    assert {name: commands[f"r_{name}_2"] for name in JOBS} == {name: ["y"] for name in JOBS}


@pytest.mark.parametrize("tags", [1, 46, 47])
def test_the_second_tag_is_left_out_where_there_is_no_room(tmp_path, tags):
    own = {"tags": {f"tag-{number}": "x" for number in range(tags)}}
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={})
        new_plan(tmp_path, defaults=own)
        assert on(service, "resume", "r", "--new-plan", "new.yaml", cwd=tmp_path).code == 0
        assert ("kedro-batch:new-plan" in service.asked("submitjob")[-1]["tags"]) == (tags < 47)


def test_without_tags_a_run_goes_on_by_names(tmp_path):
    write_plan(tmp_path, JOBS, CHAIN, submit_tags=False)
    with standin(fail={"r_b_1": 1, "b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={})
        new_plan(tmp_path, {**JOBS, "b": ["y"]}, submit_tags=False)
        words = ("--plan", "plan.yaml", "--journal", "elsewhere/journal.db")
        ended = on(service, "resume", "r", "--new-plan", "new.yaml", *words, cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert sent(service)[3:] == ["r_b_2", "r_c_2"]


def test_a_local_run_goes_on_with_a_new_plan(tmp_path):
    write_plan(tmp_path, {"a": ["touch", "a"], "b": ["false"], "c": ["touch", "c"]}, CHAIN)
    assert kedro_batch("apply", "plan.yaml", "--run-id", "r", "--local", cwd=tmp_path).code == 6
    (tmp_path / "a").unlink()
    new_plan(tmp_path, {"a": ["touch", "a"], "b": ["touch", "b"], "c": ["touch", "c"]})
    ended = kedro_batch("resume", "r", "--new-plan", "new.yaml", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert "-> touch b" in ended.err
    assert sorted(one.name for one in tmp_path.iterdir() if len(one.name) == 1) == ["b", "c"]


def test_a_forgotten_run_goes_on_with_other_groups_as_is_advised(tmp_path):
    chain = {"one": nodes("n1", writes="x"), "two": nodes("n2", reads="x", writes="y")}
    write_plan(tmp_path, {**{name: ["x"] for name in chain}, "end": ["x"]}, {"two": "one", "end": "two"}, **chain)
    book = ("--journal", "a book/journal.db")
    with standin(durations={"one": 600}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", *book, cwd=tmp_path).code == 0
        service.configure(durations={})
        service.forget("one", "two", "end")
        make_older(tmp_path, 25 * 3600, Path(book[1]))
        new_plan(tmp_path, {"both": ["z"], "end": ["x"]}, {"end": "both"}, both=nodes("n1", "n2", writes="xy"))
        words = ("resume", "r", "--new-plan", "new.yaml", *book)
        refused = on(service, *words, cwd=tmp_path)
        assert refused.code == 8, refused.err
        assert "no longer knows what became of one, two, end" in refused.err
        advice = "kedro-batch resume r --new-plan new.yaml --assume-done FILE --journal 'a book/journal.db'"
        assert advice in refused.err
        (tmp_path / "done").write_text("one\ntwo\n")
        done = (*words, "--assume-done", "done")
        contradicted = on(service, *done, cwd=tmp_path)
        assert contradicted.code == 2
        assert f"kedro-batch {shlex.join((*done, '--from', 'both'))}" in contradicted.err
        before = len(sent(service))
        ended = on(service, *done, "--from", "both", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert [name.rpartition("_")[0] for name in sent(service)[before:]] == ["r_both", "r_end"]


def test_every_advice_to_go_on_names_the_journal(tmp_path):
    book = ("--journal", "elsewhere/journal.db")
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", *book, cwd=tmp_path).code == 6
        new_plan(tmp_path, b=memory(4096))
        command = "kedro-batch resume r --new-plan new.yaml --journal elsewhere/journal.db"
        for words in (("apply", "new.yaml", "--run-id", "r"), ("resume", "r", "--plan", "new.yaml")):
            assert command in on(service, *words, *book, cwd=tmp_path).err
        env, content = service.environment, (tmp_path / "new.yaml").read_bytes()
        piped = kedro_batch("apply", "-", "--run-id", "r", *book, cwd=tmp_path, env=env, stdin=content)
        assert "kedro-batch resume r --new-plan PLAN --journal elsewhere/journal.db" in piped.err
        service.configure(queues=[])
        refused = on(service, "resume", "r", *book, cwd=tmp_path)
        assert "kedro-batch resume r --new-plan plan.yaml --journal elsewhere/journal.db" in refused.err
        third = ("--journal", "third/journal.db")
        refused = on(service, "resume", "r", "--plan", "plan.yaml", *third, cwd=tmp_path)
        assert "kedro-batch resume r --plan FIRST --new-plan plan.yaml --journal third/journal.db" in refused.err
        service.configure(queues=["a_queue"])
        refused = on(service, "wait", "r", "--plan", "new.yaml", *third, cwd=tmp_path)
        assert "kedro-batch resume r --plan FIRST --new-plan NEW --journal third/journal.db" in refused.err


def test_a_job_that_was_left_out_and_ended_unseen_does_not_keep_its_run_from_having_ended(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {})
    with standin(durations={"b": 600}, fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        wait_until(lambda: (states(service)["a"], states(service)["b"]) == ("SUCCEEDED", "RUNNING"))
        service.finish("b")
        wait_until(lambda: states(service)["b"] == "FAILED")
        new_plan(tmp_path, {"a": ["x"]}, {})
        assert on(service, "resume", "r", "--new-plan", "new.yaml", cwd=tmp_path).code == 0
        before = recorded(tmp_path)
        cancelled = on(service, "cancel", "r", cwd=tmp_path)
        assert cancelled.code == 0, cancelled.err
        assert "it had ended before: nothing of it goes on, and nothing was changed" in cancelled.text
        assert recorded(tmp_path) == before


def test_a_run_without_its_journal_is_cancelled_by_its_first_plan_and_says_so_where_the_new_one_is_named(tmp_path):
    write_plan(tmp_path, JOBS, CHAIN, b=memory(2048))
    with standin(fail={"b": 137}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        service.configure(fail={}, durations={"b": 600})
        new_plan(tmp_path, b=memory(8192))
        assert on(service, "resume", "r", "--new-plan", "new.yaml", "--detach", cwd=tmp_path).code == 0
        (tmp_path / JOURNAL).unlink()
        for command in (("cancel", "r"), ("cancel", "r", "--json")):
            ended = on(service, *command, "--plan", "new.yaml", cwd=tmp_path)
            assert ended.code == 2
            assert "cancelled" not in ended.text
            first = service.asked("submitjob")[0]["tags"]["kedro-batch:plan"]
            assert f"go on, and were left alone: it was applied from another plan, {first}" in ended.err
            assert "r_b_2 (" in ended.err
            assert "kedro-batch cancel r --plan FIRST" in ended.err
            assert "have ended" not in ended.err
        assert states(service)["b"] not in ("SUCCEEDED", "FAILED")
        assert on(service, "cancel", "r", "--plan", "plan.yaml", cwd=tmp_path).code == 0
        assert states(service)["b"] == "FAILED"
