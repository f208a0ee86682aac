"""The model of a cluster that calculations take: its ligands cut down to their donors and closed with hydrogen.

Metals, donors and what bridges them stay exactly where the crystal has them. SR becomes SH and PR3 becomes PH3, as
calculations on such clusters have always been simplified (Akola et al., J. Am. Chem. Soc. 2008, 10.1021/ja800594p):
60 atoms of 400, and every crystal in the domain of models that are made of such ligands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.bound_ligands import Ligand
from mlcluster.chem.elements import NUMBERS, SYMBOLS, is_metal
from mlcluster.chem.formula import hill_formula
from mlcluster.electronic.trimming import LigandGraph, Trimming, cap_position, lacks_its_group, trim
from mlcluster.geometry.bonds import Bonds
from mlcluster.structure.cluster import Cluster

Ligands = Literal["capped", "whole"]
"""What a model sees of ligands: cut down to what binds, or as they are."""

MOST_METALS_OF_A_THIOLATE = 3
"""A bare chalcogen that holds more metals is a sulfide unless it is declared a thiolate."""
SAME_SHELL = 0.35
"""Angstrom beyond the nearest metal up to which a donor holds further ones; longer contacts do not direct its bonds."""
_THIOLATES = {"S": "thiolate", "Se": "selenolate", "Te": "tellurolate"}
_PYRAMID = np.radians(52.0)
"""Bond to hydrogen out of the plane of sulfur and its two metals."""
_BENT = np.radians(80.0)
"""Between the axis metal-sulfur (prolonged) and the bond to hydrogen, where there is one metal."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Capped:
    """A cluster whose ligands are cut down, and how it was made.

    Parameters
    ----------
    cluster
        The model: charge, multiplicity and name as before, no crystal around it.
    origin
        Atom of the crystal that each atom of the model is, (M,); -1 for hydrogen that was added.
    replaced
        Atom of the crystal in whose place a hydrogen was added, (M,); -1 for all others.
    owner
        Atom of the crystal that each atom belongs to, (M,): its own or, of hydrogen that was added, the one it is on.
    done
        What was done, in words, and to how many ligands: ``{"C8H9S -> SH": 18}``.
    warnings
        What the user should know: declared thiolates, ligands kept whole.
    whole_atoms
        Atoms of the crystal's cluster.
    """

    cluster: Cluster
    origin: NDArray[np.int64]
    replaced: NDArray[np.int64]
    owner: NDArray[np.int64]
    done: Mapping[str, int]
    warnings: tuple[str, ...]
    whole_atoms: int

    def to_dict(self) -> dict[str, Any]:
        """Formula, atoms, what was done and warnings, as the command line's JSON has them."""
        return {
            "formula": self.cluster.formula,
            "atoms": len(self.cluster),
            "of_atoms": self.whole_atoms,
            "done": dict(self.done),
            "warnings": list(self.warnings),
        }


def capped(anatomy: Anatomy, *, declare: Mapping[str, str] | None = None) -> Capped:
    """Cut the ligands of a cluster down to what binds and close them with hydrogen.

    Charge and the parity of the electrons stay as they are; only hydrogen that a file leaves out (of declared
    thiolates, or of ligands without any) adds what the real ligand has.

    Parameters
    ----------
    anatomy
        Of any cluster, whole or capped: a capped one comes back as it is.
    declare
        What bare chalcogens are, as ``{"S": "thiolate"}``, beside what the cluster itself declares. Where every S of
        the file is bare and bridges, it is taken for a thiolate with a warning.

    Examples
    --------
    >>> methanethiolate = Cluster(numbers=[79, 16, 6, 1, 1, 1], positions=[
    ...     [0, 0, 0], [2.3, 0, 0], [2.9, 1.7, 0], [3.99, 1.65, 0], [2.6, 2.2, 0.9], [2.6, 2.2, -0.9]])
    >>> capped(Anatomy(methanethiolate)).cluster.formula
    'AuHS'
    """
    cluster, bonds, ligands = anatomy.cluster, anatomy.bonds, anatomy.ligands
    graph = LigandGraph(cluster, bonds)
    trimmings = [trim(ligand, graph) for ligand in ligands]
    bare = [a for a in range(len(cluster)) if lacks_its_group(a, graph)]
    thiolates, warnings = _thiolates(cluster, bare, bonds, graph, declare or {})
    kept = _kept(cluster, ligands, trimmings)
    model = _Model(cluster, kept)
    for trimming in trimmings:
        for anchor, leaving in trimming.cuts:
            model.cap(anchor, cluster.positions[leaving] - cluster.positions[anchor], leaving)
    _cap_thiolates(cluster, thiolates, bonds, graph, model)
    done = Counter(_in_words(cluster, ligand, t, thiolates) for ligand, t in zip(ligands, trimmings, strict=True))
    notes = Counter(f"{ligand.formula}: {t.note}" for ligand, t in zip(ligands, trimmings, strict=True) if t.note)
    warnings += [f"{count} x {note}." for note, count in sorted(notes.items())]
    return Capped(
        cluster=model.cluster(),
        origin=np.array(model.origin),
        replaced=np.array(model.replaced),
        owner=np.array(model.owner),
        done=dict(done.most_common()),
        warnings=tuple(warnings),
        whole_atoms=len(cluster),
    )


class _Model:
    """The capped cluster while it grows."""

    def __init__(self, whole: Cluster, kept: Sequence[int]) -> None:
        self.whole = whole
        self.numbers = whole.numbers[list(kept)].tolist()
        self.positions = list(whole.positions[list(kept)])
        self.labels = [whole.labels[a] for a in kept]
        self.origin, self.replaced, self.owner = list(kept), [-1] * len(kept), list(kept)
        self._caps: Counter[int] = Counter()

    def cap(self, anchor: int, direction: NDArray[np.float64], replaced: int = -1) -> None:
        """Add a hydrogen on an atom of the crystal."""
        self.numbers.append(NUMBERS["H"])
        self.positions.append(cap_position(self.whole, anchor, direction))
        self._caps[anchor] += 1
        label = f"{self.whole.labels[anchor]}H{self._caps[anchor]}"
        while label in self.labels:
            label += "'"
        self.labels.append(label)
        self.origin.append(-1)
        self.replaced.append(replaced)
        self.owner.append(anchor)

    def cluster(self) -> Cluster:
        if len(self.origin) == len(self.whole) and -1 not in self.origin:
            return self.whole
        return self.whole.replace(
            numbers=self.numbers,
            positions=np.array(self.positions),
            labels=tuple(self.labels),
            crystal=None,
            declared_ligands=(),
        )


def _kept(cluster: Cluster, ligands: Sequence[Ligand], trimmings: Sequence[Trimming]) -> list[int]:
    """Atoms that stay, in their order; what is bonded to no metal (a guest in a cage) stays whole."""
    stays = np.ones(len(cluster), dtype=bool)
    for ligand, trimming in zip(ligands, trimmings, strict=True):
        stays[list(ligand.atoms)] = False
        stays[list(trimming.kept)] = True
    kept: list[int] = np.flatnonzero(stays).tolist()
    return kept


def _thiolates(
    cluster: Cluster, bare: Sequence[int], bonds: Bonds, graph: LigandGraph, declare: Mapping[str, str]
) -> tuple[list[int], list[str]]:
    """Bare chalcogens that lack their group, and what to tell about them."""
    found: list[int] = []
    warnings = []
    for symbol, name in _THIOLATES.items():
        held = {a: len(_metals(cluster, a, bonds)) for a in bare if cluster.symbols[a] == symbol}
        lone = [a for a in held if not graph.partners(a) and 0 < held[a] <= MOST_METALS_OF_A_THIOLATE]
        declared = declare.get(symbol) == name or f"{symbol}:{name}" in cluster.declared_ligands
        atoms = [a for a in held if held[a]] if declared else lone
        all_bare = symbol == "S" and len(lone) == cluster.composition.get(symbol, 0)
        if not atoms or not (declared or all_bare):
            continue
        found += atoms
        if not declared:
            warnings.append(
                f"every {symbol} of this file is bare: {len(atoms)} taken for {name}s and given a hydrogen; "
                f"state it with --declare {symbol}:{name}."
            )
    return sorted(found), warnings


def _metals(cluster: Cluster, donor: int, bonds: Bonds) -> list[int]:
    """Metals that a donor holds."""
    own = (bonds.first == donor) & is_metal(cluster.numbers)[bonds.second]
    metals, distance = bonds.second[own], bonds.distance[own]
    held: list[int] = metals[distance <= distance.min(initial=np.inf) + SAME_SHELL].tolist()
    return held


def _cap_thiolates(cluster: Cluster, thiolates: Sequence[int], bonds: Bonds, graph: LigandGraph, model: _Model) -> None:
    """Give each its hydrogen, away from its metals and where it has most room."""
    choices = {}
    for atom in thiolates:
        bonded = [*_metals(cluster, atom, bonds), *graph.partners(atom)]
        towards = [_unit(cluster.positions[b] - cluster.positions[atom]) for b in bonded]
        choices[atom] = [cap_position(cluster, atom, direction) for direction in _directions(towards)]
    chosen = {atom: positions[0] for atom, positions in choices.items()}
    fixed = np.array(model.positions)
    # The second round knows where the other hydrogens went in the first.
    for _ in range(2):
        for atom, positions in choices.items():
            others = np.array([p for a, p in chosen.items() if a != atom]).reshape(-1, 3)
            own = np.linalg.norm(fixed - cluster.positions[atom], axis=1) < 1e-6
            around = np.vstack([fixed[~own], others])
            rooms = [float(np.linalg.norm(around - p, axis=1).min()) for p in positions]
            chosen[atom] = positions[int(np.round(rooms, 4).argmax())]
    for atom in thiolates:
        model.cap(atom, chosen[atom] - cluster.positions[atom])


def _directions(towards: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Directions of a bond to hydrogen on a donor with metals in these directions."""
    total = np.sum(towards, axis=0)
    side = np.cross(towards[0], towards[1]) if len(towards) > 1 else np.zeros(3)
    axis = -_unit(total) if np.linalg.norm(total) > 0.2 else _perpendicular(towards[0])
    if len(towards) == 2:
        out = _unit(side) if np.linalg.norm(side) > 0.1 else _perpendicular(axis)
        return [np.cos(_PYRAMID) * axis + sign * np.sin(_PYRAMID) * out for sign in (1.0, -1.0)]
    if len(towards) > 2:
        return [axis]
    first = _perpendicular(axis)
    second = np.cross(axis, first)
    turns = np.radians(np.arange(0, 360, 15))
    return [np.cos(_BENT) * axis + np.sin(_BENT) * (np.cos(t) * first + np.sin(t) * second) for t in turns]


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = vector / np.linalg.norm(vector)
    return unit


def _perpendicular(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return _unit(np.cross(vector, np.eye(3)[int(np.argmin(np.abs(vector)))]))


def _in_words(cluster: Cluster, ligand: Ligand, trimming: Trimming, thiolates: Sequence[int]) -> str:
    """``C8H9S -> HS``, or the formula alone where nothing changed."""
    added = len(trimming.cuts) + sum(a in set(thiolates) for a in ligand.atoms)
    if not added and len(trimming.kept) == len(ligand.atoms):
        return f"{ligand.formula} as it is"
    composition = Counter(SYMBOLS[z] for z in cluster.numbers[list(trimming.kept)])
    composition["H"] += added
    return f"{ligand.formula} -> {hill_formula(composition)}"
