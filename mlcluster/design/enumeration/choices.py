"""What a step may choose from, and how many choices there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.ligands import LIGANDS, SPELLINGS, find_ligand
from mlcluster.design.edits.electrons import metal_symbol
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.metal_sites import is_enclosed
from mlcluster.design.edits.records import Edit, LigandSwap, Substitution, Vacancy
from mlcluster.design.enumeration.nodes import VACANT, Root
from mlcluster.design.enumeration.orbits import Permutations, cycles_of
from mlcluster.design.enumeration.steps import FillStep, Step, SubstituteStep, SwapStep, TwistStep, VacancyStep
from mlcluster.design.ligand_shapes import buildable
from mlcluster.errors import InputError, StructureError

SiteStep = SubstituteStep | VacancyStep | SwapStep


@dataclass(frozen=True, eq=False)
class Choice:
    """One kind of change at some of the eligible sites.

    Parameters
    ----------
    eligible
        Sites that may change, (m,).
    holds
        What a changed site then holds.
    sizes
        Numbers of sites to change.
    edit
        Record of the change at sites of these labels.
    """

    eligible: NDArray[np.int64]
    holds: str
    sizes: tuple[int, ...]
    edit: Callable[[tuple[str, ...]], Edit]


def choices_of(step: SiteStep, root: Root, tokens: NDArray[np.int64]) -> list[Choice]:
    """What a step may do to a labelling; choices without enough eligible sites are left out.

    A site that was changed before is left alone: a chain changes each site once.
    """
    match step:
        case SubstituteStep():
            found = [_substitutions(step, root, tokens, metal_symbol(element)) for element in step.to]
        case VacancyStep():
            found = [_vacancies(step, root, tokens)]
        case SwapStep():
            found = [_swaps(step, root, tokens, buildable(name).abbreviation) for name in step.to]
    kept = []
    for choice in found:
        sizes = tuple(k for k in choice.sizes if k <= len(choice.eligible))
        if sizes and len(choice.eligible):
            kept.append(Choice(choice.eligible, choice.holds, sizes, choice.edit))
    return kept


def nothing_to_do(step: SiteStep, root: Root) -> StructureError:
    """Why a step cannot change this cluster."""
    host = root.host
    metals = ", ".join(f"{n} {e}" for e, n in _counts([host.cluster.symbols[m] for m in host.metals]))
    ligands = ", ".join(f"{n} {name}" for name, n in _counts(host.ligand_names))
    where = host.cluster.name or host.cluster.formula
    if isinstance(step, VacancyStep):
        return StructureError(
            "nothing to vacate: too few surface metals that alone hold a ligand.",
            site=where,
            found=f"{metals}; {ligands}",
            hint=None if step.bare else "--bare also takes surface metals whose ligands are all shared.",
        )
    if isinstance(step, SwapStep):
        return StructureError("not enough ligands to swap.", site=where, found=ligands or "no ligand")
    return StructureError("not enough sites to substitute.", site=where, found=metals)


def _substitutions(step: SubstituteStep, root: Root, tokens: NDArray[np.int64], element: str) -> Choice:
    sites = _metal_sites(step.sites, step.of, root, tokens)
    eligible = np.array([s for s in sites if root.tokens[s] != root.code(element)], dtype=np.int64)
    return Choice(eligible, element, step.k, lambda labels: Substitution(labels, element))


def _vacancies(step: VacancyStep, root: Root, tokens: NDArray[np.int64]) -> Choice:
    host = root.host
    sites = _metal_sites(step.sites, step.of, root, tokens)
    if not step.sites:
        bare = step.bare
        sites = [
            s
            for s in sites
            if root.metals[s] in host.held or bare and not is_enclosed(host, root.metals[s])  # shared ligands stay
        ]
    return Choice(np.array(sites, dtype=np.int64), VACANT, step.k, Vacancy)


def _swaps(step: SwapStep, root: Root, tokens: NDArray[np.int64], ligand: str) -> Choice:
    first = len(root.metals)
    if step.sites:
        sites = [root.ligand_place(label) for label in step.sites]
    else:
        # A ligand whose only metal has left is no longer there.
        sites = [first + k for k in range(len(root.ligands)) if not _is_gone(root, tokens, k)]
    wanted = _wanted(step, ligand)
    eligible = [
        s
        for s in sites
        if tokens[s] == root.tokens[s] != root.code(ligand) and wanted(root.host, root.ligands[s - first])
    ]
    sizes = step.k or (len(eligible),)
    return Choice(np.array(eligible, dtype=np.int64), ligand, sizes, lambda labels: LigandSwap(labels, ligand))


def _is_gone(root: Root, tokens: NDArray[np.int64], ligand: int) -> bool:
    anchors = root.host.anchors[root.ligands[ligand]]
    return all(tokens[root.metals.index(m)] == root.code(VACANT) for m in anchors)


def swappable(step: SwapStep, host: Host) -> list[int]:
    """Ligands (places in ``host.ligands``) that a swap may change, whatever else is done before.

    Raises
    ------
    InputError
        If the cluster has no ligand of a name that is asked for; those it has are listed.
    """
    present = sorted(set(host.ligand_names))
    for name in step.of:
        definition = find_ligand(name)
        if not any(host.is_named(n, definition) for n in range(len(host.ligands))):
            near = get_close_matches(definition.abbreviation, [p for p in present if p in SPELLINGS], n=1, cutoff=0.2)
            raise InputError(
                "the cluster has no such ligand.",
                site=host.cluster.name or None,
                found=name,
                expected=", ".join(present) or "no ligand at all",
                hint=f"Did you mean {near[0]}?" if near else None,
            )
    wanted = [_wanted(step, buildable(name).abbreviation) for name in step.to]
    labelled = {host.ligand(label) for label in step.sites}
    return [n for n in range(len(host.ligands)) if n in labelled or any(fits(host, n) for fits in wanted)]


def _wanted(step: SwapStep, ligand: str) -> Callable[[Host, int], bool]:
    if step.of:
        definitions = [find_ligand(name) for name in step.of]
        return lambda host, number: any(host.is_named(number, definition) for definition in definitions)
    if step.sites:
        return lambda host, number: True
    kind = LIGANDS[ligand].kind
    return lambda host, number: host.ligands[number].kind == kind


def _metal_sites(labels: Sequence[str], elements: Sequence[str], root: Root, tokens: NDArray[np.int64]) -> list[int]:
    """Metal sites as they were in the root, of these labels and elements where any are given."""
    sites = [root.place(label) for label in labels] if labels else list(range(len(root.metals)))
    codes = {root.code(metal_symbol(element)) for element in elements}
    return [s for s in sites if tokens[s] == root.tokens[s] and (not codes or int(tokens[s]) in codes)]


def _counts(words: Sequence[str]) -> list[tuple[str, int]]:
    return [(word, list(words).count(word)) for word in dict.fromkeys(words)]


def chain_counts(root: Root, steps: Sequence[Step]) -> tuple[int, int] | None:
    """Full and distinct number of labellings; None where a formula does not hold and listing has to tell.

    That is where a step makes a new geometry, sites are restricted to labels that symmetry does not keep, two steps may
    leave the same mark, or what a step may swap depends on what was vacated.
    """
    sites: list[SiteStep] = [step for step in steps if not isinstance(step, FillStep | TwistStep)]
    swaps = sum(isinstance(step, SwapStep) for step in sites)
    vacancies = any(isinstance(step, VacancyStep) for step in sites)
    if len(sites) < len(steps) or swaps > 1 or (swaps and vacancies):
        return None
    options = [[(choice, k) for choice in choices_of(step, root, root.tokens) for k in choice.sizes] for step in sites]
    full = distinct = 0
    for combination in product(*options):
        marks = [choice.holds for choice, _ in combination]
        if len(set(marks)) < len(marks) or not all(_is_kept(choice, root.acting) for choice, _ in combination):
            return None
        fixed = [_fixed(permutation, combination, root) for permutation in np.unique(root.acting, axis=0)]
        full += _fixed(np.arange(len(root.tokens)), combination, root)
        distinct += sum(fixed) // len(fixed)
    return full, distinct


def _is_kept(choice: Choice, group: Permutations) -> bool:
    return bool(np.isin(group[:, choice.eligible], choice.eligible).all())


def _fixed(permutation: Permutations, combination: Sequence[tuple[Choice, int]], root: Root) -> int:
    """Labellings that a permutation leaves as they are."""
    sizes = tuple(size for _, size in combination)
    eligible = [set(choice.eligible.tolist()) for choice, _ in combination]
    terms: dict[tuple[int, ...], int] = {(0,) * len(sizes): 1}
    for cycle in cycles_of(permutation):
        grown = dict(terms)
        for mark, sites in enumerate(eligible):
            if not sites.issuperset(cycle):
                continue
            for powers, count in terms.items():
                power = powers[mark] + len(cycle)
                if power <= sizes[mark]:
                    key = (*powers[:mark], power, *powers[mark + 1 :])
                    grown[key] = grown.get(key, 0) + count
        terms = grown
    return terms.get(sizes, 0)
