"""How many results a chain of steps has, full and distinct, without listing them.

Burnside's lemma for labellings: a permutation fixes those that hold the same at all sites of each of its cycles. With
marks j that go to k_j sites, their number is the coefficient of x_1^k_1 x_2^k_2 ... in the product over the cycles of
(1 + the sum of x_j^length over the marks that all sites of the cycle may take).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from mlcluster.design.enumeration.choices import Choice, SiteStep, choices_of
from mlcluster.design.enumeration.orbits import Permutations, cycles_of
from mlcluster.design.enumeration.root import Root
from mlcluster.design.enumeration.steps import FillStep, Step, SwapStep, TwistStep, VacancyStep


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
