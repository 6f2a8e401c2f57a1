import pytest

from kedro_batch.review.run.console_links import hyperlink, job_url


@pytest.mark.parametrize(
    ("region", "console"),
    [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/batch/home?region=eu-west-1"),
        ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/batch/home?region=cn-north-1"),
        ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/batch/home?region=us-gov-west-1"),
    ],
)
def test_a_job_has_a_page_in_the_console_of_its_partition(region, console):
    assert job_url(region, "8f-3") == f"{console}#jobs/detail/8f-3"


@pytest.mark.parametrize("region", [None, "", "us-iso-east-1", "eusc-de-east-1"])
def test_where_the_console_is_not_known_there_is_no_link(region):
    assert job_url(region, "8f-3") is None


def test_what_comes_from_elsewhere_cannot_leave_the_link():
    url = job_url("x.evil/\x1b", "\x1b\\\n?a#b")
    assert url
    assert url.isprintable()
    assert url.startswith("https://x.evil%2F%1B.console.aws.amazon.com/")
    assert url.endswith("#jobs/detail/%1B%5C%0A%3Fa%23b")


def test_a_terminal_shows_the_text_as_a_link():
    assert hyperlink("8f", "https://x") == "\x1b]8;;https://x\x1b\\8f\x1b]8;;\x1b\\"
