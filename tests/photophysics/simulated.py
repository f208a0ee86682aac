"""Measurements simulated with fixed seeds from numbers of the papers; ``python -m tests.photophysics.simulated``.

It writes docs/data, whose files the commands of docs/papers.md read, and the matrices that pyglotaran was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mlcluster.photophysics.conversion import GAS_KJ, eyring_rate
from mlcluster.photophysics.decay_model import FWHM_OF_SIGMA, gaussian_exponential
from mlcluster.photophysics.linewidth import widths
from mlcluster.photophysics.transient import TransientMatrix
from mlcluster.units import EV_NM

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "docs" / "data"
ORACLE = CHECKOUT / "tests" / "data" / "photophysics"

LIFETIMES_PS = (0.36, 2.61)
"""Finite lifetimes of transient absorption in 10.1038/s41467-025-65024-3; a third component does not decay."""

NOTE = "simulated by tests/photophysics/simulated.py: not measured by anybody"


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


def tables() -> dict[str, dict[str, np.ndarray]]:
    """The tables of docs/data by name."""
    rng = np.random.default_rng(2025)
    made: dict[str, dict[str, np.ndarray]] = {}
    t = np.linspace(0, 30, 301)
    for name, tau in (("decay_au21", 2.65), ("decay_au22", 3.82)):
        made[name] = {"time (us)": t, "counts": rng.poisson(3000 * np.exp(-t / tau) + 5)}
    kelvin = np.linspace(200, 300, 11)
    for name, e_ac, e_op, s_op in (("linewidth_first", 4.3, 36.1, 137.7), ("linewidth_second", 6.9, 41.6, 55.3)):
        width = widths(kelvin, 100.0, 20.0, e_ac, s_op, e_op) + rng.normal(0, 2, len(kelvin))
        made[name] = {"T (K)": kelvin, "FWHM (meV)": width.round(1)}
    nm = np.arange(400.0, 1001.0, 3.0)
    energy = EV_NM / nm
    for name, gap in (("absorption_s", 1.72), ("absorption_e", 2.17)):
        rise = 0.3 * np.clip((energy - gap) / 0.4, 0, 1) / (nm / 500) ** 2
        made[name] = {"wavelength (nm)": nm, "absorbance": (rise + rng.normal(0, 0.001, len(nm))).round(5)}
    cold = np.linspace(253, 313, 7)
    constant = np.exp(90 / (1e3 * GAS_KJ) - 25 / (GAS_KJ * cold) + rng.normal(0, 0.03, len(cold)))
    made["equilibrium"] = {"T (K)": cold, "K": constant.round(4)}
    scan = np.linspace(300, 420, 241)
    peak = 1.2 * np.clip(1 - np.abs(scan - 362) / 8, 0, None)
    flow = 0.5 + 0.002 * scan + peak + rng.normal(0, 0.02, len(scan))
    made["calorimetry"] = {"T (K)": scan, "heat flow (mW)": flow.round(4)}
    time, absorbance, place = [], [], []
    for kelvin_of in (293.0, 303.0, 313.0, 323.0):
        rate = float(eyring_rate([kelvin_of], 95.0, -10.0)[0])
        of = np.linspace(0, 4 / rate, 30).round()
        time.append(of)
        absorbance.append((0.8 - 0.5 * np.exp(-rate * of) + rng.normal(0, 0.004, 30)).round(4))
        place.append(np.full(30, kelvin_of))
    made["conversion"] = {
        "time (s)": np.concatenate(time),
        "absorbance": np.concatenate(absorbance),
        "T (K)": np.concatenate(place),
    }
    return made


def csv_text(columns: Mapping[str, np.ndarray]) -> str:
    """A table as it stands in docs/data."""
    lines = [f"# {NOTE}", ",".join(columns)]
    lines += [",".join(f"{value:.7g}" for value in row) for row in zip(*columns.values(), strict=True)]
    return "\n".join(lines) + "\n"


def matrix_text() -> str:
    """The matrix of transient absorption as it stands in docs/data."""
    times = np.concatenate([np.arange(-1, 3, 0.1), np.geomspace(3, 1000, 25)]).round(3)
    matrix = transient(7, times, np.linspace(450, 750, 13))
    lines = [f"# {NOTE}", ",".join(["time (ps)", *(f"{w:g}" for w in matrix.wavelength)])]
    lines += [
        ",".join([f"{t:g}", *(f"{x:.4f}" for x in row)]) for t, row in zip(matrix.time, matrix.signal, strict=True)
    ]
    return "\n".join(lines) + "\n"


def examples() -> dict[str, str]:
    """Text of every file of docs/data by its name."""
    return {f"{name}.csv": csv_text(columns) for name, columns in tables().items()} | {"transient.csv": matrix_text()}


if __name__ == "__main__":
    write_oracle()
    EXAMPLES.mkdir(exist_ok=True)
    for file_name, text in examples().items():
        (EXAMPLES / file_name).write_text(text, encoding="utf-8")
