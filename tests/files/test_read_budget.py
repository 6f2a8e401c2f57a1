import re

from kedro_batch.files import read_budget

_ROW = re.compile(r"^(MAX_\w+) +([\d,]+) +\S", re.MULTILINE)


def test_the_table_has_every_cap_with_its_number_and_a_reason():
    stated = {name: int(number.replace(",", "")) for name, number in _ROW.findall(read_budget.__doc__ or "")}
    assert stated == {name: value for name, value in vars(read_budget).items() if name.startswith("MAX_")}
