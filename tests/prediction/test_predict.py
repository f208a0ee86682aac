"""Intervals, applicability and failures of predictions, with networks whose output is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mlcluster import Cluster
from mlcluster.anatomy import Anatomy
from mlcluster.data import model_structures
from mlcluster.errors import ModelError
from mlcluster.labels.methods import Channel
from mlcluster.levels.network import Ensemble, EnsembleMetadata, ModelConfig, build_model
from mlcluster.model.calibration import Z_LEVEL, fit_calibration
from mlcluster.model.domain import reasons_outside
from mlcluster.prediction.predict import open_model, predict, predict_clusters, predict_each
from mlcluster.prediction.prediction import in_unit
from tests.prediction.test_formula import predict_formula_of

DOMAIN = {"elements": ["Au", "H", "P", "Cl"], "n_atoms": [30, 60], "n_metals": [9, 13], "charge": [0, 3]}


def of_channel(channel):
    return {"channels": {channel: DOMAIN}}


def constant_ensemble(values, residual=0.3, channel="gap:gfn1-xtb"):
    """Members that give the same number for any cluster: all weights zero but the reference."""
    members = []
    for value in values:
        member = build_model(ModelConfig(channels=(channel,), lmax=1, n_features=4, n_layers=1), 0)
        with torch.no_grad():
            for parameter in member.parameters():
                parameter.zero_()
        member.set_reference(torch.tensor([float(value)]), torch.tensor([1.0]))
        members.append(member)
    return Ensemble(members, EnsembleMetadata(residual_scale={channel: residual}, domain=of_channel(channel)))


def of_structure(rows):
    """Rows that the network made, and failures."""
    return [row for row in rows if row.get("basis") != "formula" and row.get("kind") != "measured"]


@pytest.fixture(scope="module")
def au11():
    return model_structures()["model Au11(PH3)7Cl3"]


def test_interval_joins_spread_and_held_out_error(au11):
    (row,) = predict_clusters([au11], constant_ensemble([1.0, 1.4]), formula=False)
    half = Z_LEVEL * np.hypot(np.std([1.0, 1.4], ddof=1), 0.3)
    assert row.value == pytest.approx(1.2, abs=1e-6)
    assert (row.lower, row.upper) == pytest.approx((1.2 - half, 1.2 + half), abs=1e-5)
    assert row.level == 0.9 and row.applicability == "inside" and row.reasons == ()


def test_emission_interval_keeps_its_order_in_nm(au11):
    (row,) = predict_clusters(
        [au11], constant_ensemble([1.7], residual=0.1, channel="emission:measured"), formula=False
    )
    assert row.unit == "nm" and row.lower < row.value < row.upper
    assert row.value == pytest.approx(1239.841984 / 1.7, rel=1e-6)
    assert row.lower == pytest.approx(1239.841984 / (1.7 + Z_LEVEL * 0.1), rel=1e-6)


def test_a_yield_never_leaves_zero_to_one(au11):
    (row,) = predict_clusters(
        [au11], constant_ensemble([9.0], residual=5.0, channel="quantum_yield:measured"), formula=False
    )
    assert 0.0 <= row.lower < row.value <= row.upper <= 1.0


def test_value_lies_within_its_interval_also_at_the_bound_of_the_target(au11):
    (row,) = predict_clusters([au11], constant_ensemble([-0.3]), formula=False)
    assert row.lower == row.value == 0.0 < row.upper


def test_channel_without_held_out_error_has_no_finite_interval(au11):
    ensemble = constant_ensemble([1.0])
    blind = Ensemble(ensemble.members, EnsembleMetadata(domain=of_channel("gap:gfn1-xtb")))
    (row,) = predict_clusters([au11], blind, formula=False)
    assert (row.lower, row.upper) == (0.0, 20.0), "all that a gap can be"
    assert row.applicability == "outside" and "no interval is known" in row.reasons[0]


def test_a_network_beyond_what_it_learned_replaces_no_other_level():
    (rod,) = [model_structures()["E isomer model [Au13Ag12(PH3)10Cl8]+"]]
    known = constant_ensemble([1.7], residual=0.1, channel="emission:measured")
    wider = DOMAIN | {"elements": ["Au", "Ag", "H", "P", "Cl"], "n_atoms": [30, 90], "n_metals": [9, 25]}
    inside = Ensemble(known.members, replace(known.metadata, domain={"channels": {"emission:measured": wider}}))
    for ensemble, expected in ((known, ["formula", "network"]), (inside, ["network"])):
        rows = [row for row in predict_clusters([rod], ensemble) if row.target == "emission"]
        assert [row.basis for row in rows] == expected
    blind = Ensemble(known.members, EnsembleMetadata(domain={"channels": {"emission:measured": wider}}))
    rows = [row for row in predict_clusters([rod], blind) if row.target == "emission"]
    assert [row.basis for row in rows] == ["formula", "network"]
    # Whatever the method: a gap without any interval stands behind the optical gap that the formula tells.
    gaps = constant_ensemble([1.7], channel="gap:electrochemical")
    gaps = Ensemble(gaps.members, EnsembleMetadata(domain={"channels": {"gap:electrochemical": wider}}))
    assert [row.basis for row in predict_clusters([rod], gaps) if row.target == "gap"] == ["formula", "network"]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"charge": None}, "charge unknown"),
        ({"charge": 5}, r"charge \+5"),
        ({"charge": 1}, "odd number of electrons"),
    ],
)
def test_each_reason_to_be_outside_is_named(au11, changes, word):
    import re

    reasons = reasons_outside(Anatomy(au11.replace(multiplicity=None, **changes)), DOMAIN)
    assert len([r for r in reasons if re.search(word, r)]) == 1


def test_elements_and_sizes_outside(au11):
    assert reasons_outside(Anatomy(au11), DOMAIN) == ()
    rod = model_structures()["E isomer model [Au13Ag12(PH3)10Cl8]+"]
    reasons = " | ".join(reasons_outside(Anatomy(rod), DOMAIN))
    assert "elements never seen in training: Ag" in reasons
    assert "73 atoms; training had 30 to 60" in reasons and "25 metal atoms" in reasons


def test_a_failed_file_does_not_cost_the_others(au11, tmp_path):
    good = tmp_path / "good.cif"
    good.write_text(au11.to_cif())
    lone = tmp_path / "lone.xyz"
    lone.write_text(Cluster(numbers=np.array([79]), positions=np.zeros((1, 3)), charge=1).to_xyz())
    rows = of_structure(predict([lone, good, tmp_path / "absent.cif"], model=constant_ensemble([1.0])))
    assert [row["file"] for row in rows] == [str(lone), str(good), str(tmp_path / "absent.cif")]
    assert "Au1" in rows[0]["error"] and "no such file" in rows[2]["error"]
    assert rows[1]["value"] == pytest.approx(1.0)


def test_the_bundled_model_sees_a_real_crystal_as_what_it_learned_from(shared_data):
    crystal = shared_data / "cod" / "1540567.cif"
    rows = of_structure(predict(crystal, charge=-1))
    assert {row["method"] for row in rows} == {"dft-pbe-lanl2dz", "gfn1-xtb"}
    for row in rows:
        assert row["formula"] == "C144H162Au25S18" and row["applicability"] == "inside" and not row["reasons"]
        assert row["note"] == "ligands cut down to SH"
        assert row["lower"] < row["value"] < row["upper"]


def test_the_bundled_model_says_what_of_a_real_crystal_is_beyond_it(shared_data):
    for row in of_structure(predict(shared_data / "cod" / "1540567.cif", charge=5)):
        assert row["applicability"] == "outside" and any("charge" in reason for reason in row["reasons"])


def test_no_model_in_a_folder(tmp_path):
    with pytest.raises(ModelError, match=str(tmp_path)):
        open_model(tmp_path)


def test_a_second_prediction_of_the_same_bytes_parses_nothing(au11, tmp_path, monkeypatch):
    file = tmp_path / "good.cif"
    file.write_text(au11.to_cif())
    monkeypatch.setenv("MLCLUSTER_CACHE", str(tmp_path / "cache"))
    first = predict(file, model=constant_ensemble([1.0]))
    monkeypatch.setattr("mlcluster.graph.reading.read_parsed", None)
    assert predict(file, model=constant_ensemble([1.0])) == first


def test_a_file_that_no_network_can_take_costs_only_itself(au11, tmp_path, monkeypatch):
    files = []
    for name in ("a", "b", "c"):
        files.append(tmp_path / f"{name}.cif")
        files[-1].write_text(au11.to_cif())
    ensemble, seen = constant_ensemble([1.0]), []
    whole = ensemble.predict

    def fails_for_the_second(graphs, **asked):
        seen.append(len(graphs))
        if len(seen) in (1, 3):
            raise ModelError("too much.")
        return whole(graphs, **asked)

    monkeypatch.setattr(ensemble, "predict", fails_for_the_second)
    rows = of_structure(predict(files, model=ensemble))
    assert seen == [3, 1, 1, 1], "all at once, then one by one"
    assert [row["file"] for row in rows] == [str(file) for file in files]
    assert ["error" in row for row in rows] == [False, True, False]


def test_rows_of_several_clusters_stay_with_their_files(au11, tmp_path):
    rod = model_structures()["E isomer model [Au13Ag12(PH3)10Cl8]+"]
    for name, cluster in (("first", au11), ("second", rod)):
        (tmp_path / f"{name}.cif").write_text(cluster.to_cif())
    rows = of_structure(predict([tmp_path / "second.cif", tmp_path / "first.cif"], model=constant_ensemble([1.0])))
    assert [(Path(row["file"]).name, row["formula"]) for row in rows] == [
        ("second.cif", rod.formula),
        ("first.cif", au11.formula),
    ]
    assert all("contributions" not in row for row in rows)


def test_calibrated_intervals_are_wider_outside_the_domain(au11):
    fitted = fit_calibration([0.2, 0.4, -0.3], [0.1, 0.1, 0.1], ["a", "b", "c"])
    plain = constant_ensemble([1.0, 1.4])
    stored = {"gap:gfn1-xtb": fitted.to_json()}
    ensemble = Ensemble(plain.members, EnsembleMetadata(calibration=stored, domain=of_channel("gap:gfn1-xtb")))
    spread = np.std([1.0, 1.4], ddof=1)
    inside, outside = predict_clusters([au11, au11.replace(charge=4)], ensemble, formula=False)
    assert inside.applicability == "inside" and outside.applicability == "outside"
    assert inside.upper - inside.value == pytest.approx(float(fitted.half_width(spread)), abs=1e-5)
    assert outside.upper - outside.value == pytest.approx(1.5 * (inside.upper - inside.value), abs=1e-5)


def test_emission_interval_beyond_all_photon_energies_ends_where_wavelengths_do(au11):
    (row,) = predict_clusters(
        [au11], constant_ensemble([1.7], residual=3.0, channel="emission:measured"), formula=False
    )
    assert (row.lower, row.upper) == (200.0, 5000.0)


def test_usual_method_comes_first(au11):
    channels = ("lifetime:measured", "gap:gfn1-xtb", "gap:dft-pbe-lanl2dz", "gap:optical")
    ensemble = Ensemble([build_model(ModelConfig(channels=channels, lmax=0, n_features=4, n_layers=1), 0)])
    order = [(p.target, p.method) for p in predict_clusters([au11], ensemble, formula=False)]
    assert order == [
        ("gap", "optical"),
        ("gap", "dft-pbe-lanl2dz"),
        ("gap", "gfn1-xtb"),
        ("lifetime", "measured"),
    ]


def test_the_formula_tells_what_the_network_does_not(au11):
    rows = predict_clusters([au11], constant_ensemble([1.7], channel="emission:measured"))
    basis = {(row.target, row.method): row.basis for row in rows}
    assert basis["emission", "measured"] == "network", "the network's own channel is not told twice"
    assert basis["quantum_yield", "measured"] == basis["gap", "optical"] == "formula"
    assert all(row.contributions is None for row in rows if row.basis == "formula")
    bundled = {row.channel: row for row in predict_formula_of(au11)}
    assert all(replace(row, file="") == bundled[row.channel] for row in rows if row.basis == "formula")


def test_isomers_have_equal_formula_rows():
    models = model_structures()
    e, s = (models[f"{name} isomer model [Au13Ag12(PH3)10Cl8]+"] for name in "ES")
    ensemble = constant_ensemble([1.0])
    of_formula = [
        [(row.target, row.value, row.lower) for row in each if row.basis == "formula"]
        for each in predict_each([e, s], ensemble)
    ]
    assert of_formula[0] == of_formula[1] != []


def test_a_molecule_without_metal_has_no_formula_rows():
    water = Cluster(
        numbers=np.array([8, 1, 1]), positions=np.array([[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]), charge=0
    )
    (row,) = predict_clusters([water], constant_ensemble([1.0]))
    assert row.basis == "network" and any("never seen" in reason for reason in row.reasons)


def test_an_interval_beyond_all_that_is_possible_is_all_of_it() -> None:
    gap = Channel.parse("gap:optical")
    assert in_unit(gap, 900.0, 5.0) == (20.0, 0.0, 20.0), "cut to the bound, it would have no width"
    assert in_unit(gap, -9.0, 5.0) == (0.0, 0.0, 20.0)
    assert in_unit(gap, 19.0, 2.0) == (19.0, 17.0, 20.0)
