"""Measurements simulated with a fixed seed from the numbers the papers print; ``python -m tests.photophysics.simulated``.

It writes docs/data, whose files the commands of docs/papers.md read, and the matrix that pyglotaran was given.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mlcluster.photophysics.decay import FWHM_OF_SIGMA, gaussian_exponential
from mlcluster.photophysics.transient import TransientMatrix

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "docs" / "data"
ORACLE = CHECKOUT / "tests" / "data" / "photophysics"

LIFETIMES_PS = (0.36, 2.61)
"""Finite lifetimes of the transient absorption of Au22 (10.1038/s41467-025-65024-3); a third one is infinite."""


def transient(
    seed: int, times: np.ndarray, wavelengths: np.ndarray, *, noise: float = 0.05, dispersion: float = 0.0
) -> TransientMatrix:
    """Three decays of different spectra behind a Gaussian response of 0.12 ps at 0.1 ps."""
    rng = np.random.default_rng(seed)

    def band(centre: float, width: float) -> np.ndarray:
        return np.exp(-0.5 * ((wavelengths - centre) / width) ** 2)

    spectra = np.array(
        [5 * band(520, 30) - 3 * band(600, 40), 4 * band(560, 40), 3 * band(650, 60) - 2 * band(500, 40)]
    )
    centre = 0.1 + dispersion * (wavelengths - wavelengths.mean()) / 100
    rates = np.array([*(1 / tau for tau in LIFETIMES_PS), 0.0])
    shapes = gaussian_exponential(times[None, :, None], rates, centre[:, None, None], 0.12 / FWHM_OF_SIGMA)
    signal = np.einsum("wtc,cw->tw", shapes, spectra)
    return TransientMatrix(times, wavelengths, signal + rng.normal(0, noise, signal.shape))


def oracle_matrix(dispersion: float) -> TransientMatrix:
    """What pyglotaran was given, rounded as it stands in the file."""
    times = np.concatenate([np.arange(-1, 3, 0.1), np.geomspace(3, 1000, 25)]).round(4)
    matrix = transient(11, times, np.linspace(450, 750, 16), dispersion=dispersion)
    return TransientMatrix(matrix.time, matrix.wavelength, matrix.signal.round(5))


def write_glotaran(matrix: TransientMatrix, path: Path) -> None:
    """Wavelength-explicit ASCII."""
    lines = ["simulated by tests/photophysics/simulated.py", "pyglotaran was given this file", "Wavelength explicit"]
    lines += [f"Intervalnr {len(matrix.wavelength)}", "\t".join(f"{x:g}" for x in matrix.wavelength)]
    lines += ["\t".join(f"{x:.6g}" for x in (time, *row)) for time, row in zip(matrix.time, matrix.signal, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_oracle() -> None:
    """The two matrices given to pyglotaran."""
    ORACLE.mkdir(parents=True, exist_ok=True)
    for name, dispersion in (("transient.ascii", 0.0), ("transient_dispersed.ascii", 0.15)):
        write_glotaran(oracle_matrix(dispersion), ORACLE / name)


if __name__ == "__main__":
    write_oracle()
