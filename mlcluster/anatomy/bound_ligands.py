"""What holds the metals: ligands as connected non-metal fragments, with their donors and formal charge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mlcluster.chem.elements import CHALCOGENS, HALOGENS, NUMBERS, SYMBOLS
from mlcluster.chem.formula import hill_formula
from mlcluster.chem.species import recognise, skeleton
from mlcluster.structure.cluster import Cluster

if TYPE_CHECKING:
    from mlcluster.anatomy.anatomy import Anatomy

_H, _B, _C, _N, _O, _P, _S, _AS = (NUMBERS[s] for s in ("H", "B", "C", "N", "O", "P", "S", "As"))
SIGMA_CARBON = 2.25
"""Longest metal-carbon sigma bond to coinage metals (angstrom); longer contacts are pi-bonded or weaker."""


@dataclass(frozen=True)
class Ligand:
    """One ligand of a cluster.

    Parameters
    ----------
    formula
        Hill formula.
    atoms, donors
        Indices of its atoms, and of those bonded to a metal.
    charge
        Lowest and highest formal charge that its geometry allows; equal when it decides.
    kind
        ``"thiolate"``, ``"phosphine"``, ``"halide"`` ... or ``"unrecognised"``.
    """

    formula: str
    atoms: tuple[int, ...]
    donors: tuple[int, ...]
    charge: tuple[int, int]
    kind: str


def find_ligands(anatomy: Anatomy) -> tuple[Ligand, ...]:
    """Ligands in the order of their first atom; atoms bonded to no metal are part of none.

    Formal charges follow the covalent bond classification of the donors: thiolates, halides, hydrides, alkynyls,
    carboxylates and phosphides take one electron each, phosphines, amines, carbenes, carbonyls and thioethers
    none.
    """
    cluster, bonds, metal = anatomy.cluster, anatomy.bonds, anatomy.metal
    inner = ~metal[bonds.first] & ~metal[bonds.second]
    size = len(cluster)
    graph = coo_array(
        (np.ones(int(inner.sum()), dtype=bool), (bonds.first[inner], bonds.second[inner])), shape=(size, size)
    )
    _, label = connected_components(graph, directed=False)
    environment = _Environment(anatomy)
    ligands = []
    order = np.argsort(label, kind="stable")
    for atoms in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        donors = atoms[environment.touches_metal[atoms] & ~metal[atoms]]
        if donors.size:
            ligands.append(_ligand(cluster, atoms, donors, environment))
    return tuple(sorted(ligands, key=lambda ligand: ligand.atoms[0]))


class _Environment:
    """Non-metal partners of each atom and its shortest metal contact."""

    def __init__(self, anatomy: Anatomy) -> None:
        bonds, metal = anatomy.bonds, anatomy.metal
        to_metal = metal[bonds.second] & ~metal[bonds.first]
        self.touches_metal = np.zeros(len(metal), dtype=bool)
        self.touches_metal[bonds.first[to_metal]] = True
        self.nearest_metal = np.full(len(metal), np.inf)
        np.minimum.at(self.nearest_metal, bonds.first[to_metal], bonds.distance[to_metal])
        inner = ~metal[bonds.first] & ~metal[bonds.second]
        self.partners: dict[int, list[int]] = {}
        for a, b in zip(bonds.first[inner].tolist(), bonds.second[inner].tolist(), strict=True):
            self.partners.setdefault(a, []).append(b)

    def of(self, atom: int) -> list[int]:
        return self.partners.get(atom, [])


def _ligand(cluster: Cluster, atoms: NDArray, donors: NDArray, environment: _Environment) -> Ligand:
    z = cluster.numbers
    elements, counts = np.unique(z[atoms], return_counts=True)
    composition = {SYMBOLS[e]: int(n) for e, n in zip(elements, counts, strict=True)}
    charge, kind = _formal_charge(cluster, atoms, donors, composition, environment)
    return Ligand(hill_formula(composition), tuple(atoms.tolist()), tuple(donors.tolist()), charge, kind)


def _formal_charge(
    cluster: Cluster, atoms: NDArray, donors: NDArray, composition: dict[str, int], environment: _Environment
) -> tuple[tuple[int, int], str]:
    z = cluster.numbers
    heavy = [a for a in atoms.tolist() if z[a] != _H]
    if len(heavy) > 2:
        bones = skeleton([SYMBOLS[z[a]] for a in heavy], [sum(z[b] != _H for b in environment.of(a)) for a in heavy])
        species = recognise(composition, bones)
        if species is not None and species[1] and species[0].kind == "ion":
            return (species[0].charge,) * 2, species[0].name
    low = high = 0
    kinds: dict[str, None] = {}
    centres: set[int] = set()
    for donor in donors.tolist():
        span, kind, centre = _donor(cluster, donor, environment)
        # Two donors on one carbon or phosphorus share one charge: dithiocarbamate, carboxylate, amidinate.
        if centre is not None and centre in centres:
            continue
        if centre is not None:
            centres.add(centre)
        low, high = low + span[0], high + span[1]
        if kind:
            kinds[kind] = None
    return (low, high), "+".join(kinds) or "unrecognised"


def _donor(cluster: Cluster, atom: int, environment: _Environment) -> tuple[tuple[int, int], str, int | None]:
    """Span of formal charge that one donor brings, what it is, and the atom it shares that charge through."""
    z = cluster.numbers
    element, partners = int(z[atom]), environment.of(atom)
    n = len(partners)
    if element in HALOGENS and not n:
        return (-1, -1), "halide", None
    if element == _H:
        return ((-1, -1), "hydride", None) if not n else ((0, 0), "", None)
    if element in CHALCOGENS:
        return _chalcogen(cluster, atom, partners, environment)
    if element in (_P, _AS):
        return ((0, 0), "phosphine", None) if n == 3 else ((-1, -1), "phosphide", None) if n == 2 else _UNKNOWN
    if element == _C:
        return _carbon(z, atom, partners, environment)
    if element == _N:
        shared = _shared_centre(z, atom, partners, environment, _N)
        if shared is not None and n == 2:
            return (-1, 0), "amidinate", shared
        return ((0, 0), "N-donor", None) if n else _UNKNOWN
    if element == _O:
        shared = _shared_centre(z, atom, partners, environment, _O)
        if shared is not None:
            return (-1, -1), "oxo anion", shared
        if sum(z[p] == _H for p in partners) >= 1 and n >= 2 or n >= 2:
            return (0, 0), "O-donor", None
        return (-1, 0), "O-donor", None
    return _UNKNOWN


_UNKNOWN: tuple[tuple[int, int], str, int | None] = ((-1, 0), "unrecognised", None)


def _chalcogen(
    cluster: Cluster, atom: int, partners: list[int], environment: _Environment
) -> tuple[tuple[int, int], str, int | None]:
    z = cluster.numbers
    symbol = SYMBOLS[z[atom]]
    name = {"S": "thiolate", "Se": "selenolate", "Te": "tellurolate"}[symbol]
    if not partners:
        declared = f"{symbol}:{name}" in cluster.declared_ligands
        return ((-1, -1), name, None) if declared else ((-2, -1), f"bare {symbol}", None)
    if len(partners) == 1:
        shared = _shared_centre(z, atom, partners, environment, int(z[atom]))
        return (-1, -1), "dithio anion" if shared is not None else name, shared
    return (0, 0), "thioether", None


def _shared_centre(z: NDArray, atom: int, partners: list[int], environment: _Environment, element: int) -> int | None:
    """Partner atom that carries another, equally terminal, donor of the same element."""
    for partner in partners:
        alike = [b for b in environment.of(partner) if b != atom and z[b] == element]
        if alike and z[partner] in (_C, _N, _P, _S) and any(not _protonated(z, b, environment) for b in alike):
            return partner
    return None


def _protonated(z: NDArray, atom: int, environment: _Environment) -> bool:
    return any(z[b] == _H for b in environment.of(atom))


def _carbon(
    z: NDArray, atom: int, partners: list[int], environment: _Environment
) -> tuple[tuple[int, int], str, int | None]:
    heavy = [p for p in partners if z[p] != _H]
    if len(partners) == 1 and heavy:
        partner = heavy[0]
        if z[partner] == _O:
            return (0, 0), "carbonyl", None
        if z[partner] == _N:
            isocyanide = len(environment.of(partner)) > 1
            return ((0, 0), "isocyanide", None) if isocyanide else ((-1, -1), "cyanide", None)
        return (-1, -1), "alkynyl", None
    if sum(z[p] in (_N, _S, _P) for p in heavy) >= 2 and len(heavy) == 2:
        return (0, 0), "carbene", None
    if environment.nearest_metal[atom] < SIGMA_CARBON:
        return (-1, -1), "sigma carbon", None
    return (0, 0), "", None
