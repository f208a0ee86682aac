"""Which families are grown: sizes, ligands and charges of closed shells, each with kernel, metals and shell drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from mlcluster.chem.elements import CLOSED_SHELLS, METAL_VALENCE
from mlcluster.design.generated.metal_cuts import CENTRES, POLYHEDRA, SHARED, fused
from mlcluster.design.generated.shell_kinds import SHELLS

SIZES = range(6, 61)
"""Metals of the kernels, staples not counted."""
CHARGES = (0, 1, 2, -1, 3)
"""Total charges that are tried, nearest to neutral first."""
CLOSED_SHARE = 0.75
"""Share of the plans with the electrons of a closed superatom shell; the others have some other even number."""
MOST_GROWN = 7
"""Metals added to fused polyhedra at most."""
HOSTS = ("Au", "Ag", "Cu")
_HOST_SHARE = (0.5, 0.3, 0.2)
_GUESTS = ("Au", "Ag", "Cu", "Pd")
_ALLOYS = 0.4
_CROWDED = 2.6
"""Units are at most this times the kernel's size to the power of two thirds; Ag44(SR)30 has 2.4."""


@dataclass(frozen=True, kw_only=True)
class FamilyPlan:
    """Everything that decides a generated cluster.

    Parameters
    ----------
    kernel
        ``"cut PACKING CENTRE"`` or ``"fused POLYHEDRON SHARED COUNT"`` (grown to size where it is smaller).
    size
        Metals of the kernel.
    host, guest, share
        Elements, and the share of the guest; no guest when empty.
    shell
        Key of `SHELLS`.
    units
        Anionic ligands or staples.
    charge
        Total, e.
    neutral_share
        Neutral ligands as a share of the metals on the surface, where they have room.
    seed
        Of all draws while it is built.
    """

    kernel: str
    size: int
    host: str
    guest: str
    share: float
    shell: str
    units: int
    charge: int
    neutral_share: float
    seed: int

    @property
    def name(self) -> str:
        """Kernel, metals and shell in words, with the seed: unique within `family_plans`."""
        metals = f"{self.host}{self.size}" + (f"/{self.guest}" if self.guest else "")
        return f"{self.kernel} {metals} {self.shell} {self.units} {self.charge:+d} #{self.seed}"


def family_plans(
    *,
    rounds: int = 1,
    seed: int = 0,
    sizes: Iterable[int] = SIZES,
    shells: Sequence[str] = tuple(SHELLS),
    hosts: Sequence[str] = HOSTS,
) -> Iterator[FamilyPlan]:
    """One plan a round for every number of metals and of anionic units that closes a shell.

    Parameters
    ----------
    rounds
        How often all pairs are gone through, with new draws each time.
    seed
        Of the draws.
    sizes
        Metals of the kernels.
    shells
        Keys of `SHELLS` to draw from.
    hosts
        Elements to draw the host from, in proportion to how often they are drawn from all.
    """
    sizes = tuple(sizes)
    share = np.array([_HOST_SHARE[HOSTS.index(host)] for host in hosts])
    for turn in range(rounds):
        for size in sizes:
            for units in range(int(min(size, _CROWDED * size ** (2 / 3))) + 1):
                rng = np.random.default_rng([seed, turn, size, units])
                host = str(rng.choice(hosts, p=share / share.sum()))
                plan = _drawn(size, units, host, shells, rng, seed * 1000 + turn)
                if plan is not None:
                    yield plan


def _drawn(
    size: int, units: int, host: str, names: Sequence[str], rng: np.random.Generator, seed: int
) -> FamilyPlan | None:
    guest, share = "", 0.0
    if rng.random() < _ALLOYS:
        guest, share = str(rng.choice([g for g in _GUESTS if g != host])), float(rng.choice([0.1, 0.25, 0.5]))
    valence = size - (METAL_VALENCE[host] - METAL_VALENCE[guest] if guest == "Pd" else 0)
    charge = _charge(valence - units, rng)
    if charge is None:
        return None
    shells = [SHELLS[name] for name in names if units or SHELLS[name].neutral]
    if not shells:
        return None
    shell = shells[rng.integers(len(shells))].name
    kernels = kernel_kinds(size)
    neutral = float(rng.choice([1.0, 0.7, 0.4] if size <= 13 else [0.5, 0.3, 0.1] if size <= 25 else [0.2, 0.1, 0.05]))
    return FamilyPlan(
        kernel=kernels[rng.integers(len(kernels))],
        size=size,
        host=host,
        guest=guest,
        share=share,
        shell=shell,
        units=units,
        charge=charge,
        neutral_share=neutral,
        seed=seed,
    )


def _charge(left: int, rng: np.random.Generator) -> int | None:
    """Charge that closes a shell of so many valence electrons less anionic units, or leaves an even number."""
    closed = [q for q in CHARGES if left - q in CLOSED_SHELLS]
    even = [q for q in CHARGES[:4] if left - q >= 0 and (left - q) % 2 == 0]
    if closed and (rng.random() < CLOSED_SHARE or not even):
        return closed[0]
    return even[rng.integers(len(even))] if even else None


@cache
def kernel_kinds(size: int) -> tuple[str, ...]:
    """Every way to make a kernel of that size: cuts, and fused polyhedra that have it or grow to it."""
    cuts = [f"cut {packing} {centre}" for packing, centres in CENTRES.items() for centre in centres]
    grown = []
    for polyhedron in POLYHEDRA:
        for shared in SHARED:
            for count in (1, 2, 3) if shared == "vertex" else (2, 3):
                points = _size(polyhedron, shared, count)
                if points is not None and 0 <= size - points <= MOST_GROWN:
                    grown.append(f"fused {polyhedron} {shared} {count}")
    return (*cuts, *grown)


@cache
def _size(polyhedron: str, shared: str, count: int) -> int | None:
    points = fused(polyhedron, shared, count)
    return None if points is None else len(points)
