"""Differences, their intervals and verdicts."""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
import pytest
import vesin

import mlcluster
from mlcluster.anatomy.bound_ligands import find_ligands
from mlcluster.comparison.compare import compare_clusters
from mlcluster.data import model_structures
from mlcluster.errors import ConfigError, InputError
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.levels.network import Ensemble
from tests.prediction.test_predict import constant_ensemble


@pytest.fixture(scope="module")
def models():
    return model_structures()


def test_swapping_the_pair_turns_every_sign(models):
    ensemble = constant_ensemble([1.0, 1.2])
    a, b = models["rod model [Au25(PH3)10(SH)5Cl2]2+"], models["central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+"]
    there, back = compare_clusters(a, b, ensemble), compare_clusters(b, a, ensemble)
    assert there.relation == back.relation == "defect"
    turned = {row["quantity"]: row["difference"] for row in back.structure}
    for row in there.structure:
        if row["difference"] is not None:
            assert row["difference"] == pytest.approx(-turned[row["quantity"]])
    assert there.properties[0].p_increase == pytest.approx(1 - back.properties[0].p_increase)
    assert any(s.startswith("A has one Au more") for s in there.details)
    assert any(s.startswith("B has one Au more") for s in back.details)


def test_each_cluster_is_taken_apart_once_and_the_ensemble_asked_once(models, monkeypatch):
    calls = Counter()

    def counted(function, name):
        def count(*given, **options):
            calls[name] += 1
            return function(*given, **options)

        return count

    for function in (cluster_bonds, find_ligands):
        name = function.__name__
        for user in [
            m for key, m in sys.modules.items() if key.startswith("mlcluster") and vars(m).get(name) is function
        ]:
            monkeypatch.setattr(user, name, counted(function, name))
    monkeypatch.setattr(vesin, "NeighborList", counted(vesin.NeighborList, "neighbour search"))
    monkeypatch.setattr(Ensemble, "predict", counted(Ensemble.predict, "ensemble"))
    compare_clusters(*(models[f"{k} isomer model [Au13Ag12(PH3)10Cl8]+"] for k in "ES"), constant_ensemble([1.0, 1.2]))
    # Neighbours are searched to the longest bond, and to the cutoff of the graph.
    assert calls == {"cluster_bonds": 2, "find_ligands": 2, "neighbour search": 4, "ensemble": 1}


def test_files_are_read_once_and_then_come_from_the_cache(models, tmp_path, monkeypatch, test_data):
    monkeypatch.setattr("mlcluster.comparison.compare.cache_dir", lambda: tmp_path / "cache")
    crystal = test_data / "cif" / "racemate.cif"
    first = mlcluster.compare(crystal, crystal, model=constant_ensemble([1.0, 1.2]))
    monkeypatch.setattr("mlcluster.graph.reading.read_parsed", None)
    assert mlcluster.compare(crystal, crystal, model=constant_ensemble([1.0, 1.2])) == first
    assert any("cluster in the crystal" in row["quantity"] for row in first["structure"]), "the crystal is kept as well"


def test_the_bundled_model_does_not_resolve_the_isomer_models(models, tmp_path):
    files = []
    for letter in "ES":
        files.append(tmp_path / f"{letter}.cif")
        files[-1].write_text(models[f"{letter} isomer model [Au13Ag12(PH3)10Cl8]+"].to_cif())
    result = mlcluster.compare(*files)
    assert result["relation"] == "isomer" and result["matched_atoms"] == 25
    gaps = [each for each in result["properties"] if each["basis"] == "network"]
    assert {each["interval"] for each in gaps} == {"paired"}, "the shipped model knows the error of related pairs"
    for gap in gaps:
        assert not gap["resolved"] and gap["lower"] < 0 < gap["upper"]
    contacts = {row["quantity"]: (row["a"], row["b"]) for row in result["structure"]}
    assert contacts["valence electrons"] == (16, 16)


def test_what_comes_from_the_formula_is_the_same_for_isomers_and_says_so(models):
    e, s = (models[f"{k} isomer model [Au13Ag12(PH3)10Cl8]+"] for k in "ES")
    rows = compare_clusters(e, s, constant_ensemble([1.0])).properties
    formula = [row for row in rows if row.basis in ("formula", "derived")]
    assert {row.target for row in formula} >= {"emission", "quantum_yield", "lifetime"}
    for row in formula:
        assert (row.difference, row.resolved, row.p_increase, row.interval) == (0.0, False, 0.5, "none")
        assert "formula" in row.note and row.lower < 0 < row.upper
    other = compare_clusters(e, models["model [Au9(PH3)8]3+"], constant_ensemble([1.0])).properties
    assert any(row.basis == "formula" and row.difference != 0 for row in other)


def test_relation_asked_for_is_kept_and_said(models):
    a, b = models["model [Au25(SH)18]-"], models["model [Ag25(SH)18]-"]
    comparison = compare_clusters(a, b, constant_ensemble([1.0]), relation="related")
    assert comparison.relation == "related"
    assert any("structures alone say doping" in s for s in comparison.details)


def test_wrong_relation_and_ambiguous_file(test_data):
    file = test_data / "cif" / "two_clusters.cif"
    with pytest.raises(ConfigError, match="isomer"):
        mlcluster.compare(file, file, relation="cousins", model=constant_ensemble([1.0]))
    with pytest.raises(InputError, match=r"several clusters.*Au4Br4.*--cluster"):
        mlcluster.compare(file, file, model=constant_ensemble([1.0]))
    same = mlcluster.compare(file, file, cluster=1, model=constant_ensemble([1.0]))
    assert same["relation"] == "identical" and same["rmsd"] == pytest.approx(0.0, abs=1e-6)


def test_molecules_without_metal_can_be_compared(tmp_path):
    water = tmp_path / "water.xyz"
    water.write_text("3\ncharge=0\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n")
    ammonia = tmp_path / "ammonia.xyz"
    ammonia.write_text("4\ncharge=0\nN 0 0 0\nH 0.94 0 -0.38\nH -0.47 0.81 -0.38\nH -0.47 -0.81 -0.38\n")
    result = mlcluster.compare(water, ammonia, model=constant_ensemble([1.0]))
    assert result["relation"] == "unrelated" and result["rmsd"] is None
    assert np.isfinite(result["properties"][0]["difference"])


def test_what_a_chemist_would_say_of_the_isomers(models):
    e, s = (models[f"{k} isomer model [Au13Ag12(PH3)10Cl8]+"] for k in "ES")
    comparison = compare_clusters(e, s, constant_ensemble([1.0]))
    text = " ".join(comparison.details)
    assert "vertex-sharing bi-icosahedron" in text
    assert "rotated by 36.0 degrees" in text
    assert "5 to 4 on 2 metals, 0 to 2 on 3 metals, 1 to 0 on 4 metals" in text
    rows = {row["quantity"]: (row["a"], row["b"], row["difference"]) for row in comparison.structure}
    assert rows["halides on 3 metals"] == (0, 2, 2), "a kind that is absent is none, not unknown"
    names = [row["quantity"] for row in comparison.structure]
    at = names.index("halides on 1 metal")
    assert names[at : at + 4] == [f"halides on {n} metal{'s' if n > 1 else ''}" for n in (1, 2, 3, 4)]
