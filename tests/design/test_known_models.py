"""Model geometries for records of the literature: counts, charge, sites of foreign metals, isomers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import METAL_VALENCE, SYMBOLS, is_metal
from mlcluster.data.families import family_key
from mlcluster.design.frameworks import build
from mlcluster.design.known_models import SHELLS, ModelGeometry, linked_models, model_geometries
from mlcluster.design.known_models.placing_metals import placed
from mlcluster.labels.literature.measurements import cluster_records, clusters
from mlcluster.labels.literature.table import COLUMNS, Row


@pytest.fixture(scope="module")
def models() -> dict[str, ModelGeometry]:
    return {model.record.id: model for model in model_geometries(clusters().values())}


def model_of(formula: str, ligands: str, kernel: str = "", name: str = "made") -> ModelGeometry | None:
    row = dict.fromkeys(COLUMNS, "") | {"cluster_id": name, "formula": formula, "ligands": ligands, "kernel": kernel}
    (found,) = [*model_geometries(cluster_records([Row(2, row)]).values()), None][:1]
    return found


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: f"{shell.framework} {shell.options or ''}")
def test_shells_have_the_counts_of_what_is_built(shell) -> None:
    anatomy = Anatomy(build(shell.framework, **shell.options))
    donors = Counter(SYMBOLS[anatomy.cluster.numbers[d]] for ligand in anatomy.ligands for d in ligand.donors)
    assert int(anatomy.metal.sum()) == shell.metals
    assert donors["P"] == shell.phosphorus and donors["S"] == shell.chalcogens
    assert donors.total() - donors["P"] - donors["S"] == shell.halides
    if not shell.options:  # the charge of phosphines in place of halides is another one
        valence = sum(METAL_VALENCE[SYMBOLS[z]] for z in anatomy.cluster.numbers[anatomy.metal].tolist())
        assert valence - shell.chalcogens - shell.halides - anatomy.cluster.charge == shell.electrons


def test_every_model_has_metals_donors_and_charge_of_its_record(models) -> None:
    assert len(models) >= 30
    for model in models.values():
        composition, cluster = model.record.composition, model.cluster
        assert (cluster is None) == (model.status == "ambiguous")
        if cluster is None:
            continue
        metals = Counter(SYMBOLS[z] for z in cluster.numbers[is_metal(cluster.numbers)].tolist())
        assert metals == composition.metals
        assert composition.charge in (None, cluster.charge)
        assert cluster.n_electrons % 2 == cluster.multiplicity - 1
        assert "model geometry, not a crystal" in cluster.name
        assert family_key(Anatomy(cluster)).startswith(f"M{sum(metals.values())}X")


def test_a_charge_that_is_not_stated_closes_the_shell(models) -> None:
    model = models["Pt1Ag24_SPhMe2_18"]
    assert model.status == "possible" and model.charge == -2
    assert any("charge -2, which leaves 8 electrons" in text for text in model.assumed)
    assert model.edits == "substitute Ag1 -> Pt", "the central atom"
    assert models["Au25_PET18_0"].cluster.multiplicity == 2
    assert models["Au25_SR18_-1"].status == "matched"


@pytest.mark.parametrize("name", ["Au38_SR24_generic", "Cu4I4_dcpm2"])
def test_isomers_of_the_same_counts_are_told_and_get_no_model(models, name: str) -> None:
    assert models[name].status == "ambiguous" and models[name].cluster is None
    assert "which of the isomers" in models[name].to_dict()["reason"]
    assert models["Au38_PET24"].status == "matched", "its record states the kernel"


def test_two_frameworks_of_the_same_counts_are_isomers() -> None:
    model = model_of("[Au12(SR)12]0", "SR;12")
    assert model is not None and model.status == "ambiguous"
    assert model.frameworks == ("m12-ring", "m12-stacked-rings")
    rod = {"formula": "[Au13Ag12(PPh3)10Cl8]+", "ligands": "PPh3;10|Cl;8"}
    assert model_of(**rod).frameworks == ("rod-eclipsed", "rod-staggered")


def test_touchstones_are_linked_and_flagged(models) -> None:
    named = {name: model for name, model in models.items() if model.is_touchstone}
    assert {name: model.frameworks for name, model in named.items()} == {
        "Au13Ag12_PPh3_10_Cl8_E": ("rod-eclipsed",),
        "Au13Ag12_PPh3_10_Cl8_S": ("rod-staggered",),
    }
    assert all("TOUCHSTONE: shown, never trained on" in model.to_dict()["reason"] for model in named.values())


def test_other_ligands_get_no_model() -> None:
    assert model_of("[Au13(NHC)9Cl3]2+", "NHC;9|Cl;3") is None
    assert model_of("[Au25(PPh2py)10Cl8]+", "PPh2py;10|Cl;8") is None, "pyridyl may bind as well"
    assert model_of("[Au13(dppe)4Cl4]+", "dppe;4|Cl;4") is None
    assert model_of("Au25(SR)18", "SR") is not None, "the formula has the number"


@pytest.mark.parametrize(
    ("metals", "neighbours"),
    [
        ({"Au": 24, "Pd": 1}, {"Pd": [12]}),
        ({"Au": 20, "Ag": 5}, {"Ag": [6] * 5}),
        ({"Au": 24, "Hg": 1}, {"Hg": [6]}),
        ({"Au": 23, "Cu": 2}, {"Cu": [0, 0]}),
        ({"Ag": 24, "Au": 1}, {"Au": [12]}),
    ],
)
def test_foreign_metals_are_placed_by_the_rule(metals: dict, neighbours: dict) -> None:
    host = max(metals, key=metals.__getitem__)
    cluster = build("m25-thiolate", metal=host)
    edits = placed(cluster, metals, host)
    points = cluster.positions[is_metal(cluster.numbers)]
    near = (np.linalg.norm(points[:, None] - points[None], axis=-1) < 3.0).sum(axis=1) - 1
    count = dict(zip(np.array(cluster.labels)[is_metal(cluster.numbers)].tolist(), near.tolist(), strict=True))
    found = {edit.element: [min(count[site], 12) for site in edit.sites] for edit in edits}
    assert found == neighbours


def test_rows_say_what_they_are() -> None:
    rows = linked_models()
    assert {row["geometry"] for row in rows} == {"model"} and all(row["framework"] for row in rows)
    (ruthenium,) = [row for row in rows if row["cluster"] == "RuAu12_dppm6"]
    assert ruthenium["edits"] == "substitute Au1 -> Ru"
    assert ruthenium["framework"] == "m13-phosphine element=none metal=Au"
    assert "dppm cut to single donors" in ruthenium["reason"]
