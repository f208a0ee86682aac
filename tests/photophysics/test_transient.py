"""Global analysis against pyglotaran, against simulated truth, and its readers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mlcluster.errors import InputError
from mlcluster.photophysics.decay_model import FWHM_OF_SIGMA
from mlcluster.photophysics.transient import TransientMatrix, fit_transient, sequential_amplitudes
from mlcluster.photophysics.transient_files import read_transient
from tests.photophysics.simulated import LIFETIMES_PS, ORACLE, oracle_matrix, transient, write_glotaran

FIVE_DIGITS = 1e-5


@pytest.mark.parametrize(("name", "order"), [("transient.ascii", 0), ("transient_dispersed.ascii", 1)])
def test_five_digits_of_pyglotaran(name: str, order: int) -> None:
    theirs = json.loads((ORACLE / "pyglotaran.json").read_text())[name]
    result = fit_transient(read_transient(ORACLE / name), components=2, dispersion=order)
    for ours, key in (("tau1", "k.1"), ("tau2", "k.2")):
        rate, error = theirs[key]["value"], theirs[key]["standard_error"]
        assert result[ours].best == pytest.approx(1 / rate, rel=FIVE_DIGITS)
        assert result[ours].standard_error == pytest.approx(error / rate**2, rel=1e-4)
    centres = [("t0", "irf.c", 1.0), ("response FWHM", "irf.w", FWHM_OF_SIGMA), ("dispersion 1", "irf.disp", 1.0)]
    for ours, key, factor in centres[: 2 + order]:
        assert result[ours].best == pytest.approx(theirs[key]["value"] * factor, rel=FIVE_DIGITS)
        assert result[ours].standard_error == pytest.approx(theirs[key]["standard_error"] * factor, rel=1e-4)
    assert result.statistics["sum_of_squares"] == pytest.approx(theirs["sum_of_squares"], rel=1e-8)
    first = [column[0] for column_name, column in result.table.items() if column_name.startswith("DAS")]
    assert first == pytest.approx(theirs["decay_associated_spectra_first_wavelength"], rel=FIVE_DIGITS)


def test_the_files_given_to_pyglotaran_are_those_of_the_script() -> None:
    for name, dispersion in (("transient.ascii", 0.0), ("transient_dispersed.ascii", 0.15)):
        assert read_transient(ORACLE / name).signal == pytest.approx(oracle_matrix(dispersion).signal, abs=1e-5)


@pytest.fixture(scope="module")
def matrix() -> TransientMatrix:
    times = np.concatenate([np.arange(-1, 3, 0.1), np.geomspace(3, 1000, 25)])
    return transient(3, times, np.linspace(450, 750, 20))


@pytest.mark.parametrize("model", ["parallel", "sequential"])
def test_lifetimes_and_the_infinite_one_are_recovered(matrix: TransientMatrix, model: str) -> None:
    result = fit_transient(matrix, model=model)
    for name, true in zip(("tau1", "tau2"), LIFETIMES_PS, strict=True):
        assert result[name].best == pytest.approx(true, rel=0.05)
        assert result[name].lower < true < result[name].upper
    assert result.statistics["lifetimes"] == 2
    assert "longer than the window" in result.sentences[0]
    spectra = np.array(list(result.table.values())[1:])
    assert spectra.shape == (3, 20)
    last = spectra[2]
    if model == "parallel":
        wavelengths = matrix.wavelength
        true = 3 * np.exp(-0.5 * ((wavelengths - 650) / 60) ** 2) - 2 * np.exp(-0.5 * ((wavelengths - 500) / 40) ** 2)
        assert last == pytest.approx(true, abs=0.1)


def test_evolution_associated_spectra_begin_where_the_signal_does(matrix: TransientMatrix) -> None:
    both = [fit_transient(matrix, model=m) for m in ("parallel", "sequential")]
    decay, evolution = (np.array(list(result.table.values())[1:]) for result in both)
    assert evolution[0] == pytest.approx(decay.sum(axis=0))  # at time zero only the first state is there
    rates = np.array([1 / both[0]["tau1"].best, 1 / both[0]["tau2"].best, 0.0])
    assert sequential_amplitudes(rates) @ evolution == pytest.approx(decay)


def test_without_infinite_component_the_fit_is_worse(matrix: TransientMatrix) -> None:
    finite = fit_transient(matrix, components=2, infinite=False)
    assert finite.statistics["root_mean_square"] > 2 * 0.05


def test_data_behind_the_response() -> None:
    times = np.arange(0.5, 30, 0.25)
    result = fit_transient(transient(2, times, np.linspace(450, 750, 20)), components=2, response=False)
    assert result["tau2"].best == pytest.approx(2.61, rel=0.05)


@pytest.mark.parametrize("suffix", ["csv", "dat", "time.csv", "ascii", "time.ascii"])
def test_every_format_gives_the_same_matrix(tmp_path: Path, suffix: str) -> None:
    times, wavelengths = np.array([-0.5, 0.0, 1.5]), np.array([500.0, 510.0])
    signal = np.array([[0.0, 0.1], [1.0, 2.0], [0.5, -0.25]])
    path = tmp_path / f"matrix.{suffix}"
    mark = "\t" if suffix == "dat" else ","
    if suffix in ("csv", "dat"):
        rows = [mark.join(["time (ps)" if suffix == "csv" else "", *map(str, wavelengths)])]
        rows += [mark.join(map(str, (t, *row))) for t, row in zip(times, signal, strict=True)]
    elif suffix == "time.csv":
        rows = [",".join(["wavelength", *map(str, times)])]
        rows += [",".join(map(str, (w, *row))) for w, row in zip(wavelengths, signal.T, strict=True)]
    elif suffix == "ascii":
        write_glotaran(TransientMatrix(times, wavelengths, signal), path)
        rows = path.read_text().splitlines()
    else:
        rows = ["#", "#", "Time explicit", "Intervalnr 3", "\t".join(map(str, times))]
        rows += ["\t".join(map(str, (w, *row))) for w, row in zip(wavelengths, signal.T, strict=True)]
    path.write_text("\n".join(rows) + "\n")
    read = read_transient(path)
    assert read.time == pytest.approx(times)
    assert read.wavelength == pytest.approx(wavelengths)
    assert read.signal == pytest.approx(signal)


def test_units_and_blank_columns(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("time (ns),500,510,520\n1,0.1,nan,0.3\n2,0.2,nan,0.4\n")
    read = read_transient(path)
    assert read.time.tolist() == [1000.0, 2000.0]
    assert read.wavelength.tolist() == [500.0, 520.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t,500,510\n1,0.1,x\n", "line 2, cell 3: not a number. Found: x"),
        ("t,500,510\n1,0.1\n", "line 2: a row does not fit"),
        ("t,500,510\n", "no rows"),
        ("t (ks),500\n1,0.1\n2,0.1\n", "unknown unit of time"),
        ("t,500,510\n2,0.1,0.1\n1,0.2,0.1\n", "times of a matrix have to increase"),
        ("t,500,510\n2,nan,\n", "no numbers"),
        ("a\nb\nTime explicit\nIntervalnr 3\n1 2\n500 1 2\n", "not as long as stated"),
        ("t,500,510\n1,0.1,nan\n2,0.1,0.3\n", "1 ps, 510 nm"),
    ],
)
def test_faults_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "m.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=r"m\.txt") as error:
        read_transient(path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "options",
    [
        {"components": 5},
        {"components": 0},
        {"model": "target"},
        {"dispersion": 4},
        {"dispersion": 1, "response": False},
    ],
)
def test_impossible_options(matrix: TransientMatrix, options: dict) -> None:
    with pytest.raises(InputError):
        fit_transient(matrix, **options)


def test_too_few_times() -> None:
    with pytest.raises(InputError, match="too few points"):
        fit_transient(TransientMatrix(np.arange(3.0), np.arange(2.0), np.ones((3, 2))), components=2)
