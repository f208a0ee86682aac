"""One label of one entry, the flags it carries, and which of them may be learned from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from mlcluster.errors import DataError
from mlcluster.labels.methods import Channel
from mlcluster.labels.targets import Bound, get_target


@dataclass(frozen=True)
class Flag:
    """One reservation about a label.

    Parameters
    ----------
    name
        As written in tables.
    meaning
        In a sentence.
    trains
        Whether the label is learned from unless somebody says otherwise.
    liftable
        Whether anybody may say otherwise.
    """

    name: str
    meaning: str
    trains: bool = False
    liftable: bool = True


FLAGS: dict[str, Flag] = {
    flag.name: flag
    for flag in (
        Flag("TOUCHSTONE", "one of the four measured systems that judge the package", liftable=False),
        Flag("SERIES_BOUND", "an end of the range of a series, not the value of one compound"),
        Flag("MIXTURE", "measured on a distribution of compositions"),
        Flag("NOT_PHOTOLUMINESCENCE", "electrochemiluminescence, transient absorption, two-photon or calculated value"),
        Flag("SUSPECT_COMPOSITION", "the formula was revised later or is doubted"),
        Flag("COMPOSITION_NOT_STATED", "ligands or numbers of atoms are missing in the source"),
        Flag("LIGAND_VARIANT_UNSPECIFIED", "a class of ligands, not one of them"),
        Flag("DUPLICATE", "the same value from the same work stands in another row"),
        Flag("BEST_OF_SERIES", "the best value of a series; of which member is not always told"),
        Flag("UNPHYSICAL_CHARGE", "a calculation that converged to impossible atomic charges"),
        Flag("LOWER_BOUND", "the yield is at least this", trains=True),
        Flag("SECONDARY_SOURCE", "quoted from a paper that is not the original", trains=True),
        Flag("DERIVED_VALUE", "follows from a stated ratio or difference", trains=True),
        Flag("PERIPHERAL", "a complex without a metal kernel, at the edge of the field", trains=True),
    )
}
"""Flags by name. A new one is one entry here."""

EXCLUDED_BY_DEFAULT = frozenset(flag.name for flag in FLAGS.values() if not flag.trains and flag.liftable)
"""Flags of labels that are not learned from unless somebody says so."""


def check_flag(name: str) -> None:
    """Refuse a flag that is not in `FLAGS`.

    Raises
    ------
    DataError
        Naming the nearest one.
    """
    if name in FLAGS:
        return
    near = get_close_matches(name.upper(), FLAGS, n=1)
    hint = f"Did you mean {near[0]}?" if near else None
    raise DataError("unknown flag.", found=name, expected=", ".join(FLAGS), hint=hint)


TOUCHSTONE = "TOUCHSTONE"
"""Flag of the four measured systems that judge the package and so may never teach it."""

TOUCHSTONE_NAMES = {
    "Au13Ag12_PPh3_10_Cl8_E": "E",
    "Au13Ag12_PPh3_10_Cl8_S": "S",
    "Au21_SAdm12_PPh2py3": "Au21",
    "Au22_SAdm12_PPh2py4": "Au22",
}
"""Short names of those systems by their entry in the literature table."""

TOUCHSTONE_ENTRIES = frozenset(TOUCHSTONE_NAMES)
"""Their entries: refused even when a copy of the table has lost the flag."""


@dataclass(frozen=True, kw_only=True)
class LabelRecord:
    """One value of one target for one entry.

    Parameters
    ----------
    entry
        Identifier of the structure or cluster.
    target, method
        What it is and how it was obtained.
    value, unit
        Given in any unit the target accepts; stored in the target's own.
    bound
        "lower" if the true value is at least `value` (in the target's unit), "upper" if at most, None if it is a value.
        Set on its own for a quantum yield of 0 or 1.
    medium, temperature_k
        Conditions; None when not stated.
    source
        DOI, printed reference or program that the value comes from.
    family
        Structural family, the unit by which data are split; None when not assigned.
    flags
        Reservations about the value.

    Raises
    ------
    DataError
        For an unknown target or method, a missing or wrong unit, or an impossible value.
    """

    entry: str
    target: str
    method: str
    value: float
    unit: str
    bound: Bound | None = None
    medium: str | None = None
    temperature_k: float | None = None
    source: str | None = None
    family: str | None = None
    flags: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        try:
            Channel(self.target, self.method)
            target = get_target(self.target)
            if self.value is None or not math.isfinite(self.value):
                raise DataError("a label has no number.", found=self.value, expected=f"a value in {target.unit}")
            value = target.convert(float(self.value), self.unit)
        except DataError as error:
            raise DataError(
                error.what, site=self.entry, found=error.found, expected=error.expected, hint=error.hint
            ) from None
        if self.bound not in (None, "lower", "upper"):
            raise DataError(
                "unknown kind of bound.", site=self.entry, found=self.bound, expected="lower, upper or none"
            )
        bound = self.bound
        if self.unit == target.transform.model_unit:
            # Only an emission given in eV changes here: "at least 1.4 eV" is "at most 886 nm".
            bound = target.bound_in_model(bound)
        for key, stored in (
            ("value", value),
            ("unit", target.unit),
            ("bound", bound or target.is_bound(value)),
            ("flags", frozenset(self.flags)),
        ):
            object.__setattr__(self, key, stored)

    @property
    def channel(self) -> Channel:
        """Target and method."""
        return Channel(self.target, self.method)

    @property
    def model_value(self) -> float:
        """Value in model space."""
        return float(get_target(self.target).to_model(self.value))

    @property
    def model_bound(self) -> Bound | None:
        """Kind of bound in model space."""
        return get_target(self.target).bound_in_model(self.bound)


def excluding_flags(record: LabelRecord, allow: Iterable[str] = ()) -> frozenset[str]:
    """Find the flags that keep a record from being learned from; `allow` lifts any of them except TOUCHSTONE."""
    excluded = record.flags & (EXCLUDED_BY_DEFAULT - frozenset(allow))
    is_touchstone = TOUCHSTONE in record.flags or record.entry in TOUCHSTONE_ENTRIES
    return excluded | {TOUCHSTONE} if is_touchstone else excluded


def trainable(records: Iterable[LabelRecord], allow: Iterable[str] = ()) -> list[LabelRecord]:
    """Keep the records that may be learned from, in their order."""
    allow = tuple(allow)
    return [record for record in records if not excluding_flags(record, allow)]


def require_trainable(records: Iterable[LabelRecord], allow: Iterable[str] = ()) -> list[LabelRecord]:
    """Return all records, provided every one of them may be learned from.

    Training, calibration and model selection take their labels through this gate only.

    Raises
    ------
    DataError
        Naming the first records that may not pass, and why.
    """
    kept, allow = list(records), tuple(allow)
    refused = [(record, excluding_flags(record, allow)) for record in kept]
    refused = [(record, flags) for record, flags in refused if flags]
    if refused:
        named = ", ".join(
            f"{record.entry} {record.target} ({'|'.join(sorted(flags))})" for record, flags in refused[:8]
        )
        raise DataError(
            "these labels may not be used for training, calibration or selection.",
            found=named + (f" and {len(refused) - 8} more" if len(refused) > 8 else ""),
            hint="TOUCHSTONE measurements are for display beside predictions only; drop the others with trainable().",
        )
    return kept
