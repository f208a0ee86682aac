"""Real structures of other groups: read as their names and papers say."""

from __future__ import annotations

import re

import pytest

import mlcluster
from mlcluster.anatomy import Anatomy


def test_the_x_ray_crystal_of_au25(shared_data):
    (result,) = mlcluster.read(shared_data / "cod" / "1540567.cif")
    cluster = result.cluster
    assert (cluster.formula, len(cluster), cluster.charge) == ("C144H162Au25S18", 349, 0)
    assert [(d.formula, d.count, d.kind) for d in result.dropped] == [("C7H9", 2, "solvent")]
    assert "toluene" in result.dropped[0].why
    assert {"charge_assumed_zero", "formula_mismatch", "moiety_mismatch", "odd_electrons"} == result.report.codes()
    assert Anatomy(cluster).valence_electrons == 7, "the neutral cluster is the open-shell radical of this family"


# Clusters that a gold-gold limit of 3.0 angstrom would tear in two.
@pytest.mark.parametrize("name", ["10_10", "au11", "au12", "31_21", "6e_22_16"])
def test_threaded_and_interlocked_clusters_stay_whole(shared_data, name):
    (result,) = mlcluster.read(shared_data / "ausr" / "cif" / f"{name}.cif")
    gold, sulfur = (int(n) for n in (re.findall(r"\d+", name)[-2:] if "_" in name else re.findall(r"\d+", name) * 2))
    assert result.cluster.composition["Au"] == gold and result.cluster.composition["S"] == sulfur
    assert not result.dropped


def test_every_boxed_thiolate_cluster_is_one_cluster_of_unknown_charge(shared_data):
    files = sorted((shared_data / "ausr" / "cif").glob("*.cif"))
    assert len(files) == 67
    for file in files:
        (result,) = mlcluster.read(file)
        assert result.cluster.charge is None and result.cluster.crystal is None and not result.dropped


def test_relaxed_clusters_keep_their_stated_charge(shared_data):
    results = mlcluster.read(shared_data / "nc_database" / "nc_database.extxyz.gz")
    assert len(results) == 428
    assert sum(r.cluster.charge is None for r in results) == 4
    by_name = {r.cluster.name: r.cluster for r in results}
    platinum = by_name["ag24pt(dmb)18"]
    assert platinum.charge == -2 and Anatomy(platinum).valence_electrons == 8


def test_big_protected_cluster(shared_data):
    (result,) = mlcluster.read(shared_data / "gpaw_au102" / "au102_pmba44.extxyz")
    assert result.cluster.formula == "C308H220Au102O88S44"
    assert Anatomy(result.cluster.replace(charge=0)).valence_electrons == 58
