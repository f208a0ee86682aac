"""Open sites of a cluster filled in every distinct way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from mlcluster.design.edits.applying import settled
from mlcluster.design.edits.contacts import ImpossibleGeometryError
from mlcluster.design.edits.electrons import Keep, metal_symbol
from mlcluster.design.edits.filling import fill_at, open_sites, site_labels
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.records import Edit, Filling
from mlcluster.design.enumeration.nodes import Symmetry
from mlcluster.design.enumeration.orbits import operations_about, site_symmetry, subset_orbits
from mlcluster.design.enumeration.steps import FillStep
from mlcluster.design.ligand_shapes import GROUPS_OF, buildable
from mlcluster.errors import InputError, StructureError


def fillings(
    host: Host, step: FillStep, symmetry: Symmetry, keep: Keep
) -> Iterator[tuple[tuple[Edit, ...], Host | ImpossibleGeometryError, int]]:
    """Yield edits, the result or why there is none, and for how many of the full enumeration it stands.

    Raises
    ------
    StructureError
        If there is no open site, or too few of them.
    """
    metal, ligand = unit_of(host, step)
    donor, groups = GROUPS_OF[ligand]
    sites = [site for site in open_sites(host, metal, donor) if len(site.around) >= step.cap]
    sizes = [k for k in step.k if k <= len(sites)]
    if not sizes:
        raise StructureError(
            "no open site to fill.",
            site=host.cluster.name or host.cluster.formula,
            found=f"{len(sites)} places for {metal} with {ligand} that cap {step.cap} metals or more",
            hint="Make one with a vacancy, or try a smaller ligand.",
        )
    operations, centre = operations_about(host, symmetry.subset, symmetry.tolerance)
    colours = np.array([len(site.around) for site in sites])
    found = site_symmetry(operations, centre, np.array([s.point for s in sites]), colours, symmetry.tolerance)
    acting = found.acting(mirror_apart=symmetry.mirror_apart)
    for size in sizes:
        for subset in subset_orbits(acting, size):
            chosen = [sites[k] for k in subset]
            edits = tuple(Filling(metal, ligand, site_labels(host, site.around)) for site in chosen)
            copies = len(np.unique(np.sort(acting[:, list(subset)], axis=1), axis=0))
            result: Host | ImpossibleGeometryError = host
            try:
                for site, edit in zip(chosen, edits, strict=True):
                    assert isinstance(result, Host)
                    change = fill_at(result, site, metal, ligand, donor, groups, keep)
                    result = settled(result, change, edit, keep)
            except ImpossibleGeometryError as error:
                result = error
            yield edits, result, copies


def unit_of(host: Host, step: FillStep) -> tuple[str, str]:
    """Metal and ligand that come: those of the step, or the commonest metal and ligand that the cluster has as a unit.

    Raises
    ------
    InputError
        If nothing is stated and the cluster has no metal that alone holds a ligand.
    """
    symbols, names = host.cluster.symbols, host.ligand_names
    units = Counter(
        (symbols[metal], names[ligands[0]]) for metal, ligands in host.held.items() if names[ligands[0]] in GROUPS_OF
    )
    metal = metal_symbol(step.metal) if step.metal else ""
    ligand = buildable(step.ligand).abbreviation if step.ligand else ""
    fitting = [(m, n) for (m, n), _ in units.most_common() if metal in ("", m) and ligand in ("", n)]
    if not (metal and ligand) and not fitting:
        raise InputError(
            "nothing says which metal and ligand to add.",
            site=host.cluster.name or None,
            found="no metal that alone holds a ligand of known shape",
            hint="State both: --metal and --ligand.",
        )
    first = fitting[0] if fitting else (metal, ligand)
    return metal or first[0], ligand or first[1]
