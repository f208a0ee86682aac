"""Stand-ins with the published counts of [Au21(SR)12(PPh2py)3]+ and [Au22(SR)12(PPh2py)4]2+.

Which atoms each ligand of the real clusters bridges stands in their crystal structures alone; here an icosahedron with
four or five capped faces is the kernel, and the ligands go wherever there is room.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from mlcluster import Cluster
from mlcluster.geometry.shapes import centred_polyhedra

EDGE, AU_S, AU_P = 2.95, 2.40, 2.50
TILT = 0.9
"""Angle of the rings to the Au-P axis, radians: narrower than real, for room."""
APART = 2.95
"""Least distance between a sulfur and gold that it does not bind."""


def stand_in(phosphines: int) -> Cluster:
    """Au17 or Au18 kernel (3 or 4 phosphines), 4 Au(SMe)2, 4 bridging SMe, and phosphines on caps."""
    core = EDGE / 1.0515 * centred_polyhedra()["icosahedron"]
    caps = _caps(core, phosphines + 1)
    kernel = np.vstack([core, caps])
    phosphine_atoms = [atom for cap in caps[:phosphines] for atom in _diphenylpyridylphosphine(cap)]
    golds, sulfurs = _shell(kernel, np.array([p for _, p in phosphine_atoms]))
    atoms = [(79, p) for p in (*kernel, *golds)] + [(16, p) for p in sulfurs] + phosphine_atoms
    for sulfur in sulfurs:
        atoms += _methyl(sulfur)
    return Cluster(
        numbers=np.array([z for z, _ in atoms]),
        positions=np.array([p for _, p in atoms]),
        charge=phosphines - 2,
        name=f"stand-in with {phosphines} phosphines",
    )


def _shell(kernel: np.ndarray, phosphines: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Gold and sulfur of four staples and four bridges, placed in random order until all have room."""
    rng = np.random.default_rng(4)  # of the first ones, one that ties no gold of the kernel up in a staple
    for _ in range(1000):
        golds: list[np.ndarray] = []
        sulfurs: list[np.ndarray] = []
        room = [_place(_staples(kernel), rng, kernel, phosphines, golds, sulfurs)]
        room += [_place(_bridges(kernel), rng, kernel, phosphines, golds, sulfurs)]
        if all(room):
            return golds, sulfurs
    raise AssertionError("no room for the shell")


def _caps(core: np.ndarray, number: int) -> np.ndarray:
    """Gold above faces of the icosahedron that share no vertex where possible."""
    faces = [
        f for f in combinations(range(1, 13), 3) if all(_far(core, a, b) < 1.1 * EDGE for a, b in combinations(f, 2))
    ]
    chosen = [faces[0]]
    while len(chosen) < number:
        # Rounded: faces that are alike by symmetry differ in last digits, which are not the same on every processor.
        chosen.append(min(faces, key=lambda f: max(_overlap(core, f, g) for g in chosen)))
    middles = np.array([core[list(f)].mean(axis=0) for f in chosen])
    return middles * (1 + 2.65 / np.linalg.norm(middles, axis=1))[:, None]


def _overlap(core: np.ndarray, f: tuple[int, ...], g: tuple[int, ...]) -> float:
    return round(float(core[list(f)].sum(0) @ core[list(g)].sum(0)), 6)


def _far(points: np.ndarray, a: int, b: int) -> float:
    return float(np.linalg.norm(points[a] - points[b]))


def _over(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middle of two points, the direction from one to the other, and the outward one across it."""
    middle, along = (a + b) / 2, (b - a) / np.linalg.norm(b - a)
    out = middle - (middle @ along) * along
    return middle, along, out / np.linalg.norm(out)


def _staples(kernel: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """S, Au, S over every pair of bonded kernel atoms, the sulfurs spread so that the gold between them is linear."""
    found = []
    for a, b in combinations(range(1, len(kernel)), 2):
        if _far(kernel, a, b) > 3.3:
            continue
        middle, along, out = _over(kernel[a], kernel[b])
        side = (_far(kernel, a, b) / 2 - 2.32) / AU_S
        rise = AU_S * np.sqrt(1 - side**2) * out
        top = middle + rise
        found.append((np.array([top - 2.32 * along, top + 2.32 * along]), top))
    return found


def _bridges(kernel: np.ndarray) -> list[tuple[np.ndarray, None]]:
    """One S over every pair of bonded kernel atoms."""
    found = []
    for a, b in combinations(range(1, len(kernel)), 2):
        if _far(kernel, a, b) < 3.3:
            middle, _, out = _over(kernel[a], kernel[b])
            found.append(((middle + np.sqrt(AU_S**2 - (_far(kernel, a, b) / 2) ** 2) * out)[None], None))
    return found


def _place(options, rng, kernel, phosphines, golds, sulfurs) -> bool:
    """Add the first four options in a random order that leave room; whether there were four."""
    placed = 0
    for k in rng.permutation(len(options)):
        points, gold = options[k]
        held = 1 if gold is not None else 2
        metals = np.vstack([kernel, *golds])
        taken = np.vstack([[[99.0, 0, 0]], *sulfurs])
        clear = np.linalg.norm(points[:, None] - taken[None], axis=2).min() > 2.8
        methyls = np.array([p for sulfur in points for _, p in _methyl(sulfur)])
        own = np.vstack([points, methyls])
        clear &= np.linalg.norm(own[:, None] - phosphines[None], axis=2).min() > 1.9
        alone = np.sort(np.linalg.norm(points[:, None] - metals[None], axis=2), axis=1)[:, held].min() > APART
        if gold is not None:
            alone &= np.linalg.norm(gold - metals, axis=1).min() > 2.6
            alone &= np.linalg.norm(gold - np.vstack([taken, phosphines]), axis=1).min() > APART
        if clear and alone:
            golds += [gold] if gold is not None else []
            sulfurs += list(points)
            placed += 1
        if placed == 4:
            return True
    return False


def _frame(direction: np.ndarray) -> np.ndarray:
    z = direction / np.linalg.norm(direction)
    x = np.cross(z, [1.0, 0, 0] if abs(z[0]) < 0.8 else [0, 1.0, 0])
    x /= np.linalg.norm(x)
    return np.column_stack([x, np.cross(z, x), z])


def _methyl(sulfur: np.ndarray) -> list[tuple[int, np.ndarray]]:
    frame = _frame(sulfur)
    carbon = sulfur + 1.82 * frame[:, 2]
    angles = np.radians([0, 120, 240])
    hydrogens = [carbon + frame @ [1.03 * np.cos(t), 1.03 * np.sin(t), 0.36] for t in angles]
    return [(6, carbon), *((1, h) for h in hydrogens)]


def _diphenylpyridylphosphine(cap: np.ndarray) -> list[tuple[int, np.ndarray]]:
    frame = _frame(cap)
    phosphorus = cap + AU_P * frame[:, 2]
    atoms = [(15, phosphorus)]
    for k, t in enumerate(np.radians([0, 120, 240])):
        arm = frame @ [np.sin(TILT) * np.cos(t), np.sin(TILT) * np.sin(t), np.cos(TILT)]
        flat = frame @ [-np.sin(t), np.cos(t), 0.0]
        # Turned out of the plane through the P-Au axis like the blades of a propeller.
        normal = np.cos(0.8) * flat + np.sin(0.8) * np.cross(arm, flat)
        atoms += _ring(phosphorus + 1.83 * arm, arm, normal, pyridyl=k == 0)
    return atoms


def _ring(ipso: np.ndarray, along: np.ndarray, normal: np.ndarray, pyridyl: bool) -> list[tuple[int, np.ndarray]]:
    side = np.cross(normal, along)
    centre = ipso + 1.39 * along
    atoms = []
    for k in range(6):
        angle = np.pi + k * np.pi / 3
        out = np.cos(angle) * along + np.sin(angle) * side
        nitrogen = pyridyl and k == 1
        atoms.append((7 if nitrogen else 6, centre + 1.39 * out))
        if k and not nitrogen:
            atoms.append((1, centre + 2.47 * out))
    return atoms
