"""Writes the demo: a small Kedro project from ``templates/demo``, with made-up data.

In comes a folder, out go the files of a project. Nothing is compiled or run here: see ``cli.demo_command``.
"""

import csv
import io
import random
from dataclasses import dataclass
from pathlib import Path

from kedro_batch.errors import UsageError
from kedro_batch.files.atomic_write import write_bytes
from kedro_batch.files.resources import folder
from kedro_batch.scaffold.templates import render_file

_SEED = 11
_COMPANIES = 60
_SHUTTLES = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoView:
    """The values that the templates of the demo use."""

    kedro_version: str


def write_demo_project(target: Path, view: DemoView) -> None:
    """Write the project into a folder that does not exist yet, or is empty.

    Raises:
        UsageError: The folder is not empty, or cannot be written.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise UsageError(f"{target} is not empty. Remove it, or name another folder: kedro-batch demo DIRECTORY")
        templates = folder("templates")
        for template in sorted((templates / "demo").rglob("*")):
            if template.is_file() and "__pycache__" not in template.parts:
                file = target / str(template.relative_to(templates / "demo")).removesuffix(".j2")
                file.parent.mkdir(parents=True, exist_ok=True)
                write_bytes(file, render_file(str(template.relative_to(templates)), view).encode())
        raw = target / "data" / "01_raw"
        raw.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"cannot write the demo to {target}: {error.strerror}") from error
    for name, rows in raw_tables(random.Random(_SEED)).items():  # noqa: S311  made-up data, no secret
        write_bytes(raw / f"{name}.csv", _csv(rows))


def raw_tables(chance: random.Random) -> dict[str, list[dict[str, object]]]:
    """Make up companies, and shuttles whose price depends on their company, with noise and a few gaps.

    Returns:
        ``companies``: id, rating ("87%"), approved ("t" or "f"); ``shuttles``: id, company, engines, crew,
        price ("$1,234.00"). Each row is a mapping.
    """
    companies = [
        {"id": number, "rating": f"{chance.randint(40, 100)}%", "approved": chance.choice("tf")}
        for number in range(1, _COMPANIES + 1)
    ]
    shuttles = []
    for number in range(1, _SHUTTLES + 1):
        company = chance.choice(companies)
        engines, crew = chance.randint(1, 6), chance.randint(1, 12)
        rating = int(str(company["rating"]).rstrip("%")) / 100
        price = 900 + 420 * engines + 85 * crew + 1600 * rating + 250 * (company["approved"] == "t")
        price += chance.gauss(0, 260)
        shuttles.append(
            {
                "id": number,
                "company": company["id"],
                "engines": engines if chance.random() > 0.02 else "",  # noqa: PLR2004  gaps, as real tables have
                "crew": crew,
                "price": f"${price:,.2f}",
            }
        )
    return {"companies": companies, "shuttles": shuttles}


def _csv(rows: list[dict[str, object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
