"""An anatomy finds each part of a cluster once, and only when asked."""

import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy import anatomy as module
from mlcluster.data import model_structures
from mlcluster.structure.cluster import Cluster


def test_each_part_is_found_once_and_when_first_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("cluster_bonds", "find_ligands", "centred_cores", "assign_parts"):
        monkeypatch.setattr(module, name, _counted(name, getattr(module, name), calls))
    anatomy = Anatomy(model_structures()["model [Au25(SH)18]-"])
    assert calls == []
    for _ in range(2):
        _ = anatomy.parts, anatomy.staples, anatomy.electrons, anatomy.ligand_groups, anatomy.ligand_names
        _ = anatomy.bonds, anatomy.ligands, anatomy.cores, anatomy.valence_electrons
    assert sorted(calls) == ["assign_parts", "centred_cores", "cluster_bonds", "find_ligands"]


def _counted(name, function, calls):  # type: ignore[no-untyped-def]
    def counted(*given):  # type: ignore[no-untyped-def]
        calls.append(name)
        return function(*given)

    return counted


def test_known_electrons_are_not_counted_again() -> None:
    dimer = Cluster(numbers=[79, 79], positions=[[0, 0, 0], [2.7, 0, 0]], charge=0)
    assert Anatomy(dimer).valence_electrons == 2
    assert Anatomy(dimer, valence_electrons=8).valence_electrons == 8
