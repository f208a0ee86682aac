"""`substitute`, `vacancy`, `fill`, `swap` and `twist`: candidates around a parent, as the command line makes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mlcluster.design.candidate_set import CandidateSet, Settings
from mlcluster.design.edits.electrons import Keep
from mlcluster.design.enumeration.nodes import Symmetry
from mlcluster.design.enumeration.orbits import Subset
from mlcluster.design.enumeration.steps import Step, parse_step, step_of
from mlcluster.design.frameworks import FRAMEWORKS, build
from mlcluster.errors import ConfigError, InputError
from mlcluster.geometry.point_group import TOLERANCE
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.read import read

Parent = Cluster | str | Path
"""A cluster, a structure file that holds one, or the name of a framework."""


def substitute(
    parent: Parent,
    *,
    to: str | Sequence[str],
    k: int | str | Sequence[int] = 1,
    of: str | Sequence[str] = (),
    sites: str | Sequence[str] = (),
    **settings: Any,
) -> CandidateSet:
    """Other metals at k sites.

    Parameters
    ----------
    parent
        A cluster, a structure file that holds one, or the name of a framework.
    to, k, of, sites
        New elements; numbers of sites (``2``, ``"1-3"``); elements and site labels to choose from, all when empty.
    **settings
        As for `design`.

    Examples
    --------
    >>> doubles = substitute("rod-eclipsed", to="Pd", k=2)
    >>> doubles.count_enumerated, doubles.count_distinct
    (300, 32)
    >>> next(iter(doubles)).cluster.charge
    -1
    """
    return design(parent, [step_of("substitute", {"to": to, "k": k, "of": of, "sites": sites})], **settings)


def vacancy(
    parent: Parent,
    *,
    k: int | str | Sequence[int] = 1,
    of: str | Sequence[str] = (),
    sites: str | Sequence[str] = (),
    bare: bool = False,
    **settings: Any,
) -> CandidateSet:
    """Surface metals leave with the ligands that they alone hold.

    Parameters
    ----------
    k, of, sites
        As for `substitute`.
    bare
        Also surface metals that share all of their ligands with others.
    **settings
        As for `design`.
    """
    return design(parent, [step_of("vacancy", {"k": k, "of": of, "sites": sites, "bare": bare})], **settings)


def fill(
    parent: Parent,
    *,
    metal: str = "",
    ligand: str = "",
    k: int | str | Sequence[int] = 1,
    cap: int = 3,
    **settings: Any,
) -> CandidateSet:
    """A metal with a ligand on k open sites of the surface.

    Parameters
    ----------
    metal, ligand
        What comes; the commonest unit of the cluster when empty.
    k
        As for `substitute`.
    cap
        Fewest metals that the site has to cap, 3 to 6.
    **settings
        As for `design`.
    """
    return design(parent, [step_of("fill", {"metal": metal, "ligand": ligand, "k": k, "cap": cap})], **settings)


def swap(
    parent: Parent,
    *,
    to: str | Sequence[str],
    of: str | Sequence[str] = (),
    k: int | str | Sequence[int] = "all",
    sites: str | Sequence[str] = (),
    **settings: Any,
) -> CandidateSet:
    """Other ligands in place of those there.

    Parameters
    ----------
    to, of
        New and old ligands by name (``"Br"``, ``"PPh2py"``, ``"SC2H4Ph"``) or, for the old ones, by class (``"SR"``).
    k, sites
        As for `substitute`; ``"all"`` swaps all of them at once.
    **settings
        As for `design`.
    """
    return design(parent, [step_of("swap", {"to": to, "of": of, "k": k, "sites": sites})], **settings)


def twist(parent: Parent, *, degrees: float | str | Sequence[float], end: str = "", **settings: Any) -> CandidateSet:
    """One end of a rod turned about its axis.

    Parameters
    ----------
    degrees
        Angles, one candidate each.
    end
        Label of the centre of the end that turns; the first one when empty.
    **settings
        As for `design`.
    """
    return design(parent, [step_of("twist", {"degrees": degrees, "end": end})], **settings)


def design(
    parent: Parent,
    steps: Iterable[Step | str],
    *,
    then: Iterable[Step | str] = (),
    name: str = "",
    keep: Keep = "electrons",
    symmetry: Subset = "kernel",
    mirror_images: str = "one",
    tolerance: float = TOLERANCE,
    limit: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    relax: bool = False,
    **reading: Any,
) -> CandidateSet:
    """Candidates of a chain of steps.

    Parameters
    ----------
    parent
        A cluster, a structure file that holds one, or the name of a framework.
    steps, then
        What to do, in order: steps, or their text (``"substitute to=Ag k=1-2"``). A chain changes each site once.
    name
        What the candidates are called, before a number; the name of the parent when empty.
    keep
        ``"electrons"``: the charge follows each edit; ``"charge"``: it stays.
    symmetry, tolerance
        Part whose symmetry makes candidates the same (metals, with donors, all atoms), and within how many angstrom.
    mirror_images
        ``"one"`` counts a pair of mirror images once, ``"apart"`` keeps both.
    limit
        Stop after so many.
    sample, seed
        Draw so many at random instead of listing all.
    relax
        Relax the ligands with GFN1-xTB (extra ``xtb``).
    **reading
        As for `mlcluster.read`, where the parent is a file.
    """
    if mirror_images not in ("one", "apart"):
        raise ConfigError("mirror images are counted as one or kept apart.", found=mirror_images, expected="one, apart")
    settings = Settings(
        name=name,
        keep=keep,
        symmetry=Symmetry(subset=symmetry, mirror_apart=mirror_images == "apart", tolerance=tolerance),
        limit=limit,
        sample=sample,
        seed=seed,
        relax=relax,
    )
    chain = [parse_step(step) if isinstance(step, str) else step for step in (*steps, *then)]
    return CandidateSet(parent_cluster(parent, **reading), chain, settings)


def parent_cluster(parent: Parent, **reading: Any) -> Cluster:
    """The cluster to start from.

    Raises
    ------
    InputError
        If there is no such file or framework, or the file holds several clusters and none is chosen.
    """
    if isinstance(parent, Cluster):
        return parent
    if not Path(parent).exists():
        name = str(parent)
        if name in FRAMEWORKS:
            cluster = build(name).replace(name=name)
            stated = {key: reading[key] for key in ("charge", "multiplicity") if reading.get(key) is not None}
            return cluster.replace(**stated) if stated else cluster
        near = get_close_matches(name, FRAMEWORKS, n=1)
        raise InputError(
            "no such file, and no framework of that name.",
            found=name,
            expected=f"a structure file or one of {', '.join(FRAMEWORKS)}",
            hint=f"Did you mean {near[0]}?" if near else None,
        )
    results = read(parent, **reading)
    if len(results) > 1:
        listed = ", ".join(f"{k}: {result.cluster.formula}" for k, result in enumerate(results[:8], start=1))
        raise InputError(
            "the file holds several clusters.", file=parent, found=listed, hint="Choose one with --cluster K."
        )
    return results[0].cluster
