"""Open surface sites, and a metal with its ligand put into one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import NUMBERS, is_metal
from mlcluster.design.edits.change import Change, metal_electrons, unchanged, with_atoms
from mlcluster.design.edits.contacts import CONTACT, bond_length, covalent_radius, van_der_waals
from mlcluster.design.edits.electrons import Keep, metal_symbol
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.metal_sites import is_enclosed
from mlcluster.design.edits.records import Filling
from mlcluster.design.edits.room import make_room
from mlcluster.design.edits.swapping import surroundings
from mlcluster.design.frameworks.assembly import unit
from mlcluster.design.ligand_shapes import GROUPS_OF, buildable
from mlcluster.design.ligand_shapes.placing import place
from mlcluster.errors import InputError
from mlcluster.geometry.point_group import symmetry_operations

_MOST_METALS = 80
"""Metals up to which the symmetry is looked for."""
_SAME_PLACE = 0.6
"""Angstrom within which the image of a metal is the new metal."""


def ligand_image(
    host: Host, change: Change, new: int, ligand: str
) -> tuple[list[str], NDArray[np.float64], tuple[int, ...]] | None:
    """Symbols and points of a ligand as it would be if the new metal were like the others, or None.

    The operations are those of all metals, the new one included, whatever their elements; a ligand of that name on a
    metal of the same element that one of them takes to the new place is turned along, and of all such images the one
    with most room is taken, rotations before reflections. None where there is no such metal, or no image has room.

    Parameters
    ----------
    host
        The cluster before the metal came.
    change
        The atoms with it.
    new
        Index of the new metal.
    ligand
        Abbreviation of the ligand.
    """
    cluster = host.cluster
    metal = is_metal(change.numbers)
    units = [
        (m, numbers[0])
        for m, numbers in host.held.items()
        if host.ligand_names[numbers[0]] == ligand and cluster.numbers[m] == change.numbers[new]
    ]
    if not units or not 3 <= int(metal.sum()) <= _MOST_METALS:
        return None
    points = change.positions[metal]
    centre = points.mean(axis=0)
    operations = symmetry_operations(np.ones(len(points), dtype=np.int64), points)
    radii = van_der_waals()
    others = ~metal & (np.arange(len(change.numbers)) != new)
    best: tuple[tuple[float, float], int, NDArray[np.float64]] | None = None
    for m, number in units:
        atoms = list(host.ligands[number].atoms)
        own = radii[cluster.numbers[atoms]]
        for operation in operations:
            image = operation @ (cluster.positions[m] - centre) + centre
            if np.linalg.norm(image - change.positions[new]) > _SAME_PLACE:
                continue
            placed = (cluster.positions[atoms] - cluster.positions[m]) @ operation.T + change.positions[new]
            distance = np.linalg.norm(placed[:, None] - change.positions[others][None], axis=2)
            room = float((distance / (own[:, None] + radii[change.numbers[others]][None])).min(initial=np.inf))
            # Rounded, so that equal room gives the same choice on every machine.
            rank = (float(np.linalg.det(operation) > 0), round(room, 4))
            if room >= CONTACT and (best is None or rank > best[0]):
                best = rank, number, placed
    if best is None:
        return None
    _, number, placed = best
    found = host.ligands[number]
    order = [*found.donors, *(atom for atom in found.atoms if atom not in found.donors)]
    index = [found.atoms.index(atom) for atom in order]
    return [cluster.symbols[atom] for atom in order], placed[index], found.donors


FEWEST, MOST = 3, 6
"""Metals that a site caps: a face, up to a vertex of an icosahedron with its centre."""
_TOUCHING = 1.15
"""A metal is capped if the site is within this multiple of its bond length."""
_CROWDED = 0.85
_SPAN = 1.75
"""Two metals that a third touches are at most so many bond lengths apart; in a ring of five they are 1.7."""
_ROOM = 0.75
"""Fraction of the sum of van der Waals radii that the donor of the new ligand needs to all that is not capped."""


class OpenSite(NamedTuple):
    """A place for one more metal.

    Attributes
    ----------
    point
        Where it would stand, (3,), angstrom.
    around
        Metals it would cap.
    outwards
        Unit vector away from them, along which its ligand would stand.
    """

    point: NDArray[np.float64]
    around: tuple[int, ...]
    outwards: NDArray[np.float64]


def open_sites(host: Host, metal: str, donor: str) -> list[OpenSite]:
    """Places on the surface where a metal would cap three to six others at bonding distance and has room for a ligand.

    Bonding distance to each metal is the mean of the bonds it has already, corrected by the covalent radius of the new
    one. Sites start from the two points at that distance from three metals and are refined against all metals in reach.
    Those that cap most come first.
    """
    positions = host.cluster.positions
    metals = host.metals
    length = _bonding_distances(host, metal)
    found: list[OpenSite] = []
    for triple in _triangles(host, float(length.mean())):
        for start in _over(positions[metals[triple]], length[triple]):
            site = _refined(host, start, length, metal, donor)
            if site is not None and all(np.linalg.norm(site.point - other.point) > 0.6 for other in found):
                found.append(site)
    return sorted(found, key=lambda site: (-len(site.around), site.around))


def filled(host: Host, edit: Filling, keep: Keep) -> Change:
    """Atoms after an open site was filled.

    Raises
    ------
    InputError
        If there is no open site over those metals.
    """
    symbol, definition = metal_symbol(edit.metal), buildable(edit.ligand)
    donor, groups = GROUPS_OF[definition.abbreviation]
    around = tuple(sorted(host.metal(label) for label in edit.around))
    sites = open_sites(host, symbol, donor)
    site = next((site for site in sites if site.around == around), None)
    if site is None:
        known = "; ".join(" ".join(site_labels(host, s.around)) for s in sites[:6]) or "no open site at all"
        raise InputError("no open site over these metals.", found=" ".join(edit.around), expected=known)
    return fill_at(host, site, symbol, definition.abbreviation, donor, groups, keep)


def fill_at(
    host: Host, site: OpenSite, metal: str, ligand: str, donor: str, groups: tuple[str, ...], keep: Keep
) -> Change:
    """Atoms after a known site was filled with a metal and its ligand.

    The ligand stands as its like do on equivalent metals of the cluster; where there are none, it is built straight
    above the metals that the site caps.
    """
    at = site.point + bond_length(metal, donor) * site.outwards
    gained = metal_electrons([NUMBERS[metal]], keep)
    brought = None if gained is None else gained + buildable(ligand).charge
    change = with_atoms(unchanged(host), [metal], site.point, -1, brought, donors=0)
    image = ligand_image(host, change, len(host.cluster), ligand)
    if image is not None:
        symbols, points, donors = image
        return with_atoms(change, symbols, points, len(host.ligands), 0, donors=len(donors))
    symbols, points = place(donor, groups, at, site.point[None], surroundings(change, at))
    change = with_atoms(change, symbols, points, len(host.ligands), 0, donors=1)
    return make_room(change, new=np.arange(len(change.numbers)) > len(host.cluster) + 1)


def site_labels(host: Host, around: Iterable[int]) -> tuple[str, ...]:
    """Labels of the metals that a site caps."""
    return tuple(host.cluster.labels[k] for k in around)


def _bonding_distances(host: Host, metal: str) -> NDArray[np.float64]:
    """Bonding distance from each metal to a new one, angstrom."""
    bonds, symbols = host.bonds, host.cluster.symbols
    inner = np.isin(bonds.first, host.metals) & np.isin(bonds.second, host.metals)
    first, second, distance = bonds.first[inner], bonds.second[inner], bonds.distance[inner]
    lengths = []
    for m in host.metals.tolist():
        own = first == m
        if not own.any():
            lengths.append(covalent_radius(symbols[m]) + covalent_radius(metal))
            continue
        partners = np.mean([covalent_radius(symbols[k]) for k in second[own].tolist()])
        lengths.append(float(distance[own].mean() + covalent_radius(metal) - partners))
    return np.array(lengths)


def _triangles(host: Host, length: float) -> Iterator[list[int]]:
    """Triples (of places in ``host.metals``) of surface metals so near to each other that one metal can touch all."""
    surface = [k for k, metal in enumerate(host.metals.tolist()) if not is_enclosed(host, metal)]
    points = host.cluster.positions[host.metals]
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    for number, a in enumerate(surface):
        near = [k for k in surface[number + 1 :] if distance[a, k] < _SPAN * length]
        yield from ([a, b, c] for b, c in combinations(near, 2) if distance[b, c] < _SPAN * length)


def _over(corners: NDArray[np.float64], lengths: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The two points at given distances from three others; none where spheres do not meet."""
    a, b, c = corners
    x, r = b - a, lengths**2
    d = float(np.linalg.norm(x))
    if d > lengths[0] + lengths[1]:
        return []
    x = x / d
    i = float(x @ (c - a))
    y = c - a - i * x
    j = float(np.linalg.norm(y))
    if j < 0.5:
        return []
    y = y / j
    u = (r[0] - r[1] + d * d) / (2 * d)
    v = (r[0] - r[2] + i * i + j * j - 2 * i * u) / (2 * j)
    height = r[0] - u * u - v * v
    if height < 0.25:
        return []
    up = np.cross(x, y) * np.sqrt(height)
    return [a + u * x + v * y + up, a + u * x + v * y - up]


def _refined(
    host: Host, start: NDArray[np.float64], length: NDArray[np.float64], metal: str, donor: str
) -> OpenSite | None:
    corners, point = host.cluster.positions[host.metals], start.copy()
    for _ in range(15):
        vectors = point - corners
        distance = np.linalg.norm(vectors, axis=1)
        if (distance < _CROWDED * 0.9 * length).any():
            return None
        near = distance < _TOUCHING * length
        if near.sum() < FEWEST:
            return None
        step, *_ = np.linalg.lstsq(vectors[near] / distance[near, None], (length - distance)[near], rcond=None)
        point = point + step
        if np.linalg.norm(step) < 1e-6:
            break
    vectors = point - corners
    distance = np.linalg.norm(vectors, axis=1)
    near = distance < _TOUCHING * length
    if not FEWEST <= near.sum() <= MOST or (distance < _CROWDED * length).any():
        return None
    total = (vectors[near] / distance[near, None]).sum(axis=0)
    if np.linalg.norm(total) < 0.5:
        return None
    site = OpenSite(point, tuple(host.metals[near].tolist()), unit(total))
    return site if _has_room(host, site, metal, donor) else None


def _has_room(host: Host, site: OpenSite, metal: str, donor: str) -> bool:
    cluster, radii = host.cluster, van_der_waals()
    others = np.setdiff1d(np.arange(len(cluster)), host.metals)
    to_metal = np.linalg.norm(cluster.positions[others] - site.point, axis=1)
    if (to_metal < 0.7 * (radii[cluster.numbers[others]] + radii[NUMBERS[metal]])).any():
        return False
    at = site.point + bond_length(metal, donor) * site.outwards
    distance = np.linalg.norm(cluster.positions - at, axis=1)
    return bool((distance >= _ROOM * (radii[cluster.numbers] + radii[NUMBERS[donor]])).all())
