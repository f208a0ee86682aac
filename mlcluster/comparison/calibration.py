"""Calibrations of paired differences: how they are made, where they are kept, and to which pairs they apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from mlcluster.levels.network import Ensemble
from mlcluster.model.calibration import Calibration, difference_key, family_rms, fit_calibration

KINDS = ("isomer", "defect", "doping", "ligand exchange", "charge state")
"""Kinds of relatives that have a scale of their own."""

LEAST_FAMILIES = 3
"""Families with pairs of a kind that its own scale needs; below, the scale of all kinds is taken."""

_KIND_OF_RELATION = {kind: kind for kind in KINDS} | {"mirror image": "isomer", "identical": "isomer"}


def fit_difference_calibrations(
    residual: ArrayLike, spread: ArrayLike, families: Sequence[str], kinds: Sequence[str]
) -> dict[str, Calibration]:
    r"""Calibrate differences of pairs whose family was held out, with a scale for each kind of pair.

    A swapped pair of atoms changes a gap less than a new ligand shell: residuals and spreads are divided by the error
    :math:`s_k` of their kind before one quantile q is taken over whole families, so that the half-width is
    :math:`q \sqrt{\sigma^2 + s_k^2}`.

    Parameters
    ----------
    residual
        Labelled less predicted difference, model space, (N,).
    spread
        Standard deviation of the difference over the members, model space, (N,).
    families, kinds
        Of each pair.

    Returns
    -------
    A calibration for each kind of `KINDS`.
    """
    r, sigma = np.asarray(residual, dtype=float), np.asarray(spread, dtype=float)
    names, which = np.asarray(families, dtype=str), np.asarray(kinds, dtype=str)
    overall = max(family_rms(r, names), np.finfo(float).tiny)
    scale = {}
    for kind in KINDS:
        own = which == kind
        enough = len(set(names[own].tolist())) >= LEAST_FAMILIES
        scale[kind] = max(family_rms(r[own], names[own]), 1e-6 * overall) if enough else overall
    each = np.array([scale.get(kind, overall) for kind in which.tolist()])
    fitted = fit_calibration(r / each, sigma / each, names.tolist())
    return {kind: replace(fitted, floor=fitted.floor * scale[kind]) for kind in KINDS}


def difference_calibrations(ensemble: Ensemble, relation: str) -> dict[str, Calibration]:
    """Paired calibrations of an ensemble by channel, for a pair of that relation; none for strangers.

    Only those that rest on enough independent families to need no assumption (`Calibration.kind` "conformal").
    """
    kind = _KIND_OF_RELATION.get(relation)
    if kind is None:
        return {}
    stored = ensemble.metadata.calibration
    found = {
        channel: Calibration.from_json(stored[difference_key(channel, kind)])
        for channel in ensemble.channels
        if difference_key(channel, kind) in stored
    }
    return {channel: calibration for channel, calibration in found.items() if calibration.kind == "conformal"}


def with_difference_calibrations(ensemble: Ensemble, calibrations: Mapping[str, Mapping[str, Calibration]]) -> Ensemble:
    """The same ensemble with paired calibrations, by channel and kind, in its metadata; its hash changes with them."""
    stored = dict(ensemble.metadata.calibration)
    for channel, by_kind in calibrations.items():
        stored |= {difference_key(channel, kind): fitted.to_json() for kind, fitted in by_kind.items()}
    return Ensemble(ensemble.members, replace(ensemble.metadata, calibration=stored))
