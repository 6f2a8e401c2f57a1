import re
from datetime import UTC, datetime, timedelta

from kedro_batch.submitter.run_id import make_run_id

NOW = datetime(2026, 11, 22, 16, 15, 7, tzinfo=UTC)


def test_a_run_id_is_short_lower_case_and_sorted_by_time():
    first, second = make_run_id(NOW, b"\xff\xff\xff\xff"), make_run_id(NOW + timedelta(seconds=1), bytes(4))
    assert first == "261122-161507-zzzz"
    assert first < second
    assert re.fullmatch(r"[a-z0-9-]{18}", second)
