"""What a decay looks like: exponentials or a stretched one, seen through an instrument, with where to begin a fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import signal, special

from mlcluster.photophysics.least_squares import Free, Vector

FWHM_OF_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))


def gaussian_exponential(t: Vector, rate: ArrayLike, centre: ArrayLike, sigma: ArrayLike) -> Vector:
    r"""Exponential decay convolved with a Gaussian of unit area, without overflow (scaled error function).

    :math:`\tfrac12 e^{-(t-c)^2/2\sigma^2}\, \mathrm{erfcx}\!\left(\frac{k\sigma - (t-c)/\sigma}{\sqrt 2}\right)`, and
    for a large argument of the other sign :math:`e^{k^2\sigma^2/2 - k(t-c)}` less it. A rate of zero is a step.

    Parameters
    ----------
    t, rate, centre, sigma
        Times, decay rates, centre and standard deviation of the Gaussian, broadcast against each other.

    Examples
    --------
    >>> float(gaussian_exponential(np.array([10.0]), 0.5, 0.0, 1e-6)[0]), float(np.exp(-5.0))
    (0.00673..., 0.00673...)
    """
    k, width = np.asarray(rate, dtype=float), np.asarray(sigma, dtype=float)
    x = (t - np.asarray(centre, dtype=float)) / width
    z = (k * width - x) / np.sqrt(2.0)
    early = 0.5 * np.exp(-0.5 * x**2) * special.erfcx(np.maximum(z, 0.0))
    late = np.exp(np.minimum(k * width * (0.5 * k * width - x), 700.0))
    return np.where(z > 0.0, early, 0.5 * late * special.erfc(np.minimum(z, 0.0)))


@dataclass(frozen=True)
class Response:
    """How the instrument sees a decay: not at all, as a Gaussian, or as measured."""

    kind: Literal["none", "gaussian", "measured"]
    measured: Vector | None = None

    def parameters(self, t: Vector, y: Vector, width: float | None) -> tuple[Free, ...]:
        """What is fitted of the response of a decay y at times t; width is where to begin with a Gaussian."""
        step, span = float(np.diff(t).min()), float(np.ptp(t))
        if self.kind == "none":
            return ()
        if self.kind == "measured":
            return (Free(name="shift", unit="us", starts=(0.0,), lower=-0.2 * span, upper=0.2 * span),)
        rise = float(t[int(np.argmax(y))])
        start = (width / FWHM_OF_SIGMA) if width else 2.0 * step
        return (
            Free(name="t0", unit="us", starts=(rise - start,), lower=float(t[0]) - 0.5 * span, upper=float(t[-1])),
            Free(name="response FWHM", unit="us", starts=(start * FWHM_OF_SIGMA,), lower=0.02 * step, upper=0.5 * span),
        )

    def see(self, t: Vector, shape: Callable[[Vector], Vector], rate: float | None, p: Vector) -> Vector:
        """Decay of unit amplitude as the instrument shows it, shape (n,)."""
        if self.kind == "none":
            return shape(t - t[0])
        if self.kind == "gaussian" and rate is not None:
            return gaussian_exponential(t, rate, p[0], p[1] / FWHM_OF_SIGMA)
        response = self._sampled(t, p)
        kernel = shape(t - t[0])
        # Trapezoids: the first and last point of the integral count half.
        whole = signal.fftconvolve(response, kernel)[: len(t)]
        return whole - 0.5 * (response * kernel[0] + response[0] * kernel)

    def _sampled(self, t: Vector, p: Vector) -> Vector:
        """Response at the times of the decay, of unit sum."""
        if self.kind == "measured":
            assert self.measured is not None
            moved = np.interp(t - p[0], t, self.measured, left=0.0, right=0.0)
        else:
            moved = np.exp(-0.5 * ((t - p[0]) / (p[1] / FWHM_OF_SIGMA)) ** 2)
        return moved / max(moved.sum(), 1e-300)


@dataclass(frozen=True)
class DecayModel:
    """A number of exponentials, or a stretched one, with response and background."""

    name: str
    exponentials: int
    parameters: tuple[Free, ...]
    response: Response
    background: bool

    def signal(self, p: Vector, t: Vector) -> Vector:
        """Signal of given parameters at times t, shape (n,)."""
        decays = 2 * max(self.exponentials, 1) + (self.exponentials == 0)
        seen = p[decays + self.background :]
        total = np.full(len(t), p[decays] if self.background else 0.0)
        if self.exponentials == 0:
            amplitude, tau, beta = p[:3]
            return total + amplitude * self.response.see(
                t, lambda x: np.exp(-((np.maximum(x, 0.0) / tau) ** beta)), None, seen
            )
        for i in range(self.exponentials):
            amplitude, tau = p[2 * i : 2 * i + 2]
            total = total + amplitude * self.response.see(t, partial(_exponential, tau=tau), 1.0 / tau, seen)
        return total

    def averages(self, p: Vector) -> tuple[float, float]:
        """Average lifetime weighted by amplitude and by intensity."""
        if self.exponentials == 0:
            tau, beta = p[1], p[2]
            first, second = special.gamma(1 / beta) / beta, special.gamma(2 / beta) / beta
            return float(tau * first), float(tau * second / first)
        a, tau = p[0 : 2 * self.exponentials : 2], p[1 : 2 * self.exponentials : 2]
        return float(a @ tau / a.sum()), float(a @ tau**2 / (a @ tau))


def decay_model(n: int, response: Response, t: Vector, y: Vector, background: bool, width: float | None) -> DecayModel:
    """A model of n exponentials, or a stretched one for 0, with where to begin from the data.

    Parameters
    ----------
    n
        Number of exponentials.
    response
        How the instrument sees them.
    t, y
        Times and signal, shape (n,).
    background
        True for a constant below.
    width
        Where to begin with the width of a Gaussian response; None for two steps of time.
    """
    span, step, top = float(np.ptp(t)), float(np.diff(t).min()), float(np.ptp(y)) or 1.0
    floor = float(np.median(np.sort(y)[: max(len(y) // 10, 1)]))
    peak = int(np.argmax(y))
    after = np.maximum(y[peak:] - floor, 0.0)
    # A first idea of the lifetime: the area behind the peak over its height.
    tau = max(float(np.trapezoid(after, t[peak:])) / top, step)
    scale = 1.0
    if response.kind != "none":
        shape = response.see(t, lambda x: np.exp(-np.maximum(x, 0.0) / tau), 1.0 / tau, np.array(
            [p.starts[0] for p in response.parameters(t, y, width)]))  # fmt: skip
        scale = 1.0 / max(float(shape.max()), 1e-12)
    high = 100.0 * top * scale

    def amplitude(name: str, share: float) -> Free:
        return Free(name=name, unit="", starts=(share * top * scale,), lower=0.0, upper=high)

    def lifetime(name: str, *starts: float) -> Free:
        return Free(name=name, unit="us", starts=starts, lower=0.05 * step, upper=20.0 * span, log=True)

    if n == 0:
        beta = Free(name="beta", unit="", starts=(0.7, 0.95), lower=0.1, upper=1.0)
        decays: tuple[Free, ...] = (amplitude("a", 1.0), lifetime("tau", tau), beta)
    elif n == 1:
        decays = (amplitude("a", 1.0), lifetime("tau", tau))
    else:
        spread = {2: ((0.3, 0.05), (1.5,)), 3: ((0.05, 0.01), (0.5, 0.2), (2.0,))}[n]
        decays = tuple(
            parameter
            for i, factors in enumerate(spread, start=1)
            for parameter in (amplitude(f"a{i}", 1.0 / n), lifetime(f"tau{i}", *(tau * f for f in factors)))
        )
    below = (Free(name="background", unit="", starts=(max(floor, 1e-3 * top),), lower=min(0.0, 2 * floor), upper=top),)
    parameters = (*decays, *(below if background else ()), *response.parameters(t, y, width))
    return DecayModel("stretched exponential" if n == 0 else _NAMES[n], n, parameters, response, background)


_NAMES = {1: "one exponential", 2: "two exponentials", 3: "three exponentials"}


def _exponential(t: Vector, tau: float) -> Vector:
    return np.exp(-np.maximum(t, 0.0) / tau)
