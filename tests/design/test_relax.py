"""What survives a relaxation, and what is held in one."""

from __future__ import annotations

import numpy as np
import pytest

from mlcluster.chem.elements import is_metal
from mlcluster.design.frameworks import build
from mlcluster.design.relax import Survival, frozen_atoms, relax, staple_metals, survival, why_lost
from mlcluster.errors import ConfigError, StructureError
from mlcluster.structure.cluster import Cluster


def moved(cluster: Cluster, atoms: list[int], by: tuple[float, float, float]) -> Cluster:
    positions = cluster.positions.copy()
    positions[atoms] += by
    return cluster.replace(positions=positions)


def test_an_untouched_cluster_survives() -> None:
    cluster = build("m9-phosphine")
    result = survival(cluster, moved(cluster, list(range(len(cluster))), (1.0, 2.0, 3.0)))
    assert result == Survival(metal_metal=1.0, metal_ligand_broken=(), ligand_broken=(), ligand_formed=())
    assert why_lost(result) is None


def test_a_lost_phosphine_is_named() -> None:
    cluster = build("m4-phosphine")
    phosphorus = cluster.labels.index("P1")
    away = cluster.positions[phosphorus] / np.linalg.norm(cluster.positions[phosphorus])
    ligand = [phosphorus, *range(phosphorus + 1, phosphorus + 4)]
    result = survival(cluster, moved(cluster, ligand, tuple(2.0 * away)))
    assert result.metal_ligand_broken == ("Au1-P1",)
    assert result.ligand_broken == ()
    assert why_lost(result) == "metal-ligand bond broken: Au1-P1"


def test_a_lost_hydrogen_and_a_new_bond_are_seen() -> None:
    cluster = build("m4-phosphine")
    one, other = cluster.labels.index("H1"), cluster.labels.index("P2")
    positions = cluster.positions.copy()
    positions[one] = positions[other] + 1.4 * positions[other] / np.linalg.norm(positions[other])
    result = survival(cluster, cluster.replace(positions=positions))
    assert result.ligand_broken == ("P1-H1",)
    assert result.ligand_formed == ("H1-P2",)
    assert why_lost(result) == "bond within a ligand broken: P1-H1"


def test_a_metal_that_leaves_costs_its_share() -> None:
    cluster = build("m7-phosphine")
    result = survival(cluster, moved(cluster, [0], (0.0, 0.0, 9.0)))
    assert 0.5 < result.metal_metal < 0.95
    assert "metal-metal bonds survive" in str(why_lost(result))


def test_different_atoms_are_refused() -> None:
    with pytest.raises(StructureError, match="not the same atoms"):
        survival(build("m4-phosphine"), build("m4-phosphine", metal="Ag"))


@pytest.mark.parametrize(("name", "staple"), [("m25-thiolate", 12), ("m38-thiolate", 15), ("m14-thiolate", 0)])
def test_staples_are_told_from_kernels(name: str, staple: int) -> None:
    cluster = build(name)
    metals = int(is_metal(cluster.numbers).sum())
    assert len(staple_metals(cluster)) == staple
    assert len(frozen_atoms(cluster, "kernel")) == metals - staple
    assert len(frozen_atoms(cluster, "metals")) == metals
    assert len(frozen_atoms(cluster, "nothing")) == 0


def test_relaxation_holds_the_metals_and_lowers_the_energy() -> None:
    from mlcluster.electronic.calculators import get_calculator

    cluster = build("m4-phosphine")
    result = relax(cluster)
    assert result.converged
    assert result.why_rejected is None
    metal = is_metal(cluster.numbers)
    np.testing.assert_allclose(result.cluster.positions[metal], cluster.positions[metal], atol=1e-9)
    calculate = get_calculator("gfn1-xtb")
    assert calculate(result.cluster).energy_ev < calculate(cluster).energy_ev - 0.01
    assert relax(cluster, steps=1).why_rejected == "not relaxed after 1 steps"


def test_an_unknown_choice_of_frozen_atoms_is_refused() -> None:
    with pytest.raises(ConfigError, match="frozen atoms"):
        relax(build("m4-phosphine"), frozen="shell")  # type: ignore[arg-type]
