from __future__ import annotations

import csv

import pytest

from mlcluster.errors import DataError
from mlcluster.labels.conditions import parse_medium, parse_temperature
from mlcluster.resources import dataset_dir


@pytest.mark.parametrize(
    ("text", "state", "solvents", "oxygen"),
    [
        ("CH2Cl2", "solution", ("dichloromethane",), None),
        ("DCM", "solution", ("dichloromethane",), None),
        ("CH2Cl2, air", "solution", ("dichloromethane",), True),
        ("nondegassed solution, ambient", "solution", (), True),
        ("non-degassed solution", "solution", (), True),
        ("deaerated solution with amide", "solution", (), False),
        ("CH2Cl2 (aerated and degassed)", "solution", ("dichloromethane",), None),
        ("polystyrene thin film", "film", (), None),
        ("polystyrene film containing amide", "film", (), None),
        ("crystal", "crystal", (), None),
        ("powder", "powder", (), None),
        ("solid (0D hybrid halide)", "solid", (), None),
        ("solution (EtOAc/THF/CH2Cl2/CHCl3)", "solution",
         ("ethyl acetate", "tetrahydrofuran", "dichloromethane", "chloroform"), None),
        ("noncoordinating solvent (benzene, CH2Cl2 or acetone)", "solution",
         ("benzene", "dichloromethane", "acetone"), None),
        ("toluene (normal solvents, ambient)", "solution", ("toluene",), None),
        ("water, cucurbit[7]uril host-guest assembly", "solution", ("water",), None),
        ("ethyl acetate", "solution", ("ethyl acetate",), None),
        ("model (calc.)", "calculated", (), None),
        ("low temperature", None, (), None),
        ("", None, (), None),
    ],
)  # fmt: skip
def test_free_words_become_controlled_ones(
    text: str, state: str | None, solvents: tuple[str, ...], oxygen: bool | None
) -> None:
    medium = parse_medium(text)
    assert (medium.text, medium.state, medium.solvents, medium.oxygen) == (text, state, solvents, oxygen)


def test_every_stated_medium_of_the_table_but_one_has_a_state() -> None:
    with open(dataset_dir("literature") / "measurements.csv", encoding="utf-8", newline="") as handle:
        texts = {row["medium"] for row in csv.DictReader(handle) if row["medium"]}
    assert len(texts) > 35
    assert {text for text in texts if parse_medium(text).state is None} == {"low temperature"}


def test_names_say_what_is_known_and_no_more() -> None:
    assert parse_medium("polystyrene film").name == "film"
    assert parse_medium("low temperature").name is None
    assert parse_medium("in air").name == "not stated, air"


@pytest.mark.parametrize(("text", "kelvin"), [("298", 298.0), ("77 ", 77.0), ("RT", 298.0), ("", None), (" ", None)])
def test_temperatures(text: str, kelvin: float | None) -> None:
    assert parse_temperature(text) == kelvin


@pytest.mark.parametrize("text", ["-20", "0", "25 C", "1000", "cold", "nan"])
def test_what_is_no_temperature_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="kelvin"):
        parse_temperature(text)
