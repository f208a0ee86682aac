"""Which places of a kernel a shell takes: as far apart as the ligands allow, closer where they must."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.generated.kernel_metals import Kernel
from mlcluster.design.generated.shell_kinds import ShellKind, Unit
from mlcluster.design.generated.surface_sites import Site, donor_point, outward_normals, sites, staple_points
from mlcluster.errors import StructureError

ROOM = {"S": 1.65, "Se": 1.70, "Cl": 1.65, "Br": 1.75, "I": 1.85, "H": 0.95, "C": 1.50, "P": 1.80, "metal": 1.40}
"""Half the shortest distance of two heads of different ligands, angstrom."""
CARBENE_ROOM = 2.1
FROM_METALS = {"H": 2.1, "C": 2.75, "P": 3.2, "metal": 2.65}
"""Shortest distance of a head to metals that it is not bound to, angstrom; 3.0 for others."""
MOST_DONORS = {"Au": 2, "Ag": 3, "Cu": 3, "Pd": 1}
"""Donors on one metal of the kernel."""
TRIES = 8
_TERMINAL = ("top", "staple1", "staple2")


@dataclass(frozen=True, eq=False)
class Taken:
    """A place with what stands there: donors (n, 3) and staple metals (m, 3), angstrom."""

    site: Site
    donor: str
    donors: NDArray[np.float64]
    metals: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))


class _Surface:
    """What is taken so far."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.heads, self.rooms = np.zeros((0, 3)), np.zeros(0)
        self.donors, self.terminal = Counter[int](), set[int]()
        self.taken: list[Taken] = []

    def fits(self, option: Taken, rooms: NDArray[np.float64], heads: NDArray[np.float64]) -> bool:
        """Whether there is room; the kernel was asked when the option was made."""
        metals = option.site.metals
        if option.site.kind in _TERMINAL and self.terminal.intersection(metals):
            return False
        if any(self.donors[m] >= MOST_DONORS[self.kernel.symbols[m]] for m in metals):
            return False
        if not len(self.heads):
            return True
        apart = np.linalg.norm(heads[:, None] - self.heads[None], axis=-1)
        return bool((apart > rooms[:, None] + self.rooms[None]).all())

    def take(self, option: Taken, rooms: NDArray[np.float64], heads: NDArray[np.float64]) -> None:
        self.taken.append(option)
        self.heads, self.rooms = np.vstack([self.heads, heads]), np.concatenate([self.rooms, rooms])
        self.donors.update(option.site.metals)
        if option.site.kind in _TERMINAL:
            self.terminal.update(option.site.metals)


def choose_sites(
    kernel: Kernel, shell: ShellKind, units: int, neutral_share: float, rng: np.random.Generator
) -> list[Taken]:
    """Places of a shell.

    Parameters
    ----------
    kernel
        The metals.
    shell
        Its rule.
    units
        How many anionic units have to find room.
    neutral_share
        Neutral ligands, as a share of the surface metals; as many of them as have room.
    rng
        Draws among places that are equally good.

    Raises
    ------
    StructureError
        If the units have no room.
    """
    every = sites(kernel)
    options = {unit: _options(kernel, every, unit) for unit in shell.units}
    for attempt in range(TRIES):
        surface = _Surface(kernel)
        if _set_units(surface, shell, options, units, rng, dense=attempt > 1):
            break
    else:
        raise StructureError(
            "no room for the ligands.", found=f"{len(kernel.symbols)} metals", expected=f"{units} units"
        )
    if shell.neutral:
        wanted = round(neutral_share * len(outward_normals(kernel)))
        neutral = Unit("top", "P" if shell.neutral == "PH3" else "C")
        room = ROOM["P"] if shell.neutral == "PH3" else CARBENE_ROOM
        _set_neutral(surface, _options(kernel, every, neutral), wanted, room, rng)
    return surface.taken


def _options(kernel: Kernel, every: list[Site], unit: Unit) -> list[Taken]:
    """The places of one kind that keep away from all metals they do not bind."""
    found = []
    for site in every:
        if site.kind != unit.kind:
            continue
        metals = np.zeros((0, 3))
        if site.kind.startswith("staple"):
            donors, metals = staple_points(kernel, site, unit.donor)
        else:
            donors = donor_point(kernel, site, unit.donor)[None]
        others = np.delete(kernel.positions, site.metals, axis=0)
        ends = kernel.positions[list(site.metals)]
        if len(others) and _closest(donors, others) < FROM_METALS.get(unit.donor, 3.0):
            continue
        if len(metals) and _closest(metals, np.vstack([others, ends])) < FROM_METALS["metal"]:
            continue
        found.append(Taken(site, unit.donor, donors, metals))
    return found


def _closest(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(first[:, None] - second[None], axis=-1).min())


def _heads(option: Taken, room: float | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rooms and positions of what an option puts down."""
    own = ROOM[option.donor] if room is None else room
    rooms = np.concatenate([np.full(len(option.donors), own), np.full(len(option.metals), ROOM["metal"])])
    return rooms, np.vstack([option.donors, option.metals])


def _set_units(
    surface: _Surface,
    shell: ShellKind,
    options: dict[Unit, list[Taken]],
    units: int,
    rng: np.random.Generator,
    *,
    dense: bool,
) -> bool:
    for number in range(units):
        start = number % len(shell.units) if shell.turns else 0
        for unit in (*shell.units[start:], *shell.units[:start]):
            best = _best(surface, options[unit], rng, dense=dense)
            if best is not None:
                surface.take(best, *_heads(best))
                break
        else:
            return False
    return True


def _set_neutral(surface: _Surface, options: list[Taken], wanted: int, room: float, rng: np.random.Generator) -> None:
    for _ in range(wanted):
        best = _best(surface, options, rng, dense=False, room=room, bare=True)
        if best is None:
            return
        surface.take(best, *_heads(best, room))


def _best(
    surface: _Surface,
    options: list[Taken],
    rng: np.random.Generator,
    *,
    dense: bool,
    room: float | None = None,
    bare: bool = False,
) -> Taken | None:
    """The open place farthest from what is there (or nearest, where it is dense), bare metals first where asked."""
    scored: list[tuple[float, int, Taken]] = []
    for option in options:
        rooms, heads = _heads(option, room)
        if not surface.fits(option, rooms, heads):
            continue
        if len(surface.heads):
            apart = np.linalg.norm(heads[:, None] - surface.heads[None], axis=-1)
            crowding = float(np.sum(apart**-4.0))
        else:
            crowding = 0.0
        score = crowding if dense else -crowding
        if bare:
            score -= 10.0 * surface.donors[option.site.metals[0]]
        scored.append((round(score, 6) + 1e-7 * rng.random(), len(scored), option))
    return max(scored)[2] if scored else None
