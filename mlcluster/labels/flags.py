"""What each flag of a label means, and whether a label that carries it may be learned from."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from mlcluster.errors import DataError


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
