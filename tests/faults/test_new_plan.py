"""Runs that go on with a new plan: after more memory, another image, another definition, other nodes in a job."""

from tests.support.plans import write_plan
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
