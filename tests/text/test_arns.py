import pytest

from kedro_batch.text.arns import bare_name, name_of_arn


@pytest.mark.parametrize(
    ("named", "name", "bare"),
    [
        ("arn:aws:batch:us-east-1:123456789012:job-definition/pipeline:7", "pipeline:7", "pipeline"),
        ("arn:aws:batch:us-east-1:123456789012:job-queue/spot", "spot", "spot"),
        ("pipeline:7", "pipeline:7", "pipeline"),
        ("pipeline", "pipeline", "pipeline"),
    ],
)
def test_an_arn_is_told_by_the_name_in_it(named, name, bare):
    assert (name_of_arn(named), bare_name(named)) == (name, bare)
