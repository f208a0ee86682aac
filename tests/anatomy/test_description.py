"""What `describe` says of clusters whose numbers are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mlcluster import Cluster
from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.description import describe, inspect
from mlcluster.anatomy.shape import _chosen, core_extents
from mlcluster.data import model_structures
from mlcluster.report.inspection_tables import anatomy_lines
from tests.structure.disorder_cif import AXES, Site, cif, sites


@pytest.fixture(scope="module")
def gold():
    return describe(Anatomy(model_structures()["model [Au25(SH)18]-"]))


@pytest.fixture(scope="module")
def isomer():
    return describe(Anatomy(model_structures()["E isomer model [Au13Ag12(PH3)10Cl8]+"]))


def test_bonds_are_told_apart_by_part(gold):
    """Au25(SR)18: 12 from the centre, 30 edges of the icosahedron, 12 + 24 bonds to sulfur."""
    rows = {(row["pair"], row["part"]): row for row in gold["shape"]["bonds"]}
    counts = {key: row["count"] for key, row in rows.items() if key[0] == "Au-S" or "kernel" in key[1]}
    assert counts == {
        ("Au-Au", "kernel centre"): 12,
        ("Au-Au", "kernel"): 30,
        ("Au-S", "kernel-staple"): 12,
        ("Au-S", "staple"): 24,
    }
    for row in rows.values():
        assert row["min"] <= row["mean"] <= row["max"]
    assert rows["Au-Au", "kernel centre"]["mean"] < rows["Au-Au", "kernel"]["mean"]
    assert sum(row["count"] for row in rows.values()) == sum(c["count"] for c in gold["shape"]["contacts"].values())


def test_bonds_of_the_two_metals_of_a_rod(isomer):
    pairs = {row["pair"] for row in isomer["shape"]["bonds"]}
    assert {"Au-Au", "Au-Ag", "Ag-Ag", "Au-P", "Ag-Cl"} <= pairs
    phosphorus = [row for row in isomer["shape"]["bonds"] if row["pair"].endswith("-P")]
    assert sum(row["count"] for row in phosphorus) == 10


def test_symmetry_of_kernel_core_and_whole():
    cluster = model_structures()["model Au38(SH)24"]
    kernel, core = (describe(Anatomy(cluster), symmetry=subset)["shape"] for subset in ("kernel", "core"))
    assert (kernel["point_group"]["symbol"], core["point_group"]["symbol"]) == ("D3h", "D3")
    assert kernel["symmetry_measures"]["D3h"] < 0.05
    assert describe(Anatomy(cluster), tolerance=0.001)["shape"]["point_group"]["tolerance"] == 0.001


def test_a_twisted_rod_is_between_its_two_symmetries(isomer):
    assert isomer["shape"]["symmetry_measures"]["D5h"] < 0.01 < 1.0 < isomer["shape"]["symmetry_measures"]["D5d"]


def test_ions_of_the_isomer_with_triphenylphosphine_replaced(isomer):
    # Au13Ag12P10H30Cl8, average masses by hand: 13 x 196.96657 + 12 x 107.8682 + 10 x 33.99758 + 8 x 35.453 = 4478.578
    intact, chloride, phosphine = isomer["mass_spectrum"]
    assert (intact["loss"], intact["charge"]) == (None, 1) and intact["mz"] == pytest.approx(4478.58, abs=0.05)
    assert (chloride["loss"], chloride["charge"]) == ("Cl-", 2)
    assert chloride["mz"] == pytest.approx((4478.58 - 35.45) / 2, abs=0.05)
    assert (phosphine["loss"], phosphine["charge"]) == ("PH3", 1)
    assert phosphine["mz"] == pytest.approx(4478.58 - 34.0, abs=0.05)


def test_a_cluster_of_unknown_charge_has_no_ions():
    cluster = model_structures()["model [Au25(SH)18]-"].replace(charge=None, multiplicity=None)
    assert describe(Anatomy(cluster))["mass_spectrum"] == []


def test_everything_is_json_and_reads_as_lines(gold, isomer):
    for facts in (gold, isomer):
        assert json.loads(json.dumps(facts, allow_nan=False))["parts"]["metal"] == 25
    lines = dict(anatomy_lines(gold))
    assert lines["parts"] == "Au13 kernel + 6 Au2(SR)3"
    assert lines["ligands"] == "18 hydrogensulfide HS (mu2-S)"
    assert "Au +25, thiolate -18, charge +1; closed superatom shell" in lines["electrons"]
    assert "icosahedron" in lines["shape"] and "Ih" in lines["symmetry"]
    told = dict(anatomy_lines(isomer))
    assert "2 x 8, a superatomic molecule" in told["electrons"]
    assert "8 chloride Cl (5 mu2-Cl, 2 Cl, 1 mu4-Cl)" in told["ligands"]


def test_a_molecule_without_metal_is_described_too():
    water = Cluster(numbers=np.array([8, 1, 1]), positions=np.array([[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]))
    facts = describe(Anatomy(water))
    assert facts["parts"]["kernel"] is None and facts["parts"]["counts"] == {"ion or solvent": 3}
    assert facts["valence_electrons"]["count"] is None and facts["shape"]["bonds"] == []


@pytest.mark.parametrize(("n", "extents"), [(1, None), (2, (2.8, 0.0, 0.0)), (3, (5.6, 0.0, 0.0))])
def test_how_far_the_metals_extend(n, extents):
    found = core_extents(Anatomy(Cluster(numbers=np.full(n, 79), positions=[[0, 0, 2.8 * k] for k in range(n)])))
    assert found is None if extents is None else found == pytest.approx(extents, abs=1e-9)


def test_three_different_extents_and_the_metals_of_the_core():
    box = [[x, y, z] for x in (0, 4.5) for y in (0, 3.6) for z in (0, 2.8)]
    assert core_extents(Anatomy(Cluster(numbers=np.full(8, 79), positions=box))) == pytest.approx((4.5, 3.6, 2.8))
    staples = Anatomy(model_structures()["model [Au25(SH)18]-"])
    assert [int(_chosen(staples, subset).sum()) for subset in ("kernel", "core", "whole")] == [13, 25 + 18, 25 + 36]


def test_a_file_is_told_with_shares_mirror_images_and_what_is_known_beside(tmp_path: Path):
    """Two images of AgAuBrCl across a centre, whose silver holds chlorine or oxygen in 2 : 1."""
    rows = sites("Au Cl Br", [(4, 4, 4), (6.2, 4, 4), (4, 6.4, 4)])
    rows += [Site("Ag", (3, 3, 6.4))]
    rows += [Site("Cl", (3, 3, 8.7), 0.6667, 1), Site("O", (3, 3.5, 8.3), 0.3333, 2)]
    path = tmp_path / "made.cif"
    path.write_text(cif(rows, AXES["-1"][1], chemical_formula_moiety="Ag Au Br Cl2"))
    asked = []

    def beside(given):
        asked.extend((len(anatomy.cluster), assumed) for anatomy, assumed in given)
        return {"known": 1}

    (row,) = inspect(path, symmetry="whole", beside=beside, disorder="enumerate")
    assert row["known"] == 1 and asked == [(5, True)] * 4
    assert [c["weight"] for c in row["clusters"]] == [0.6667, 0.6667, 0.3333, 0.3333]
    assert [c["mirror_of"] for c in row["clusters"]] == [None, 1, None, 3]
    assert {c["shape"]["point_group"]["of"] for c in row["clusters"]} == {"whole"}
    asked.clear()
    inspect(path, beside=beside, charge=0)
    assert asked == [(5, False)] * 2
