"""Code of others is what its authors published."""

from hashlib import sha256
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "templates" / "vendor"


def test_dagre_is_the_one_of_npm():
    code = (VENDOR / "dagre.min.js").read_bytes()
    assert sha256(code).hexdigest() == "54a503e346f93ca0bb10abe7999587e037262935687aca45eb4e4b0f64bbb578"
    assert "The above copyright notice" in (VENDOR / "dagre.LICENSE").read_text()
