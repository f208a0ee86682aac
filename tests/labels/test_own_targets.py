"""Targets of one's own: declared, converted, learned in their transform, known in every process; slips of unit."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.errors import ConfigError, DataError
from mlcluster.labels import Channel, LabelRecord, declare_targets, get_target
from mlcluster.labels.conversions import KINDS, accepted_units
from mlcluster.labels.methods import methods_of
from mlcluster.labels.own_targets import declarations_of
from mlcluster.labels.unit_slips import unit_slips
from mlcluster.levels.run_config import TrainConfig

DIPOLE = {"unit": "debye", "bounds": [0, 40], "methods": {"b3lyp": "B3LYP/6-31G(2df,p)"}}


@pytest.mark.parametrize(
    ("value", "unit", "target", "expected"),
    [
        # CODATA 2018 and definitions: 1 hartree, 1 cal = 4.184 J, h c, 1 D = 1e-21/c C m.
        (1.0, "hartree", "eV", 27.211386245988),
        (23.060547830619, "kcal/mol", "eV", 1.0),
        (96.485332123310, "kJ/mol", "eV", 1.0),
        (8065.543937349212, "cm-1", "eV", 1.0),
        (1.0, "eV", "meV", 1000.0),
        (627.5094740631, "kcal/mol", "hartree", 1.0),
        (500.0, "nm", "eV", 2.479683968664),
        (1.0, "e bohr", "debye", 2.541746473),
        (45.0, "percent", "fraction", 0.45),
        (1.0, "bohr", "angstrom", 0.529177210903),
        (1.0, "ns", "ps", 1000.0),
    ],
)
def test_published_conversions(value: float, unit: str, target: str, expected: float) -> None:
    rule = accepted_units(target)[unit]
    assert (rule(value) if callable(rule) else value * rule) == pytest.approx(expected, rel=1e-8)


@given(st.sampled_from([kind for kind in KINDS if kind != "share"]), st.floats(0.1, 100), st.data())
def test_there_and_back(kind: str, value: float, data: st.DataObject) -> None:
    one, other = (data.draw(st.sampled_from(sorted(KINDS[kind]))) for _ in range(2))
    there, back = accepted_units(other)[one], accepted_units(one)[other]
    assert value * float(there) * float(back) == pytest.approx(value)  # type: ignore[arg-type]


def test_a_wavelength_is_a_photon_and_a_length_is_none() -> None:
    of_light, of_size = accepted_units("nm", wavelength=True), accepted_units("nm")
    assert of_light["meV"](2000.0) == pytest.approx(619.92099, rel=1e-6)
    assert "eV" not in of_size and of_size["angstrom"] == pytest.approx(0.1)
    assert math.isinf(of_light["eV"](0.0))
    assert accepted_units("mol/L") == {"mol/L": 1.0}, "a unit of one's own has no other"


@pytest.mark.usefixtures("own_names")
def test_a_declared_target_is_like_any_other() -> None:
    declare_targets({"dipole": DIPOLE, "gap": {"methods": ["my functional"]}})
    declare_targets({"dipole": DIPOLE})
    record = LabelRecord(entry="a", target="dipole", method="b3lyp", value=1.0, unit="e bohr")
    assert (record.value, record.unit) == (pytest.approx(2.541746, rel=1e-6), "debye")
    channel = Channel.parse("dipole:b3lyp")
    assert channel.how.description == "B3LYP/6-31G(2df,p)" and not channel.how.measured
    assert methods_of("gap")[-1] == "my functional" and methods_of("gap")[0] == "optical"
    with pytest.raises(DataError, match="Found: 50 debye.*0 to 40 debye"):
        LabelRecord(entry="a", target="dipole", method="b3lyp", value=50.0, unit="debye")
    with pytest.raises(DataError, match="unknown method for dipole.*Expected: b3lyp"):
        Channel.parse("dipole:pbe0")


@pytest.mark.usefixtures("own_names")
def test_a_method_means_what_its_target_says() -> None:
    declare_targets(
        {"solubility": {"unit": "mg/mL", "bounds": [1e-6, 1e3], "transform": "log10", "methods": "measured"}}
    )
    own, light = Channel.parse("solubility:measured"), Channel.parse("emission:measured")
    assert own.how.description == "as the data state" and light.how.description == "photoluminescence experiment"
    assert own.definition.transform.model_unit == "log10(mg/mL)"
    assert own.definition.from_model(own.definition.to_model([0.01, 10.0])) == pytest.approx([0.01, 10.0])


@pytest.mark.usefixtures("own_names")
@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("gap", {"unit": "eV"}, "built in; only methods.*Found: unit"),
        ("Dipole", {}, "small letters"),
        ("dipole", {"unit": None}, "needs its unit"),
        ("dipole", {"bounds": None}, "needs its bounds"),
        ("dipole", {"bounds": [3, 3]}, "smallest and the largest"),
        ("dipole", {"transform": "log10"}, "log10 cannot.*bounds above 0"),
        ("dipole", {"transform": "logit"}, "logit cannot.*unit: fraction"),
        ("dipole", {"transform": "photon_energy"}, "photon_energy cannot.*unit: nm"),
        ("dipole", {"transform": "square"}, "targets.dipole.transform"),
        ("dipole", {"methods": ["B3LYP/6-31G"]}, "letters, digits.*description may be anything"),
        ("dipole", {"methods": []}, "targets.dipole.methods"),
        ("dipole", {"unti": "debye"}, "targets.dipole.unti"),
        ("size", {"bounds": [1, 2], "pooling": "extensive", "transform": "log10"}, "sum over atoms.*log10"),
    ],
)
def test_declarations_that_cannot_be(name: str, changes: dict, message: str) -> None:
    plain = {"methods": ["mine"]} if name == "gap" else DIPOLE
    with pytest.raises(ConfigError, match=message):
        declare_targets({name: plain | changes})


@pytest.mark.usefixtures("own_names")
def test_one_name_has_one_meaning_in_a_process() -> None:
    declare_targets({"dipole": DIPOLE})
    with pytest.raises(ConfigError, match="declared otherwise already.*unit e angstrom.*unit debye"):
        declare_targets({"dipole": DIPOLE | {"unit": "e angstrom"}})


@pytest.mark.usefixtures("own_names")
def test_another_process_learns_them_from_the_configuration() -> None:
    content = {"targets": {"dipole": DIPOLE, "gap": {"methods": ["mine"]}}, "model": {"channels": ["dipole:b3lyp"]}}
    config = TrainConfig.model_validate(content)
    text = config.model_dump_json()
    assert TrainConfig.model_validate_json(text) == config
    code = (
        "import sys; from mlcluster.levels.run_config import TrainConfig; from mlcluster.labels import Channel;"
        "TrainConfig.model_validate_json(sys.argv[1]); print(Channel.parse('dipole:b3lyp').definition.unit)"
    )
    told = subprocess.run([sys.executable, "-c", code, text], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "debye"
    with pytest.raises(ConfigError, match="unknown target. Found: moment"):
        TrainConfig.model_validate(content | {"model": {"channels": ["moment:b3lyp"]}})


@pytest.mark.usefixtures("own_names")
def test_what_a_model_file_needs_to_say() -> None:
    declare_targets({"dipole": DIPOLE, "gap": {"methods": ["mine"]}})
    said = declarations_of(["dipole:b3lyp", "gap:mine", "gap:optical"])
    assert json.loads(json.dumps(said)) == said
    assert said["gap"] == {"methods": {"mine": {"description": "as the data state", "measured": False}}}
    assert (said["dipole"]["unit"], said["dipole"]["bounds"]) == ("debye", [0.0, 40.0])
    declare_targets(said)
    assert declarations_of(["gap:optical"]) == {}


def _rows(*values: float) -> list[tuple[str, float]]:
    return [(f"row {number}", value) for number, value in enumerate(values, start=2)]


def test_units_that_the_numbers_belie() -> None:
    """Both sides of each rule."""
    yields, gap = get_target("quantum_yield"), get_target("gap")
    assert [row for row, _ in unit_slips(yields, "percent", _rows(0.2, 0.9, 0.5))] == ["row 3"]
    assert list(unit_slips(yields, "percent", _rows(0.2, 0.9, 1.5))) == []
    assert list(unit_slips(yields, "fraction", _rows(0.2, 0.9, 0.5))) == []
    assert list(unit_slips(yields, "percent", _rows(0.2, 0.9))) == [], "two values show nothing"
    assert [row for row, _ in unit_slips(gap, "meV", _rows(1.9, 2.4, 1.1))] == ["row 3"]
    assert list(unit_slips(gap, "meV", _rows(1900, 2400, 1100))) == []
    ((row, message),) = unit_slips(gap, "eV", _rows(1.9, 2.4, 1.1, 0.07, 2.0))
    assert (row, message) == ("row 5", "0.07 eV among values around 1.9: in hartree?")
    assert list(unit_slips(gap, "eV", _rows(1.9, 2.4, 1.1, 0.2, 2.0))) == [], "small gaps are no slips"
    ((row, message),) = unit_slips(gap, "meV", _rows(1900, 2400, 1100, 1.8, 2000))
    assert (row, message) == ("row 5", "1.8 meV among values around 1900: in eV?")
    assert list(unit_slips(get_target("lifetime"), "us", _rows(1, 2, 3000, 1.5))) == [], "lifetimes spread over decades"


@pytest.mark.usefixtures("own_names")
def test_milli_electronvolts_given_as_electronvolts() -> None:
    declare_targets({"splitting": {"unit": "eV", "bounds": [0, 5000], "methods": ["mine"]}})
    found = list(unit_slips(get_target("splitting"), "eV", _rows(1900, 2400, 1100)))
    assert found == [("row 3", "half of the 3 values exceed 100 (2400 is the largest): meV rather than eV?")]
    ((row, message),) = unit_slips(get_target("splitting"), "eV", _rows(1.9, 2.4, 1800, 1.1, 2.0))
    assert row == "row 4" and message == "1800 eV among values around 2: in meV?"


@given(st.lists(st.floats(0.5, 1.5), min_size=3, max_size=30), st.sampled_from(["eV", "hartree", "kcal/mol"]))
def test_a_column_of_one_size_is_never_suspected(values: list[float], unit: str) -> None:
    assert list(unit_slips(get_target("ionization_energy"), unit, _rows(*np.array(values) * 5))) == []
