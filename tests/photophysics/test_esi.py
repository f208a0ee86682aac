"""Ions against the m/z that the two papers print as observed and as calculated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlcluster.chem.cluster_formula import parse_cluster_formula
from mlcluster.errors import InputError
from mlcluster.photophysics.compositions import enumerate_compositions
from mlcluster.photophysics.esi import Spectrum, assign, esi
from mlcluster.photophysics.ions import atoms_of, ions_of, parent_of
from mlcluster.photophysics.isotopes import isotope_envelope, similarity

ROD = "[Au13Ag12(PPh3)10Cl8]+"
AU21, AU22 = "[Au21(SAdm)12(PPh2py)3]+", "[Au22(SAdm)12(PPh2py)4]2+"


def elements(formula: str) -> dict[str, int]:
    found = parse_cluster_formula(formula).elements
    assert found is not None
    return found


def test_apex_average_and_monoisotopic_of_the_rod() -> None:
    # 10.1038/s41467-020-19789-4: observed 6762.10, calculated (average) 6761.46.
    ion = isotope_envelope(elements(ROD), 1)
    assert ion.apex_mz == pytest.approx(6762.09, abs=0.005)
    assert ion.average_mz == pytest.approx(6761.46, abs=0.005)
    assert ion.monoisotopic_mz == pytest.approx(6744.09, abs=0.005)


@pytest.mark.parametrize(
    ("formula", "observed", "ion"),
    [
        (ROD, 6762.10, "[Au13Ag12(PPh3)10Cl8]+"),
        (ROD, 3362.56, "[Au13Ag12(PPh3)10Cl8 - Cl]2+"),
        (AU22, 3696.34, "[Au22(SAdm)12(PPh2py)4]2+"),
    ],
)
def test_observed_peaks_are_the_tallest_of_their_ions(formula: str, observed: float, ion: str) -> None:
    best = assign([observed], formula=formula).ions[0]
    assert best.formula == ion
    assert best.fits == "apex"
    assert abs(best.ppm or 99) < 3


@pytest.mark.parametrize("options", [{}, {"adducts": ["CH3OH", "Cs"], "losses": []}])
def test_the_printed_peak_of_au21_fits_neither_apex_nor_average(options: dict) -> None:
    result = assign([3549.68], formula=AU21, **options)
    best = result.ions[0]
    assert {"Cs", "CH3OH"} <= set(best.formula.replace("]2+", "").split()) and best.charge == 2
    assert best.fits == "neither"
    assert best.envelope.apex_mz == pytest.approx(3548.78, abs=0.005)
    assert best.nearest_peak == pytest.approx(3549.78, abs=0.01)
    assert "fits neither the apex 3548.78" in result.sentences[0]
    assert "nor the average 3549.28" in result.sentences[0]
    assert assign([3548.78], formula=AU21, **options).ions[0].fits == "apex"


def test_an_average_is_recognised_as_one() -> None:
    result = assign([6761.46], formula=ROD)
    assert result.ions[0].fits == "average"
    assert "no spectrum shows a peak at an average" in result.sentences[0]


def test_fine_structure_is_merged_as_the_resolving_power_says() -> None:
    coarse, fine = (isotope_envelope({"C": 60, "Cl": 4}, 1, r) for r in (5_000, 2_000_000))
    assert len(fine.mz) > len(coarse.mz)
    inside = np.abs(fine.mz - coarse.mz[2]) < 0.3
    assert inside.sum() > 1  # one peak of the coarse spectrum is several of the fine one
    assert fine.mz[0] == pytest.approx(60 * 12.0 + 4 * 34.968853 - 0.000549, abs=1e-4)


def test_the_envelope_of_chlorine_by_hand() -> None:
    ion = isotope_envelope({"Cl": 2}, 1, 100_000)
    # 75.76 % of 35 and 24.24 % of 37: 0.574, 0.367, 0.0588
    assert ion.intensity == pytest.approx([1.0, 2 * 0.2424 / 0.7576, (0.2424 / 0.7576) ** 2], rel=2e-3)


def test_charges_and_counts_of_ions() -> None:
    every = list(ions_of(parent_of(ROD), most_changes=2))
    assert every[0].formula == ROD
    assert len({(tuple(sorted(ion.atoms.items())), ion.charge) for ion in every}) == len(every)
    assert all(ion.charge > 0 for ion in every)
    dication = next(ion for ion in every if ion.formula == "[Au13Ag12(PPh3)10Cl8 - Cl]2+")
    assert dication.atoms["Cl"] == 7
    named = {ion.formula for ion in every}
    for wanted in ("- PPh3]+", "+ Na]2+", "+ Cs]2+", "+ Ag]2+", "- AuCl]+", "+ CH3OH]+", "+ AuCl]+"):
        assert any(name.endswith(wanted) for name in named), wanted


def spectrum(formula: str, charge: int) -> Spectrum:
    mz = np.arange(3690, 3705, 0.01)
    ion = isotope_envelope(elements(formula), charge)
    signal = sum(h * np.exp(-0.5 * ((mz - m) / 0.08) ** 2) for m, h in zip(ion.mz, ion.intensity, strict=True))
    return Spectrum(mz=mz, intensity=np.asarray(signal) * 1000)


def test_a_spectrum_gives_peak_charge_and_similarity(tmp_path: Path) -> None:
    seen = spectrum(AU22, 2)
    path, plot = tmp_path / "s.csv", tmp_path / "s.svg"
    rows = zip(seen.mz, seen.intensity, strict=True)
    path.write_text("m/z,intensity\n" + "".join(f"{m:.3f},{i:.3f}\n" for m, i in rows))
    result = esi(path, formula=AU22, plot=plot)
    best = result["ions"][0]
    assert best["formula"] == AU22
    assert best["observed_mz"] == pytest.approx(3696.34, abs=0.02)
    assert best["charge_from_spacing"] == pytest.approx(2.0, abs=0.05)
    assert best["similarity"] > 0.98
    assert "as it should" in result["sentences"][0]
    assert plot.read_text().startswith("<?xml")


def test_a_spacing_that_contradicts_the_charge_is_told() -> None:
    half = spectrum(AU22, 2)
    doubled = Spectrum(mz=half.mz[0] + 2 * (half.mz - half.mz[0]), intensity=half.intensity)
    place = float(doubled.mz[np.argmax(doubled.intensity)])
    assert doubled.charge_at(place) == pytest.approx(1.0, abs=0.05)
    ion = isotope_envelope(elements(AU22), 2)
    assert similarity(ion, half.mz, half.intensity, 0.1) > 0.98
    shifted = assign(
        [3696.34], formula=AU22, spectrum=Spectrum(mz=3696.34 + 2 * (half.mz - 3696.34), intensity=half.intensity)
    )
    assert "contradicts" in shifted.sentences[0]


def test_unknown_compositions_by_mass_and_electrons() -> None:
    (only,) = enumerate_compositions(3696.34, 2, ["Au"], ["SAdm", "PPh2py"])
    assert only.formula == AU22
    assert (only.electrons, only.shell) == (8, "closed shell")
    rows = enumerate_compositions(6762.10, 1, ["Au", "Ag"], ["PPh3", "Cl"])
    assert ROD in [row.formula for row in rows[:3]]
    assert all(row.electrons >= 0 and abs(row.ppm) <= 10 for row in rows)
    odd = [row.shell == "odd" for row in rows]
    assert odd == sorted(odd)


def test_formulas_of_symbols_alone_and_what_is_expected() -> None:
    assert atoms_of("Au13Ag12(P(C6H5)3)10Cl8") == elements(ROD)
    result = esi(formula=ROD)
    assert [row["observed_mz"] for row in result["ions"]] == [None] * len(result["ions"])
    assert {row["formula"] for row in result["ions"]} >= {ROD, "[Au13Ag12(PPh3)10Cl8 - Cl]2+"}
    assert "6762.09" in result["sentences"][0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"formula": "[Au25(SR)18]-"}, "one substance"),
        ({"formula": "Au25(PET)18"}, "not stated"),
        ({"formula": ROD, "mz": [-5.0]}, "m/z is positive"),
        ({"formula": ROD, "mz": [100.0], "ppm": 0}, "ppm is positive"),
        ({"formula": ROD, "resolving_power": 0}, "resolving power is positive"),
        ({"mz": [100.0]}, "unknown cluster needs"),
        ({"mz": [900.0], "charge": 1, "metals": ["Fe"]}, "electron count"),
        ({"mz": [900.0], "charge": 1, "metals": ["Au"], "ligands": ["SR"]}, "one substance"),
        ({"mz": [90000.0], "charge": 1, "metals": ["Au", "Ag", "Cu"], "ligands": ["PPh3", "Cl"]}, "too many"),
        ({"formula": ROD, "mz": [6762.1], "adducts": ["Xq"]}, "cannot read|unknown"),
    ],
)
def test_faults(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        esi(**options)


def test_nothing_near_is_said_plainly() -> None:
    assert "No ion of this cluster" in esi(formula=ROD, mz=[100.0])["sentences"][0]
