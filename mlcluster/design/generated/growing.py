"""A family's cluster from its plan: kernel, metals, shell by rule, and the check that it is what was planned."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import METAL_VALENCE
from mlcluster.design.frameworks.assembly import Assembly, perpendicular, rotation, unit
from mlcluster.design.frameworks.donors import phosphine, thiolate
from mlcluster.design.generated.family_plans import FamilyPlan
from mlcluster.design.generated.kernel_metals import Kernel, frontier_gap, place_metals, relaxed_kernel
from mlcluster.design.generated.metal_cuts import capped_faces, cut, fused
from mlcluster.design.generated.shell_kinds import SHELLS
from mlcluster.design.generated.site_choice import Taken, choose_sites
from mlcluster.design.generated.surface_sites import bond_length, side_of
from mlcluster.errors import StructureError
from mlcluster.structure.cluster import Cluster

SHORTEST = 0.9
"""Shortest distance between any two atoms, angstrom."""
_HOLD = 1.0
_STAPLE_BOND = 2.33
_TRIPLE, _C_H = 1.21, 1.06
"""Bonds of C2H, angstrom."""
# Imidazol-2-ylidene about its carbene carbon, axis along -x: C, N, N, C, C and their hydrogens; angstrom, from the
# crystal of a free carbene (Arduengo, J. Am. Chem. Soc. 1991, 113, 361, 10.1021/ja00001a054).
_RING = (
    ("C", 0.0, 0.0),
    ("N", 0.83, 1.07),
    ("N", 0.83, -1.07),
    ("C", 2.14, 0.68),
    ("C", 2.14, -0.68),
    ("H", 0.53, 2.03),
    ("H", 0.53, -2.03),
    ("H", 2.96, 1.38),
    ("H", 2.96, -1.38),
)


def grow(plan: FamilyPlan, *, least_gap: float = 0.0) -> Cluster:
    """Cluster of a plan: the same plan gives the same cluster.

    Parameters
    ----------
    plan
        What to build.
    least_gap
        Refuse kernels whose `frontier_gap` is smaller.

    Raises
    ------
    StructureError
        If the kernel cannot be made, the shell has no room, or the result is not what was planned.
    """
    rng = np.random.default_rng([plan.seed, plan.size, plan.units])
    points = kernel_points(plan, rng)
    kernel = relaxed_kernel(points, place_metals(points, plan.host, plan.guest, plan.share, rng))
    electrons = sum(METAL_VALENCE[s] for s in kernel.symbols) - plan.units - plan.charge
    if frontier_gap(kernel, electrons) < least_gap:
        raise StructureError("the kernel closes no shell.", site=plan.name, found=f"{electrons} electrons")
    taken = choose_sites(kernel, SHELLS[plan.shell], plan.units, plan.neutral_share, rng)
    cluster = _assemble(plan, kernel, taken)
    anatomy = Anatomy(cluster)
    planned = sum(len(t.donors) for t in taken if not _is_neutral(plan, t))
    found = -sum(ligand.charge[1] for ligand in anatomy.ligands)
    if found != planned:
        raise StructureError("the ligands are not what was planned.", site=plan.name, found=found, expected=planned)
    counted = anatomy.valence_electrons
    if counted is not None and counted != electrons:
        raise StructureError("not the planned electrons.", site=plan.name, found=counted, expected=electrons)
    distance = np.linalg.norm(cluster.positions[:, None] - cluster.positions[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    if distance.min() < SHORTEST:
        raise StructureError("atoms too close.", site=plan.name, found=f"{distance.min():.2f}", expected=SHORTEST)
    return cluster


def kernel_points(plan: FamilyPlan, rng: np.random.Generator) -> NDArray[np.float64]:
    """Points (size, 3) of a plan's kernel, in units of the contact.

    Raises
    ------
    StructureError
        If fused polyhedra have no room, or growth comes to an end.
    """
    how, *words = plan.kernel.split()
    if how == "cut":
        return cut(words[0], words[1], plan.size, rng)
    points = _fused(words[0], words[1], int(words[2]))
    if points is not None and len(points) < plan.size:
        points = capped_faces(points, plan.size - len(points), rng)
    if points is None or len(points) != plan.size:
        raise StructureError("no such kernel.", found=plan.kernel, expected=f"{plan.size} metals")
    return points


_fused = cache(fused)


def _is_neutral(plan: FamilyPlan, taken: Taken) -> bool:
    """Phosphines and carbenes; C of C2H is no carbene, and no shell has both."""
    return taken.donor == "P" or (taken.donor == "C" and SHELLS[plan.shell].neutral == "carbene")


def _assemble(plan: FamilyPlan, kernel: Kernel, taken: list[Taken]) -> Cluster:
    assembly = Assembly(plan.name, plan.charge)
    for symbol, point in zip(kernel.symbols, kernel.positions, strict=True):
        assembly.add(symbol, point)
    assembly.tie_metals(3.3)
    for place in sorted(taken, key=lambda t: ("staple" not in t.site.kind, t.donor == "P")):
        if place.site.kind.startswith("staple"):
            _staple(assembly, kernel, place, plan.host)
        elif place.donor in ("S", "Se"):
            metals = place.site.metals
            length = float(np.mean([bond_length(kernel.symbols[m], place.donor, len(metals)) for m in metals]))
            thiolate(assembly, place.donors[0], metals, element=place.donor, length=length)
        elif place.donor == "P":
            phosphine(assembly, place.site.metals[0], place.site.outwards)
        elif place.donor == "C" and _is_neutral(plan, place):
            _carbene(assembly, place)
        elif place.donor == "C":
            _alkynyl(assembly, place)
        else:
            atom = assembly.add(place.donor, place.donors[0])
            for metal in place.site.metals:
                assembly.tie(metal, atom)
    return assembly.finish(hold_metals=_HOLD)


def _staple(assembly: Assembly, kernel: Kernel, place: Taken, metal: str) -> None:
    ends = place.site.metals
    chain = [assembly.add(metal, point) for point in place.metals]
    holders = [(ends[0], chain[0]), *zip(chain, chain[1:], strict=False), (chain[-1], ends[1])]
    across = side_of(place.site, kernel)
    for k, (point, metals) in enumerate(zip(place.donors, holders, strict=True)):
        thiolate(assembly, point, metals, element=place.donor, length=_STAPLE_BOND, side=across * (-1) ** k)


def _alkynyl(assembly: Assembly, place: Taken) -> None:
    start, along = place.donors[0], place.site.outwards
    atoms = [assembly.add("C", start), assembly.add("C", start + _TRIPLE * along)]
    atoms.append(assembly.add("H", start + (_TRIPLE + _C_H) * along))
    assembly.tie_body(atoms)
    for atom in atoms:
        assembly.tie(place.site.metals[0], atom)


def _carbene(assembly: Assembly, place: Taken) -> None:
    """The ring turned about its bond to where it has most room."""
    metal, along, start = place.site.metals[0], unit(place.site.outwards), place.donors[0]
    choices = []
    for turn in range(0, 180, 20):
        aside = rotation(along, turn) @ perpendicular(along)
        choices.append(np.array([start + x * along + y * aside for _, x, y in _RING]))
    room = [assembly.clearance(points, (metal,)) for points in choices]
    best = choices[int(np.argmax(np.round(room, 6)))]
    atoms = [assembly.add(symbol, point) for (symbol, _, _), point in zip(_RING, best, strict=True)]
    assembly.tie_body(atoms)
    for atom in atoms:
        assembly.tie(metal, atom)
