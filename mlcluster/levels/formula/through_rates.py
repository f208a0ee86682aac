r"""Quantum yield and lifetime through :math:`k_r` and :math:`k_{nr}`, so that the two agree, beside each on its own.

The rates are known only where both were measured on one sample. There, yields and lifetimes of held-out families are
predicted three ways on the same rows: each by its own model from all its rows, each by its own model from these rows
alone, and both from models of :math:`\log_{10} k_r` and :math:`\log_{10} k_{nr}`, which see these rows alone as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlcluster.labels.targets import TARGETS
from mlcluster.levels.formula.entries import Rows
from mlcluster.levels.formula.fit import choose, held_out_rows, hold_out_families
from mlcluster.levels.formula.predict import FORMULA
from mlcluster.levels.formula.settings import CANDIDATES, Candidate
from mlcluster.model.held_out import HeldOut
from mlcluster.photophysics.rates import lifetime_us, nonradiative_rate, quantum_yield, radiative_rate

Array = NDArray[np.float64]

OWN_SAME_ROWS, THROUGH_RATES = "formula, rows with both", "through k_r and k_nr"
"""Names of the other two among the models of the table."""


def rows_with_both(yields: Rows, lifetimes: Rows) -> tuple[Rows, Rows]:
    """Values of both targets on one compound under the same conditions, in one order."""
    place = {
        (entry, record): number
        for number, (entry, record, bound) in enumerate(zip(yields.entries, _keys(yields), yields.bound, strict=True))
        if bound is None
    }
    matches = [place.get(key) for key in zip(lifetimes.entries, _keys(lifetimes), strict=True)]
    both = np.array([match is not None for match in matches], dtype=bool)
    order = [match for match in matches if match is not None]
    return yields.ordered(order), lifetimes.take(both)


def compare_rates(
    yields: Rows, lifetimes: Rows, seed: int = 0, candidates: Sequence[Candidate] = CANDIDATES
) -> HeldOut:
    """The three ways for both targets on the rows that have both, each family held out in turn.

    Parameters
    ----------
    yields, lifetimes
        All rows of the two channels.
    seed, candidates
        As for `fit_channel`.

    Returns
    -------
    HeldOut
        Yield and lifetime for each way; without intervals. No row where fewer than three families have both.
    """
    both = rows_with_both(yields, lifetimes)
    if len(set(both[0].families)) < 3:
        return HeldOut.joined([])
    tables = []
    for whole, rows in zip((yields, lifetimes), both, strict=True):
        tables.append(held_out_rows(FORMULA, rows, _from_all(whole, rows, seed, candidates), seed=seed))
        alone = hold_out_families(rows, seed, candidates)[0]
        tables.append(held_out_rows(OWN_SAME_ROWS, rows, alone.predicted, seed=seed))
    return HeldOut.joined([*tables, *_through_rates(*both, seed, candidates)])


def _through_rates(yields: Rows, lifetimes: Rows, seed: int, candidates: Sequence[Candidate]) -> list[HeldOut]:
    targets = TARGETS["quantum_yield"], TARGETS["lifetime"]
    pairs = list(zip(targets[0].from_model(yields.label), targets[1].from_model(lifetimes.label), strict=True))
    predicted = []
    for rate in (radiative_rate, nonradiative_rate):
        label = np.log10([rate(float(phi), float(tau)) for phi, tau in pairs])
        held, _ = hold_out_families(replace(lifetimes, label=label), seed, candidates)
        predicted.append(10.0**held.predicted)
    found = list(zip(*predicted, strict=True))
    phi = targets[0].to_model([quantum_yield(*rates) for rates in found])
    tau = targets[1].to_model([lifetime_us(*rates) for rates in found])
    return [held_out_rows(THROUGH_RATES, rows, label, seed=seed) for rows, label in ((yields, phi), (lifetimes, tau))]


def _from_all(whole: Rows, rows: Rows, seed: int, candidates: Sequence[Candidate]) -> Array:
    everyone, own, predicted = np.array(whole.families), np.array(rows.families), np.empty(len(rows))
    for family in sorted(set(rows.families)):
        out = own == family
        learned = whole.take(everyone != family)
        predicted[out] = choose(learned, seed, candidates)[0].predict(rows.take(out))[0]
    return predicted


def _keys(rows: Rows) -> list[tuple[str | None, float | None]]:
    return [(record.medium.text if record.medium else None, record.temperature_k) for record in rows.records]
