r"""Intervals that hold for a family nobody has seen: how wide they have to be is learned from families held out.

A row has an estimate of its error, :math:`s = \sqrt{\sigma^2 + s_0^2}` with the spread :math:`\sigma` of the ensemble
and the error :math:`s_0` of all families, and a score :math:`|r| / s` once its residual :math:`r` is known. The
half-width of an interval is :math:`q\,s`, outside the domain :math:`q f s`.

Rows of one family are relatives, so the exchangeable units are families. Hierarchical conformal prediction [1]_ takes
for :math:`q` the quantile of the scores with weight :math:`1/((K+1) n_k)` for each of the :math:`n_k` rows of family
k and :math:`1/(K+1)` at infinity. A random row of a new family then lies inside with at least the nominal probability,
whatever the residuals look like. This is the pooling of family distributions of [2]_ with a correction that makes it
hold for few families. The quantile is finite from :math:`K = p/(1-p)` families on: 9 for 90 %. That :math:`s_0` and
:math:`f` come from the same families is a small liberty; without spread :math:`s_0` cancels.

With fewer families nothing holds without an assumption. Then :math:`q` is Student's t with :math:`K - 1` degrees of
freedom (at least 1), as if residuals were normal and each family were one observation of their variance.

References
----------
.. [1] Y. Lee, R. F. Barber, R. Willett, Distribution-free inference with hierarchical data, arXiv:2306.06342.
.. [2] R. Dunn, L. Wasserman, A. Ramdas, J. Am. Stat. Assoc. 2023, 118, 2491, 10.1080/01621459.2022.2060112.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.errors import DataError, ModelError

Array = NDArray[np.float64]

LEVEL = 0.9
"""Nominal level of every interval."""

Z_LEVEL = 1.6448536269514722
"""Quantile of the standard normal distribution that leaves 5 % on either side: half-width of an interval in sigmas."""

STATED_FACTOR = 1.5
"""How much wider intervals are outside the domain where held-out families cannot tell."""

LEAST_FACTOR, LARGEST_FACTOR = 1.2, 5.0
"""Range of a factor that is estimated: outside the domain intervals are wider in any case."""

FAMILIES_FOR_FACTOR = 3
"""Families with rows outside, and families with rows inside, that an estimated factor needs."""

NOTHING_HELD_OUT = "none of its labels lay in a family that was held out"
"""Why a channel has no calibration."""

DIFFERENCE = "difference "
"""Beginning of the keys of calibrations that hold for differences rather than values."""

Kind = Literal["conformal", "student", "normal", "none"]
Origin = Literal["held-out families", "least, as held-out families outside were hardly worse", "stated"]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """From the spread of an ensemble to the half-width of an interval, for one channel.

    Parameters
    ----------
    kind
        ``"conformal"``: holds for a new family without an assumption on the residuals; ``"student"``: the fallback for
        few families; ``"normal"``: of models from before calibration, 1.645 times the estimated error; ``"none"``: no
        label was held out, so nothing is known of the error and the half-width has no end.
    level
        Nominal probability that the value lies inside.
    multiplier
        The q above.
    floor
        The s0 above, model space.
    outside_factor, factor_origin
        How much wider intervals are outside the domain, and where that number comes from.
    n_families, n_rows
        What the calibration rests on.
    """

    kind: Kind
    level: float
    multiplier: float
    floor: float
    outside_factor: float = STATED_FACTOR
    factor_origin: Origin = "stated"
    n_families: int = 0
    n_rows: int = 0

    def half_width(self, spread: ArrayLike, outside: ArrayLike = False) -> Array:
        """Half-width of the interval in model space.

        Parameters
        ----------
        spread
            Standard deviation over the members, any shape, model space.
        outside
            Whether the row lies outside the domain; broadcast against `spread`.
        """
        scale = np.where(np.asarray(outside, dtype=bool), self.outside_factor, 1.0)
        return self.multiplier * scale * np.hypot(np.asarray(spread, dtype=np.float64), self.floor)

    def describe(self) -> str:
        """One sentence for a model card."""
        if self.kind == "none":
            return f"no calibrated interval: {NOTHING_HELD_OUT}; the interval is all that is possible."
        how = {
            "conformal": "hierarchical conformal prediction over whole families",
            "student": f"the fallback for fewer than {families_needed(self.level)} families, Student's t over families",
            "normal": "a normal distribution of residuals",
        }[self.kind]
        rests = f" from {self.n_families} families held out ({self.n_rows} rows)" if self.n_families else ""
        return (
            f"{self.level:.0%} intervals by {how}{rests}: {self.multiplier:.3g} x sqrt(spread^2 + {self.floor:.3g}^2), "
            f"outside the domain {self.outside_factor:.3g} times wider ({self.factor_origin})."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Calibration:
        """Calibration from what `to_json` gave.

        Raises
        ------
        ModelError
            If a key is unknown or missing.
        """
        known = {field.name for field in fields(cls)}
        try:
            return cls(**values)
        except TypeError as error:
            raise ModelError("cannot read a calibration.", found=sorted(values), expected=sorted(known)) from error


def fit_calibration(
    residual: ArrayLike,
    spread: ArrayLike,
    families: Sequence[str],
    level: float = LEVEL,
    outside: ArrayLike | None = None,
) -> Calibration:
    """Calibrate on rows that the ensemble has not learned from, each of a family it has not learned from.

    Parameters
    ----------
    residual
        Label minus prediction, model space, (N,).
    spread
        Standard deviation over the members, model space, (N,).
    families
        Of each row.
    level
        Nominal level.
    outside
        Whether each row was outside the domain of what the ensemble that predicted it had learned from, (N,); with it
        the factor between outside and inside is estimated.

    Raises
    ------
    DataError
        If there is no row, the lengths differ or a number is not finite.
    """
    r, sigma, names = (
        np.asarray(residual, dtype=float),
        np.asarray(spread, dtype=float),
        np.asarray(families, dtype=str),
    )
    beyond = np.zeros(len(r), dtype=bool) if outside is None else np.asarray(outside, dtype=bool)
    if not len(r) or not len(r) == len(sigma) == len(names) == len(beyond):
        found = f"{len(r)} residuals, {len(sigma)} spreads, {len(names)} families, {len(beyond)} verdicts"
        raise DataError("nothing to calibrate on.", found=found, expected="one row or more, each with all of them")
    if not (np.isfinite(r).all() and np.isfinite(sigma).all()):
        raise DataError("a residual or spread is not finite.", site=str(names[~np.isfinite(r + sigma)][0]))
    floor = family_rms(r, names)
    scores = np.abs(r) / np.maximum(np.hypot(sigma, floor), np.finfo(float).tiny)
    factor, origin = _outside_factor(scores, names, beyond)
    scores = scores / np.where(beyond, factor, 1.0)
    n_families = len(set(names.tolist()))
    conformal = n_families >= families_needed(level)
    return Calibration(
        kind="conformal" if conformal else "student",
        level=level,
        multiplier=conformal_quantile(scores, names, level) if conformal else _student(n_families, level),
        floor=floor,
        outside_factor=factor,
        factor_origin=origin,
        n_families=n_families,
        n_rows=len(r),
    )


def stored_calibration(
    channel: str, calibration: Mapping[str, Mapping[str, Any]], residual_scale: Mapping[str, float]
) -> Calibration:
    """Calibration of a channel from what a model file holds; of a model from before calibration by its residual scale.

    A channel without either is of kind ``"none"`` and has intervals without end.
    """
    if channel in calibration:
        return Calibration.from_json(calibration[channel])
    if channel in residual_scale:
        return Calibration(kind="normal", level=LEVEL, multiplier=Z_LEVEL, floor=float(residual_scale[channel]))
    return Calibration(kind="none", level=LEVEL, multiplier=Z_LEVEL, floor=float("inf"))


def difference_key(channel: str, kind: str) -> str:
    """Key under which a model file keeps the calibration of differences between relatives of that kind.

    >>> difference_key("gap:gfn1-xtb", "charge state")
    'difference gap:gfn1-xtb charge state'
    """
    return f"{DIFFERENCE}{channel} {kind}"


def families_needed(level: float) -> int:
    """Families from which on the conformal quantile is finite.

    >>> families_needed(0.9), families_needed(0.95)
    (9, 19)
    """
    return int(np.ceil(round(level / (1.0 - level), 9)))


def conformal_quantile(scores: Array, families: NDArray[np.str_], level: float) -> float:
    """Quantile for a random row of a new family; infinite with fewer families than `families_needed`.

    >>> conformal_quantile(np.arange(10.0), np.array(list("abcdefghij")), 0.9)
    9.0
    """
    names, member, counts = np.unique(families, return_inverse=True, return_counts=True)
    order = np.argsort(scores)
    reached = np.cumsum(1.0 / ((len(names) + 1) * counts[member[order]]))
    position = int(np.searchsorted(reached, level - 1e-9))
    return float(scores[order][position]) if position < len(scores) else float("inf")


def family_rms(values: Array, families: NDArray[np.str_]) -> float:
    """Root of the mean over families of the mean square: a small family counts as much as a large one."""
    _, member, counts = np.unique(families, return_inverse=True, return_counts=True)
    return float(np.sqrt(np.mean(np.bincount(member, weights=values**2) / counts)))


def _outside_factor(scores: Array, families: NDArray[np.str_], outside: NDArray[np.bool_]) -> tuple[float, Origin]:
    """Ratio of the scores outside to those inside, each family weighing the same, where enough families have them."""
    if min(len(set(families[side].tolist())) for side in (outside, ~outside)) < FAMILIES_FOR_FACTOR:
        return STATED_FACTOR, "stated"
    inner = family_rms(scores[~outside], families[~outside])
    ratio = family_rms(scores[outside], families[outside]) / inner if inner > 0 else LARGEST_FACTOR
    if ratio < LEAST_FACTOR:
        return LEAST_FACTOR, "least, as held-out families outside were hardly worse"
    return float(min(ratio, LARGEST_FACTOR)), "held-out families"


def _student(n_families: int, level: float) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + level) / 2, max(n_families - 1, 1)))
