"""The shipped lines on one calculation: what they predict, what they refuse, and how they are kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.design.frameworks import build
from mlcluster.electronic.calculation import CalculationError, Refusal
from mlcluster.errors import DataError, ModelError
from mlcluster.levels import LEVELS, level_of, open_level
from mlcluster.levels.calculation.card import calculation_card
from mlcluster.levels.calculation.entries import Entry
from mlcluster.levels.calculation.features import Described, described
from mlcluster.levels.calculation.fit import fit_channel, pair_calibrations
from mlcluster.levels.calculation.predict import (
    DOCUMENT,
    bundled_calculation_model,
    load_calculation_model,
)
from mlcluster.resources import bundled_model_dir
from mlcluster.structure.cluster import Cluster

GAP = "gap:dft-ausr-sch3"


def ring(n: int = 4, *, radius: float = 3.2, charge: int | None = 0, metal: int = 79) -> Cluster:
    """Ring of n metals and n SH between them."""
    turns = 2 * np.pi * np.arange(2 * n) / (2 * n)
    flat = np.stack([np.cos(turns), np.sin(turns), 0 * turns], axis=1) * radius
    hydrogen = flat[1::2] * (1 + 0.4 / radius) + [0, 0, 1.29]
    numbers = [metal if k % 2 == 0 else 16 for k in range(2 * n)] + [1] * n
    return Cluster(numbers=numbers, positions=np.concatenate([flat, hydrogen]), charge=charge, name="ring")


def test_the_best_level_comes_first_and_is_found_by_its_document() -> None:
    assert next(iter(LEVELS)) == "calculation"
    level = level_of(bundled_model_dir("calculation"))
    assert level is open_level("calculation")
    assert set(level.bundled().channels) >= {GAP, "gap:dft-pbe-lanl2dz"}


def test_a_value_is_the_line_of_the_calculated_gap() -> None:
    model = bundled_calculation_model()
    features = model.features(Anatomy(ring()))
    told = model.predict([features])
    line = model.by_channel[GAP].model.to_dict()
    column = model.channels.index(GAP)
    expected = line["offset"] + line["slopes"][0] * features.values["gfn1_gap_ev"]
    assert told.mean[0, column] == pytest.approx(expected)
    assert not told.spread.any()
    assert any("4 metal atoms" in reason for reason in told.reasons[0][column])


def test_the_shipped_lines_are_those_of_the_published_numbers() -> None:
    model = bundled_calculation_model()
    line = model.by_channel[GAP].model.to_dict()
    assert (line["slopes"], line["offset"]) == (pytest.approx([1.084], abs=1e-3), pytest.approx(0.198, abs=1e-3))
    assert float(model.calibration(GAP).half_width(0.0)) == pytest.approx(0.18, abs=0.005)
    assert model.differences("isomer")[GAP].n_families == 9
    assert model.differences("isomer")[GAP].kind == "conformal"
    assert set(model.differences("doping")) == {"gap:dft-pbe-lanl2dz"}


def test_where_too_few_pairs_are_known_the_widest_of_other_kinds_is_lent() -> None:
    model = bundled_calculation_model()
    lent = model.borrowed("doping")
    assert lent[GAP] == model.differences("isomer")[GAP]
    assert "gap:dft-pbe-lanl2dz" not in lent and "gap:dft-pbe-lanl2dz" in model.borrowed("defect")
    assert model.borrowed("unrelated") == {}


def test_ligands_larger_than_methyl_widen_intervals() -> None:
    model = bundled_calculation_model()
    item = Described(anatomy=Anatomy(ring(12, radius=9.0)), values=dict.fromkeys(_needed(), 1.0))
    plain, cut = model.predict([item]), model.predict([replace(item, cut=True)])
    column = model.channels.index(GAP)
    assert not plain.spread.any()
    assert (cut.mean == plain.mean).all()
    calibration = model.calibration(GAP)
    assert cut.spread[0, column] == 0.15
    assert calibration.half_width(cut.spread[0, column]) > calibration.half_width(0.0) + 0.1
    assert cut.spread[0, model.channels.index("electron_affinity:delta-scf-ausr-sch3")] == 0.31


@pytest.mark.parametrize(("r", "cut"), [("H", False), ("Me", False), ("Ph", True)])
def test_what_is_cut_off_is_told_from_methyl(r: str, cut: bool) -> None:
    found = described(Anatomy(build("m3-phosphine", r=r)))
    assert found.cut is cut
    assert found.anatomy.cluster.formula == "Au3H9P3"


@pytest.mark.parametrize("metal", [47, 29])
def test_other_metals_lie_outside_the_line_of_gold_thiolates(metal: int) -> None:
    model = bundled_calculation_model()
    cluster = ring(12, metal=metal, radius=9.0)
    item = Described(anatomy=Anatomy(cluster), values=dict.fromkeys(_needed(), 1.0))
    reasons = model.predict([item]).reasons[0][model.channels.index(GAP)]
    assert any("elements never seen" in reason for reason in reasons)
    gold = Described(anatomy=Anatomy(ring(12, radius=9.0)), values=item.values)
    assert model.predict([gold]).reasons[0][model.channels.index(GAP)] == ()


def test_a_refusal_has_its_kind() -> None:
    model = bundled_calculation_model()
    with pytest.raises(CalculationError) as unknown:
        model.features(Anatomy(ring(charge=None)))
    assert unknown.value.refusal is Refusal.charge_unknown
    with pytest.raises(CalculationError) as large:
        replace(model, max_seconds=1e-6).features(Anatomy(ring()))
    assert large.value.refusal is Refusal.too_large


def test_a_model_is_the_same_after_saving(tmp_path: Path) -> None:
    model = bundled_calculation_model()
    again = load_calculation_model(model.save(tmp_path))
    assert again.hash == model.hash
    assert again.channels == model.channels
    assert calculation_card(again).text() == (bundled_model_dir("calculation") / "MODEL_CARD.md").read_text()


def test_a_changed_number_is_seen(tmp_path: Path) -> None:
    path = bundled_calculation_model().save(tmp_path) / DOCUMENT
    document = json.loads(path.read_text())
    document["channels"][GAP]["model"]["offset"] += 0.1
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match="not the one that was saved"):
        load_calculation_model(tmp_path)
    document["schema_version"] = 99
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match="schema version"):
        load_calculation_model(tmp_path)
    with pytest.raises(ModelError, match="no calculation model"):
        load_calculation_model(tmp_path / "nowhere")


def _needed() -> set[str]:
    return {name for one in bundled_calculation_model().by_channel.values() for name in one.model.names}


def _entries(families: int) -> list[Entry]:
    """Two isomers a family on a line with an error of 0.01 eV, families of different size."""
    random = np.random.default_rng(1)
    found = []
    for family in range(families):
        for isomer in range(2):
            gap = float(random.uniform(0.5, 2.0))
            item = Described(anatomy=Anatomy(ring(4 + family)), values={"gfn1_gap_ev": gap})
            label = 0.3 + 1.1 * gap + float(random.normal(0, 0.01))
            found.append(Entry(name=f"{family}.{isomer}", family=str(family), described=item, labels={GAP: label}))
    return found


def test_a_fitted_channel_finds_the_line_and_beats_the_mean() -> None:
    channel, held_out = fit_channel(GAP, _entries(9), "made here")
    line = channel.model.to_dict()
    assert line["slopes"] == pytest.approx([1.1], abs=0.03)
    assert channel.fitted["mae"] < 0.1 * channel.fitted["mae_of_mean"]
    assert {part.name for part in held_out.parts()} == {"calculation", "mean"}


def test_differences_need_as_many_families_as_their_level() -> None:
    residual = np.tile([0.0, 0.1], 9)
    nine = pair_calibrations(_entries(9), residual)
    assert set(nine) == {"isomer"}
    assert float(nine["isomer"].half_width(0.0)) == pytest.approx(0.1)
    assert pair_calibrations(_entries(8), residual[:16]) == {}


def test_one_family_cannot_be_held_out() -> None:
    with pytest.raises(DataError, match="too few families"):
        fit_channel(GAP, _entries(1))
    with pytest.raises(DataError, match="does not learn"):
        fit_channel("lifetime:measured", [replace(e, labels={"lifetime:measured": 1.0}) for e in _entries(3)])
