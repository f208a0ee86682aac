r"""Luminescence decays: one to three exponentials or a stretched one, behind an instrument response.

The signal is :math:`B + \mathrm{IRF} \otimes \sum_i a_i e^{-t/\tau_i}`. Counts are fitted by the Poisson likelihood
(the residuals are those of the deviance, Laurence and Chromy, Nat. Methods 2010, 7, 338, 10.1038/nmeth0510-338),
anything else by least squares. Two averages go by the name of "average lifetime" and are kept apart here (Sillen and
Engelborghs, Photochem. Photobiol. 1998, 67, 475, 10.1111/j.1751-1097.1998.tb09082.x): weighted by amplitude,
:math:`\sum a_i \tau_i / \sum a_i`, which a quantum yield and a rate go with, and weighted by intensity,
:math:`\sum a_i \tau_i^2 / \sum a_i \tau_i`, the mean time at which a photon comes.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from mlcluster.errors import InputError
from mlcluster.photophysics.bench_result import BenchResult, Panel, Series, paragraph
from mlcluster.photophysics.columns import same_length
from mlcluster.photophysics.decay_model import DecayModel, Response, decay_model
from mlcluster.photophysics.least_squares import Minimum, Problem, Vector, minimise, preferred, propagated
from mlcluster.photophysics.profile_likelihood import Estimate, fit, normal

MOST_COMPONENTS = 3
_FEWEST_COUNTS = 1e-9


FEWEST_POINTS = 3
"""Of a curve with an amplitude and a lifetime, and one to tell how well it fits."""


def fit_decay(
    time: ArrayLike,
    intensity: ArrayLike,
    *,
    components: int | Literal["auto", "stretched"] = "auto",
    response: ArrayLike | Literal["none", "gaussian"] = "none",
    response_fwhm: float | None = None,
    background: bool = True,
    counts: bool | None = None,
    level: float = 0.9,
) -> BenchResult:
    """Fit a luminescence decay.

    Parameters
    ----------
    time
        Times in microseconds, shape (n,), increasing.
    intensity
        Signal at them, shape (n,).
    components
        1 to 3 exponentials, ``"stretched"``, or ``"auto"``: as many as both information criteria ask for.
    response
        ``"none"`` (the fit begins behind the highest point), ``"gaussian"``, or the measured response at the same,
        evenly spaced times, shape (n,).
    response_fwhm
        Where to begin with the width of the Gaussian, microseconds.
    background
        True to fit a constant below the decay.
    counts
        True for photon counts, with their Poisson noise; None: if all are whole numbers and none is negative.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        If times do not increase, counts are negative, the signal is flat, or there are too few points.
    """
    t, y = np.asarray(time, dtype=float), np.asarray(intensity, dtype=float)
    given = None if isinstance(response, str) else np.asarray(response, dtype=float)
    same_length(time=t, intensity=y, response=given)
    _check_times(t, even=given is not None or (response == "gaussian" and components == "stretched"))
    numbers = _numbers(components)
    _check_enough(t)
    whole = bool(np.all(y >= 0) and np.all(y == np.round(y)) and y.max() > 1)
    poisson = whole if counts is None else counts
    if poisson and y.min() < 0:
        raise InputError("counts are not negative.", site=f"row {int(y.argmin()) + 1}", found=y.min())
    seen = Response("measured", given) if given is not None else Response(response)  # type: ignore[arg-type]
    if seen.kind == "none":
        # Behind the highest point, not at it: noise has chosen that one.
        start = int(np.argmax(y))
        t, y = (t[start + 1 :], y[start + 1 :]) if start else (t, y)
    _check_enough(t)
    if np.ptp(y) == 0:
        raise InputError("the signal does not change, so no lifetime can be told.", found=f"{y[0]:g} at all times")
    models = [decay_model(n, seen, t, y, background, response_fwhm) for n in numbers]
    models = [m for m in models if len(m.parameters) < len(t)]
    if not models:
        raise InputError("too few points for this model.", found=len(t), expected="more than its parameters")
    problems = [_problem(m, t, y, poisson) for m in models]
    minima: list[Minimum] = []
    for problem in problems:
        minima.append(minimise(problem))
    chosen = preferred(minima)
    minimum, estimates = fit(problems[chosen], level)
    return _result(models, minima, chosen, minimum, estimates, problems[chosen], t, y, poisson, level)


def _check_enough(t: Vector) -> None:
    if len(t) < FEWEST_POINTS:
        raise InputError(
            "too few points for a decay.", found=len(t), expected=f"at least {FEWEST_POINTS}, behind the highest"
        )


def _check_times(t: Vector, *, even: bool) -> None:
    steps = np.diff(t)
    bad = np.flatnonzero(steps <= 0)
    if bad.size:
        raise InputError("times have to increase.", site=f"row {bad[0] + 2}", found=t[bad[0] + 1])
    if even and steps.size and np.ptp(steps) > 1e-3 * steps.mean():
        raise InputError("a response is folded with the decay at evenly spaced times.", found="uneven steps")


def _numbers(components: int | str) -> list[int]:
    if components == "stretched":
        return [0]
    if components == "auto":
        return list(range(1, MOST_COMPONENTS + 1))
    if components not in range(1, MOST_COMPONENTS + 1):
        raise InputError(
            "unknown number of components.", found=components, expected=f"1 to {MOST_COMPONENTS}, auto or stretched"
        )
    return [int(components)]


def _problem(model: DecayModel, t: Vector, y: Vector, poisson: bool) -> Problem:
    def counted(p: Vector) -> Vector:
        mean = np.maximum(model.signal(p, t), _FEWEST_COUNTS)
        deviance = 2.0 * (mean - y + special.xlogy(y, y / mean))
        return np.sign(mean - y) * np.sqrt(np.maximum(deviance, 0.0))

    def plain(p: Vector) -> Vector:
        return model.signal(p, t) - y

    return Problem(parameters=model.parameters, residuals=counted if poisson else plain, noise_known=poisson)


def _result(
    models: list[DecayModel],
    minima: list[Minimum],
    chosen: int,
    minimum: Minimum,
    estimates: list[Estimate],
    problem: Problem,
    t: Vector,
    y: Vector,
    poisson: bool,
    level: float,
) -> BenchResult:
    model = models[chosen]
    derived = []
    if model.exponentials != 1:
        open_lifetime = not all(e.determined for e in estimates if e.name.startswith(("a", "tau", "beta")))
        for index, name in enumerate(("amplitude-weighted lifetime", "intensity-weighted lifetime")):
            value, error = propagated(minimum, partial(_average, model, index), problem)
            derived.append(normal(name, "us", value, np.inf if open_lifetime else error, level, minimum.noise_degrees))
    fitted = model.signal(minimum.values, t)
    residuals = -minimum.residuals / np.sqrt(minimum.variance or 1.0)
    tried = {m.name: dict(zip(("aicc", "bic"), f.criteria(), strict=True)) for m, f in zip(models, minima, strict=True)}
    return BenchResult(
        parameters=[*estimates, *derived],
        statistics={
            "model": model.name,
            "likelihood": "Poisson" if poisson else "normal",
            "tried": tried,
            **minimum.statistics(),
        },
        sentences=_sentences(model, models, minimum, [*estimates, *derived], poisson, float(np.ptp(t))),
        table={"time (us)": t, "signal": y, "fitted": fitted, "residual / s.d.": residuals},
        panels=(
            Panel(
                x_label="time (us)",
                y_label="counts" if poisson else "signal",
                series=(
                    Series(label="measured", x=t, y=y),
                    Series(label=model.name, x=t, y=fitted, style="line"),
                ),
                residuals=(t, residuals),
                log_y=bool(poisson and y.max() > 0),
            ),
        ),
    )


def _sentences(
    model: DecayModel, models: list[DecayModel], minimum: Minimum, estimates: list[Estimate], poisson: bool, span: float
) -> list[str]:
    of = {e.name: e for e in estimates}
    chosen = "as asked" if len(models) == 1 else "by both information criteria"
    sentences = [f"The decay is described by {model.name} ({chosen}), {'Poisson' if poisson else 'normal'} noise."]
    times = [e for e in estimates if e.name.startswith("tau") and e.determined]
    if times:
        sentences.append("; ".join(f"{e.name} = {e.best:.4g} us ({e.lower:.4g} to {e.upper:.4g})" for e in times) + ".")
    if model.exponentials != 1 and of["amplitude-weighted lifetime"].determined:
        amplitude, intensity = of["amplitude-weighted lifetime"].best, of["intensity-weighted lifetime"].best
        sentences.append(
            f"The amplitude-weighted average is {amplitude:.4g} us (the one for rates), the intensity-weighted one "
            f"{intensity:.4g} us (the mean arrival time): say which one you quote."
        )
    sentences += paragraph(estimates)
    longest = max((e.best for e in times), default=0.0)
    if longest > 0.5 * span:
        sentences.append(f"The window of {span:.3g} us is short for a lifetime of {longest:.3g} us.")
    reduced = minimum.cost / minimum.degrees_of_freedom
    # Five standard deviations of a reduced deviance, by the variance 2 / degrees of freedom of chi-squared.
    if poisson and reduced > 1 + 5 * np.sqrt(2 / minimum.degrees_of_freedom):
        sentences.append(
            f"The deviance per degree of freedom is {reduced:.2f}: the model does not describe the counts."
        )
    return sentences


def _average(model: DecayModel, index: int, p: Vector) -> float:
    return model.averages(p)[index]
