"""Electrospray spectra: which ion of a cluster a peak is, by its tallest isotope peak, its spacing and its shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.errors import InputError
from mlcluster.photophysics.bench_result import Panel, Series
from mlcluster.photophysics.compositions import Composition, enumerate_compositions
from mlcluster.photophysics.drawing import check_plot_name, draw
from mlcluster.photophysics.ion_assignment import NEAR, PPM, Assignment, Spectrum, ppm_between, read_spectrum
from mlcluster.photophysics.ions import Ion, Parent, ions_of, parent_of
from mlcluster.photophysics.isotopes import RESOLVING_POWER, isotope_envelope, similarity
from mlcluster.photophysics.mass_spectrum import mass_to_charge

_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class EsiResult:
    """Assignments, what they mean in plain words, and what was measured."""

    ions: Sequence[Assignment]
    sentences: Sequence[str]
    resolving_power: float
    spectrum: Spectrum | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of the verb."""
        return {
            "ions": [ion.to_dict() for ion in self.ions],
            "sentences": list(self.sentences),
            "resolving_power": self.resolving_power,
        }

    def panels(self) -> tuple[Panel, ...]:
        """Envelope of the best ion of each observed peak, over the spectrum if there is one."""
        shown: dict[float | None, Assignment] = {}
        for ion in self.ions:
            shown.setdefault(ion.observed, ion)
        return tuple(self._panel(ion) for ion in list(shown.values())[:_SHOWN])

    def _panel(self, ion: Assignment) -> Panel:
        envelope = ion.envelope
        low, high = envelope.mz.min() - 1, envelope.mz.max() + 1
        series = [Series(label=f"{ion.formula} calculated", x=envelope.mz, y=envelope.intensity, style="sticks")]
        if self.spectrum is not None:
            inside = (self.spectrum.mz > low) & (self.spectrum.mz < high)
            if inside.any():
                measured = self.spectrum.intensity[inside]
                series.append(
                    Series(label="measured", x=self.spectrum.mz[inside], y=measured / measured.max(), style="line")
                )
        if ion.observed is not None:
            series.append(Series(label="observed", x=np.array([ion.observed]), y=np.array([1.0])))
        return Panel(x_label="m/z", y_label="relative intensity", series=tuple(series))


def esi(
    peaks: str | Path | None = None,
    *,
    mz: Sequence[float] = (),
    plot: str | Path | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Ions of a cluster beside the peaks of a spectrum, as ``mlcluster esi`` gives them.

    Parameters
    ----------
    peaks
        CSV with the columns ``m/z`` and ``intensity``, of a whole spectrum or of its peaks.
    mz, **options
        As of `assign`.
    plot
        SVG or PNG of the best envelope of each peak, over the spectrum if there is one.

    Raises
    ------
    InputError
        If the file or an option is not right.
    """
    check_plot_name(plot)
    result = assign(mz, spectrum=None if peaks is None else read_spectrum(peaks), **options)
    if plot is not None:
        draw(result.panels(), plot)
    return result.to_dict()


def assign(
    mz: Sequence[float] = (),
    *,
    formula: str | None = None,
    spectrum: Spectrum | None = None,
    charge: int | None = None,
    adducts: Sequence[str] | None = None,
    losses: Sequence[str] | None = None,
    metals: Sequence[str] = (),
    ligands: Sequence[str] = (),
    ppm: float = PPM,
    resolving_power: float = RESOLVING_POWER,
    most_changes: int = 3,
) -> EsiResult:
    """Assign the peaks of a spectrum.

    Parameters
    ----------
    mz
        Tallest peaks as read off; otherwise those of the spectrum. With neither, the expected ions are listed.
    formula
        The cluster; without it, compositions of `metals` and `ligands` are tried.
    spectrum
        Measured spectrum.
    charge
        Charge of the cluster where the formula states none; of the ion where there is no formula.
    adducts, losses, most_changes
        What may be gained and lost, and how many of them together (`mlcluster.photophysics.ions`).
    ppm
        Largest deviation that counts as a fit.
    resolving_power
        m/dm at half maximum.

    Raises
    ------
    InputError
        If there is neither formula nor metals, or one of them cannot be read.
    """
    if not ppm > 0:
        raise InputError("a tolerance in ppm is positive.", found=ppm)
    observed = list(mz) if len(mz) or spectrum is None else spectrum.tops()[:_SHOWN].tolist()
    for value in observed:
        if not 0 < value < np.inf:
            raise InputError("an m/z is positive.", found=value)
    if formula is None:
        if not metals or charge is None or not observed:
            raise InputError(
                "an unknown cluster needs an m/z, its charge, metals and ligands.",
                hint="Give --formula, or --mz, --charge, --metals and --ligands.",
            )
        return _unknown(observed, charge, metals, ligands, ppm, resolving_power, spectrum)
    parent = parent_of(formula, charge=charge, adducts=adducts, losses=losses)
    if not observed:
        expected = [_expected(ion, resolving_power) for ion in ions_of(parent, most_changes=1) if _plain(ion, parent)]
        return EsiResult(ions=expected, sentences=[_of_expected(expected[0])], resolving_power=resolving_power)
    every = list(ions_of(parent, most_changes=most_changes))
    rows, sentences = [], []
    for value in observed:
        found = _near(value, every, spectrum, ppm, resolving_power)
        rows += found[:_SHOWN]
        sentences.append(_verdict(value, found, ppm, spectrum))
    return EsiResult(ions=rows, sentences=sentences, resolving_power=resolving_power, spectrum=spectrum)


def _plain(ion: Ion, parent: Parent) -> bool:
    """True for the intact ion and one loss of a ligand: what is listed when nothing was observed."""
    return " + " not in ion.formula and (ion.changes == 0 or any(f"- {p.name}]" in ion.formula for p in parent.losses))


def _expected(ion: Ion, resolving_power: float) -> Assignment:
    envelope = isotope_envelope(ion.atoms, ion.charge, resolving_power)
    return Assignment(formula=ion.formula, charge=ion.charge, envelope=envelope, changes=ion.changes)


def _near(
    value: float, every: Sequence[Ion], spectrum: Spectrum | None, ppm: float, resolving_power: float
) -> list[Assignment]:
    """Ions whose envelope may hold a peak: those that fit first, of few changes before many; then the nearest."""
    seen = spectrum.charge_at(value) if spectrum is not None else None
    rows = []
    for ion in every:
        if abs(mass_to_charge(ion.atoms, ion.charge) - value) > max(NEAR / abs(ion.charge), 1e-6 * ppm * value):
            continue
        envelope = isotope_envelope(ion.atoms, ion.charge, resolving_power)
        likeness = None
        if spectrum is not None:
            width = max(0.5 * value / resolving_power, 1e-6 * ppm * value)
            likeness = similarity(envelope, spectrum.mz, spectrum.intensity, width)
        rows.append(
            Assignment(
                formula=ion.formula,
                charge=ion.charge,
                envelope=envelope,
                changes=ion.changes,
                observed=value,
                tolerance=ppm,
                spacing_charge=seen,
                likeness=likeness,
            )
        )
    return sorted(rows, key=lambda row: _rank(row, seen))


def _rank(row: Assignment, seen: float | None) -> tuple[float, ...]:
    wrong_charge = seen is not None and abs(seen - abs(row.charge)) > 0.3
    off = abs(row.ppm or 0.0)
    if row.fits == "neither":
        return wrong_charge, 1.0, row.changes, min(off, abs(row.ppm_average or 0.0))
    return wrong_charge, 0.0, row.changes, off


def _verdict(value: float, found: Sequence[Assignment], ppm: float, spectrum: Spectrum | None) -> str:
    if not found:
        return f"No ion of this cluster with these losses and adducts lies near {value:.2f}."
    best = found[0]
    envelope = best.envelope
    others = sum(row.fits == best.fits and row.changes == best.changes for row in found) - 1
    if best.fits == "apex":
        text = f"{value:.2f} is {best.formula}: calculated apex {envelope.apex_mz:.2f} ({best.ppm:+.1f} ppm)"
    elif best.fits == "average":
        text = (
            f"{value:.2f} is the average m/z of {best.formula} ({envelope.average_mz:.2f}), not its tallest peak, "
            f"which lies at {envelope.apex_mz:.2f}: no spectrum shows a peak at an average"
        )
    else:
        near = best.nearest_peak
        assert near is not None
        text = (
            f"{value:.2f} fits neither the apex {envelope.apex_mz:.2f} ({best.ppm:+.0f} ppm) nor the average "
            f"{envelope.average_mz:.2f} ({best.ppm_average:+.0f} ppm) of {best.formula}, the nearest ion; its nearest "
            f"isotope peak is {near:.2f} ({ppm_between(value, near):+.0f} ppm)"
        )
    if others and best.fits != "neither":
        text += f"; {others} other ion{'s' if others > 1 else ''} as simple fit within {ppm:g} ppm as well"
    return f"{text}. {_of_charge(best, spectrum)}"


def _of_charge(best: Assignment, spectrum: Spectrum | None) -> str:
    peaks = best.envelope.mz[best.envelope.intensity > 0.2]
    expected = f"{float(np.median(np.diff(peaks))):.3f}" if len(peaks) > 1 else "not resolved"
    if best.spacing_charge is None:
        why = "the spectrum shows too few isotope peaks" if spectrum is not None else "a spectrum would check it"
        return f"The charge {abs(best.charge)} asks for isotope peaks {expected} apart; {why}."
    agrees = abs(best.spacing_charge - abs(best.charge)) <= 0.3
    word = "as it should" if agrees else "which contradicts"
    return f"The isotope spacing says charge {best.spacing_charge:.1f}, {word} {abs(best.charge)}."


def _of_expected(ion: Assignment) -> str:
    e = ion.envelope
    return (
        f"{ion.formula} has its tallest peak at {e.apex_mz:.2f}; the average m/z is {e.average_mz:.2f}, the "
        f"monoisotopic one {e.monoisotopic_mz:.2f}. Compare a spectrum with the first of these."
    )


def _unknown(
    observed: Sequence[float],
    charge: int,
    metals: Sequence[str],
    ligands: Sequence[str],
    ppm: float,
    resolving_power: float,
    spectrum: Spectrum | None,
) -> EsiResult:
    rows, sentences = [], []
    for value in observed:
        found = enumerate_compositions(value, charge, metals, ligands, ppm=ppm, resolving_power=resolving_power)
        rows += [_assigned(row, value, ppm, spectrum) for row in found]
        closed = sum(row.shell == "closed shell" for row in found)
        sentences.append(
            f"Compositions of {', '.join([*metals, *ligands])} whose tallest peak lies within {ppm:g} ppm of "
            f"{value:.2f}: {len(found)}, of which {closed} with a closed shell of electrons. Mass alone does not "
            "choose between several."
        )
    return EsiResult(ions=rows, sentences=sentences, resolving_power=resolving_power, spectrum=spectrum)


def _assigned(row: Composition, value: float, ppm: float, spectrum: Spectrum | None) -> Assignment:
    return Assignment(
        formula=row.formula,
        charge=row.charge,
        envelope=row.envelope,
        observed=value,
        tolerance=ppm,
        spacing_charge=spectrum.charge_at(value) if spectrum is not None else None,
        electrons=row.electrons,
        shell=row.shell,
    )
