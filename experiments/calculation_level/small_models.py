"""Small model clusters of two to nine metals in motifs that are known, for PBE labels of many kinds of shells.

Each stands on a core of metals at contact distance; every metal carries a terminal ligand along the radius, and
bridging atoms lie over edges and faces. The motifs are those of gold phosphines around a halide, hydride or sulfide,
M2X2 rhombs, Cu6H6 (Stryker's reagent), rings [M(SR)]n, capped triangles [M3X2(PR3)3]+, [Au3Cu2(C2R)6]- and M2L2 of
carbenes; ligands of the other cores are exchanged one by one for anions. They are models: phosphines are PH3,
thiolates SH, carbenes carry N-H.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.design.frameworks.assembly import Assembly, cylinder, perpendicular, rotation, tetrahedron, unit
from mlcluster.design.frameworks.donors import attach, phosphine, substituent, tie_heads
from mlcluster.design.frameworks.phosphine_cores import CONTACT, CROWN_PUCKER, CROWN_RADIUS
from mlcluster.structure.cluster import Cluster

METALS = ("Au", "Ag", "Cu")
RADIUS = {"Au": 1.36, "Ag": 1.45, "Cu": 1.32}
"""Covalent radii, angstrom (Cordero et al., Dalton Trans. 2008, 2832)."""
OTHERS = {"H": 0.31, "C": 0.69, "N": 0.71, "S": 1.05, "Se": 1.20, "Cl": 1.02, "Br": 1.20, "I": 1.39}
CHARGE = {"H": -1, "Cl": -1, "Br": -1, "I": -1, "SH": -1, "SeH": -1, "C2H": -1, "S": -2}
"""Charge of an anionic ligand, e; the others are neutral."""
LINEAR = {"CNH": (("C", 0.0), ("N", 1.17), ("H", 2.17)), "C2H": (("C", 0.0), ("C", 1.22), ("H", 2.29))}
"""Atoms of a linear ligand and their distance from the donor, angstrom."""
_RING = 1.157
"""Centre to vertex of a five-ring with bonds of 1.36 angstrom."""


def donor(kind: str) -> str:
    """Element by which a ligand of one donor binds."""
    return "C" if kind in LINEAR else kind.removesuffix("H") or "H"


class Model:
    """A model under construction: a core, then a ligand on each metal and bridges between them.

    Parameters
    ----------
    metals
        Their symbols.
    points
        Their positions, (N, 3), angstrom, about the origin.
    electrons
        Superatom electrons, which with the ligands decide the charge.
    """

    def __init__(self, metals: Sequence[str], points: ArrayLike, electrons: int) -> None:
        self.charge = len(metals) - electrons
        self.assembly = Assembly("", 0)
        self.metals = [self.assembly.add(m, p) for m, p in zip(metals, np.asarray(points, dtype=float), strict=True)]
        self.assembly.tie_metals(3.6)

    def terminal(self, kind: str, k: int, along: ArrayLike | None = None) -> None:
        """A ligand on metal `k`, along the radius unless a direction is given."""
        metal = self.metals[k]
        direction = unit(self.assembly.points[metal] if along is None else along)
        self.charge += CHARGE.get(kind, 0)
        if kind == "PH3":
            phosphine(self.assembly, metal, direction)
        elif kind == "NHC":
            self._carbene(metal, direction)
        else:
            self._rigid(kind, [metal], self.assembly.points[metal] + self._reach(metal, kind) * direction, direction)

    def bridge(self, kind: str, ks: Sequence[int], outwards: ArrayLike) -> None:
        """A ligand on several metals, on the given side of their middle."""
        metals = [self.metals[k] for k in ks]
        self.charge += CHARGE.get(kind, 0)
        points = np.array([self.assembly.points[m] for m in metals])
        middle = points.mean(axis=0)
        reach = np.mean([self._reach(m, kind) for m in metals]) + 0.1
        spread = np.linalg.norm(points - middle, axis=1).mean()
        height = np.sqrt(max(reach**2 - spread**2, 0.0))
        self._rigid(kind, metals, middle + height * unit(outwards), unit(outwards))

    def finish(self) -> Cluster:
        """The settled model."""
        self.assembly.charge = self.charge
        return self.assembly.finish()

    def _reach(self, metal: int, kind: str) -> float:
        element = donor(kind)
        return RADIUS[self.assembly.symbols[metal]] + OTHERS[element] - (0.05 if element == "C" else 0.0)

    def _rigid(self, kind: str, metals: Sequence[int], at: NDArray[np.float64], along: NDArray[np.float64]) -> None:
        atoms = LINEAR.get(kind) or ((donor(kind), 0.0),)
        placed = [self.assembly.add(symbol, at + distance * along) for symbol, distance in atoms]
        self.assembly.tie_body(placed)
        for metal in metals:
            for atom in placed:
                self.assembly.tie(metal, atom)
        if kind in ("SH", "SeH"):
            lean = rotation(perpendicular(along), 75.0 if len(metals) == 1 else 50.0) @ along
            turns = [rotation(along, step) @ lean for step in range(0, 360, 30)]
            room = [self.assembly.clearance((at + 1.5 * turn)[None], (placed[0], *metals)) for turn in turns]
            best = turns[int(np.argmax(np.round(room, 6)))]
            head = attach(self.assembly, placed[0], substituent(kind[:-1], at, best, "H"))[0]
            tie_heads(self.assembly, metals, [head], 0.3)

    def _carbene(self, metal: int, along: NDArray[np.float64]) -> None:
        """Imidazol-2-ylidene in the plane with most room."""
        length = RADIUS[self.assembly.symbols[metal]] + OTHERS["C"] - 0.02
        centre = self.assembly.points[metal] + (length + _RING) * along
        choices = []
        for turn in range(0, 180, 15):
            normal = rotation(along, turn) @ perpendicular(along)
            spokes = [rotation(normal, 72 * k) @ -along for k in range(5)]
            ring = [centre + _RING * spoke for spoke in spokes]
            outer = [centre + (_RING + (1.02 if k in (1, 4) else 1.08)) * spokes[k] for k in (1, 2, 3, 4)]
            choices.append(np.array([*ring, *outer]))
        room = [self.assembly.clearance(points, [metal]) for points in choices]
        points = choices[int(np.argmax(np.round(room, 6)))]
        placed = [self.assembly.add(s, p) for s, p in zip("CNCCNHHHH", points, strict=True)]
        self.assembly.tie_body(placed)
        for atom in placed:
            self.assembly.tie(metal, atom)


def core(name: str, scale: float) -> NDArray[np.float64]:
    """Metals of a core by name, (N, 3) about the origin, neighbours `scale` angstrom apart."""
    high, half, ring = (2 / 3) ** 0.5, 0.5**0.5, 0.5 / np.sin(np.pi / 5)
    apex = (1 - ring**2) ** 0.5
    unscaled = {
        "pair": [(0.5, 0, 0), (-0.5, 0, 0)],
        "triangle": [cylinder(120 * k, 3**-0.5) for k in range(3)],
        "tetrahedron": tetrahedron((3 / 8) ** 0.5),
        "square": [cylinder(90 * k, 2**-0.5) for k in range(4)],
        "bipyramid": [*(cylinder(120 * k, 3**-0.5) for k in range(3)), (0, 0, high), (0, 0, -high)],
        "octahedron": np.vstack([np.eye(3), -np.eye(3)]) * 2**-0.5,
        "tetrahedra": [(0, 0.5, 0), (0, -0.5, 0), *((x, 0, z) for x in (half, -half) for z in (0.5, -0.5))],
        "pentagonal": [*(cylinder(72 * k, ring) for k in range(5)), (0, 0, apex), (0, 0, -apex)],
    }
    if name.startswith("crown"):  # a centre and some of the eight of [M9(PR3)8]3+
        ring_of = [cylinder(45 * k, 1.0, CROWN_PUCKER if k % 2 else -CROWN_PUCKER) for k in range(int(name[5:]))]
        return CROWN_RADIUS * scale / CONTACT["Au"] * np.array([(0, 0, 0), *(unit(p) for p in ring_of)])
    return scale * np.asarray(unscaled[name], dtype=float)


def on_core(name: str, metals: Sequence[str], ligands: Sequence[str | None], electrons: int) -> Cluster:
    """A core with one terminal ligand a metal; None leaves a metal bare."""
    model = Model(metals, core(name, float(np.mean([CONTACT[m] for m in metals]))), electrons)
    for k, kind in enumerate(ligands):
        if kind is not None:
            model.terminal(kind, k)
    return model.finish()


def centred(name: str, metal: str, inner: str, neutral: str = "PH3") -> Cluster:
    """An anion with a ligand-bearing metal at each corner about it: [(LM)nE]q+, no superatom electrons."""
    corners = core(name, 1.0)
    reach = RADIUS[metal] + OTHERS[donor(inner)] + 0.02
    model = Model([metal] * len(corners), corners * reach / np.linalg.norm(corners, axis=1).max(), 0)
    if name == "pair":  # bent, as found: 90 to 100 degrees at the bridge
        model = Model([metal] * 2, [(0.74 * reach, 0, 0), (-0.74 * reach, 0, 0)], 0)
        model.bridge(inner, (0, 1), (0, 0, 1))
        directions = [np.array(p) - (0, 0, 0.67 * reach) for p in ((0.74 * reach, 0, 0), (-0.74 * reach, 0, 0))]
    elif name == "triangle":  # a pyramid with short contacts between its metals
        model = Model([metal] * 3, core("triangle", 1.12 * CONTACT[metal]), 0)
        model.bridge(inner, (0, 1, 2), (0, 0, 1))
        top = model.assembly.points[3]
        directions = [model.assembly.points[m] - top for m in model.metals]
    else:
        model.charge += CHARGE[inner]
        middle = model.assembly.add(inner, (0, 0, 0))
        for m in model.metals:
            model.assembly.tie(m, middle)
        directions = [model.assembly.points[m] for m in model.metals]
    for k, direction in enumerate(directions):
        model.terminal(neutral, k, direction)
    return model.finish()


def capped_triangle(metal: str, kinds: Sequence[str], neutral: str = "PH3") -> Cluster:
    """[M3X2L3]+ with both faces bridged."""
    model = Model([metal] * 3, core("triangle", 1.12 * CONTACT[metal]), 0)
    for kind, side in zip(kinds, (1, -1), strict=True):
        model.bridge(kind, (0, 1, 2), (0, 0, side))
    for k in range(3):
        model.terminal(neutral, k)
    return model.finish()


def rhomb(metal: str, kind: str, neutral: str = "PH3") -> Cluster:
    """M2X2L2 with two bridges."""
    model = Model([metal] * 2, core("pair", 1.12 * CONTACT[metal]), 0)
    for side in (1, -1):
        model.bridge(kind, (0, 1), (0, side, 0))
    for k in range(2):
        model.terminal(neutral, k)
    return model.finish()


def ring(metals: Sequence[str], element: str) -> Cluster:
    """[M(SR)]n: two-coordinate metals between bridging chalcogenolates, substituents up and down in turns."""
    n = len(metals)
    edge = 2 * (float(np.mean([RADIUS[m] for m in metals])) + OTHERS[element] - 0.08)
    radius = edge / 2 / np.sin(np.pi / n)
    points = [cylinder(360 / n * (k + 0.5), radius * np.cos(np.pi / n)) for k in range(n)]
    model = Model(metals, points, 0)
    for k in range(n):
        at = cylinder(360 / n * k, radius)
        atom = model.assembly.add(element, at)
        for m in (model.metals[k - 1], model.metals[k]):
            model.assembly.tie(m, atom)
        direction = unit(at) * 0.6 + np.array([0, 0, 0.8 * (-1) ** k])
        head = attach(model.assembly, atom, substituent(element, at, direction, "H"))[0]
        tie_heads(model.assembly, [model.metals[k - 1], model.metals[k]], [head], 0.3)
        model.charge -= 1
    return model.finish()


def hydride_octahedron(metal: str) -> Cluster:
    """M6H6(PH3)6 with six faces bridged, as in Stryker's reagent."""
    model = Model([metal] * 6, core("octahedron", 1.03 * CONTACT[metal]), 0)
    faces = [(a, b, c) for a in (0, 3) for b in (1, 4) for c in (2, 5)]
    for face in faces:
        if face not in ((0, 1, 2), (3, 4, 5)):
            outwards = np.sum([model.assembly.points[model.metals[k]] for k in face], axis=0)
            model.bridge("H", face, outwards)
    for k in range(6):
        model.terminal("PH3", k)
    return model.finish()


def sticks(inner: str) -> Cluster:
    """[Au3M2(C2H)6]-: three linear Au(C2H)2 around two metals, each bound to three alkynyls."""
    points = [(0, 0, 2.05), (0, 0, -2.05), *(cylinder(120 * k, 2.2) for k in range(3))]
    model = Model([inner, inner, "Au", "Au", "Au"], points, 0)
    for k in range(3):
        for side in (1, -1):
            model.terminal("C2H", 2 + k, (0, 0, side))
    return model.finish()


def names_of(metal: str, count: int, other: str | None = None) -> list[str]:
    """Symbols of a core: one metal, or two by turns."""
    return [metal if other is None or k % 2 == 0 else other for k in range(count)]


ANIONS = ("Cl", "C2H", "SH", "Br")
EXCHANGED = (
    # core, superatom electrons, metals, how many of them carry an anion
    ("triangle", 2, 3, (1,)),
    ("tetrahedron", 2, 4, (1, 2)),
    ("bipyramid", 2, 5, (0, 1, 2)),
    ("tetrahedra", 4, 6, (1, 2)),
    ("pentagonal", 6, 7, (1,)),
    ("crown7", 6, 8, (0, 2)),
    ("crown8", 6, 9, (1, 3)),
)


def small_models() -> Iterator[tuple[str, Cluster]]:
    """Names and models."""
    for metal in METALS:
        for ligand in ("PH3", "CNH", "NHC"):
            yield f"m2-pair metal={metal} ligand={ligand}", on_core("pair", [metal] * 2, [ligand] * 2, 2)
        for ligand in ("CNH", "NHC"):
            yield f"m3-triangle metal={metal} ligand={ligand}", on_core("triangle", [metal] * 3, [ligand] * 3, 2)
        yield f"m4-tetrahedron metal={metal} ligand=NHC", on_core("tetrahedron", [metal] * 4, ["NHC"] * 4, 2)
        for bridge in ("Cl", "Br", "I", "SH", "C2H"):
            yield f"m2-rhomb metal={metal} bridge={bridge}", rhomb(metal, bridge)
        for inner in ("Cl", "SH", "H"):
            yield f"m2-bridged metal={metal} bridge={inner}", centred("pair", metal, inner)
        yield f"m3-centred metal={metal} centre=S", centred("triangle", metal, "S")
        yield f"m4-centred metal={metal} centre=S", centred("tetrahedron", metal, "S")
        for kinds in (("Cl", "Cl"), ("C2H", "C2H"), ("C2H", "Cl"), ("SH", "SH")):
            yield f"m3-capped metal={metal} bridges={'+'.join(kinds)}", capped_triangle(metal, kinds)
        for n in (4, 5, 6):
            for donor in ("S", "Se"):
                yield f"m{n}-ring metal={metal} donor={donor}", ring([metal] * n, donor)
        yield f"m6-hydride metal={metal}", hydride_octahedron(metal)
        yield f"m5-sticks inner={metal}", sticks(metal)
    for metal, other in (("Au", "Ag"), ("Au", "Cu"), ("Ag", "Cu")):
        yield f"m2-pair metal={metal}{other} ligand=PH3", on_core("pair", [metal, other], ["PH3"] * 2, 2)
        for n in (4, 6):
            yield f"m{n}-ring metal={metal}{other} donor=S", ring(names_of(metal, n, other), "S")
    for number, (name, electrons, count, anions) in enumerate(EXCHANGED):
        for shift, metals in enumerate((("Au", None), ("Ag", None), ("Cu", None), ("Au", "Ag"), ("Au", "Cu"))):
            symbols = names_of(metals[0], count, metals[1])
            first = 1 if name.startswith("crown") else 0  # the centre carries none
            for anion in anions:
                for kind in dict.fromkeys((ANIONS[(number + shift) % 4], "Cl")) if anion else ("PH3",):
                    ligands: list[str | None] = [None] * first + [kind] * anion + ["PH3"] * (count - first - anion)
                    label = f"m{count}-{name} metal={metals[0]}{metals[1] or ''} {kind}={anion}"
                    yield label, on_core(name, symbols, ligands, electrons)


def isomers() -> Iterator[tuple[str, Cluster]]:
    """Isomers of `small_models`: an anion on another corner or on the other metal, the metals of an alloy elsewhere."""
    for name, electrons, count, anions in EXCHANGED[:5]:
        for metal, other in (("Au", None), ("Ag", None), ("Au", "Ag")):
            symbols = names_of(metal, count, other)
            for anion in filter(None, anions):
                for label, carrying in _elsewhere(name, anion, other).items():
                    ligands = ["Cl" if k in carrying else "PH3" for k in range(count)]
                    title = f"m{count}-{name} metal={metal}{other or ''} Cl={anion} isomer={label}"
                    yield title, on_core(name, symbols, ligands, electrons)
    for label, symbols in (("equatorial", "Ag Ag Au Au Au"), ("axial", "Au Au Au Ag Ag")):
        yield f"m5-bipyramid metal=AuAg PH3=0 isomer={label}", on_core("bipyramid", symbols.split(), ["PH3"] * 5, 2)
    for n in (4, 6):
        halves = ["Au"] * (n // 2) + ["Ag"] * (n // 2)
        yield f"m{n}-ring metal=AuAg donor=S isomer=halves", ring(halves, "S")


def _elsewhere(name: str, anion: int, other: str | None) -> dict[str, tuple[int, ...]]:
    """Corners that carry the anions in place of the first ones, by name; those of `small_models` carry the first."""
    if name == "bipyramid":
        return {"axial": (4,) if anion == 1 else (3, 4)}
    if name in ("tetrahedra", "pentagonal"):
        last = {"tetrahedra": 5, "pentagonal": 6}[name]
        return {"outer" if name == "tetrahedra" else "apical": (last,) if anion == 1 else (last - 1, last)}
    if other is None:  # all corners are alike
        return {}
    return {"silver": (1,)} if anion == 1 else {"gold": (0, 2), "silver": (1, 3)}
