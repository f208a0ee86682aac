"""The atom list of a CIF block: labels, elements, coordinates, occupancies and what is no atom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import InputError
from mlcluster.structure.cif_blocks import MISSING, Block
from mlcluster.structure.files import printable
from mlcluster.structure.limits import MAX_COORDINATE, MAX_FRACTIONAL, shortened
from mlcluster.structure.report import Entry, site_list
from mlcluster.structure.site_elements import DUMMIES, elements_of

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:\(\d*\)?)?$")
_FRACTIONAL = tuple(f"_atom_site_fract_{axis}" for axis in "xyz")
_CARTESIAN = tuple(f"_atom_site_cartn_{axis}" for axis in "xyz")
_LABELS = ("_atom_site_label", "_atom_site_auth_atom_id", "_atom_site_label_atom_id")
_OPTIONAL = {
    "type": ("_atom_site_type_symbol",),
    "occupancy": ("_atom_site_occupancy",),
    "group": ("_atom_site_disorder_group", "_atom_site_label_alt_id"),
    "assembly": ("_atom_site_disorder_assembly",),
    "flag": ("_atom_site_calc_flag",),
}


@dataclass(frozen=True, kw_only=True)
class Sites:
    """Sites of a block that are atoms.

    Parameters
    ----------
    labels, numbers, coordinates, occupancy, group, assembly
        As in `mlcluster.structure.crystal.Crystal`.
    cartesian
        True where the coordinates are in angstrom.
    entries
        What was left out and why.
    """

    labels: tuple[str, ...]
    numbers: NDArray[np.int64]
    coordinates: NDArray[np.float64]
    cartesian: bool
    occupancy: NDArray[np.float64]
    group: NDArray[np.int64]
    assembly: tuple[str, ...]
    entries: tuple[Entry, ...]


def has_sites(block: Block) -> bool:
    """Whether a block lists atoms at all, readable or not."""
    return _atom_list(block) is not None


def _atom_list(block: Block) -> dict[str, list[str]] | None:
    """Columns of the atom list; of several loops the one with coordinates, single values as a list of one."""
    single = {tag: [value] for tag, value in block.pairs.items() if tag.startswith("_atom_site_")}
    loops = [loop for loop in block.loops if any(tag in loop for tag in (*_FRACTIONAL, *_CARTESIAN, *_LABELS))]
    placed = [loop for loop in loops if any(tag in loop for tag in (*_FRACTIONAL, *_CARTESIAN))]
    if placed or loops:
        return single | (placed or loops)[0]
    return single if any(tag in single for tag in (*_FRACTIONAL, *_CARTESIAN, *_LABELS)) else None


def sites_of(block: Block, file: str, where: str) -> Sites:
    """Every atom of the list of a block.

    Raises
    ------
    InputError
        If columns are missing or uneven, an element is not known, or a number is none or out of range.
    """
    columns = _atom_list(block) or {}
    cartesian = not all(tag in columns for tag in _FRACTIONAL)
    axes = _CARTESIAN if cartesian else _FRACTIONAL
    if any(tag not in columns for tag in axes):
        raise InputError(
            "the CIF has no coordinates.", file=file, site=where, expected=", ".join(_FRACTIONAL), found="none"
        )
    n = len(columns[axes[0]])
    if not n:
        raise InputError("the atom list is empty.", file=file, site=where, expected="at least one site")
    chosen = {key: next((columns[tag] for tag in tags if tag in columns), None) for key, tags in _OPTIONAL.items()}
    types = chosen["type"]
    stated = next((columns[tag] for tag in _LABELS if tag in columns), None)
    needed = {tag: columns[tag] for tag in axes} | _given(columns)
    _check_even(needed, n, "sites" if stated is None else "labels", file, where)
    words = types if stated is None else stated
    if words is None:
        raise InputError(
            "the atoms have neither label nor element.", file=file, site=where, expected="_atom_site_type_symbol"
        )
    labels = _labels(words, counted=stated is None)
    most = MAX_COORDINATE if cartesian else MAX_FRACTIONAL
    places = np.stack([_numbers(columns[tag], np.nan, tag, labels, file, -most, most) for tag in axes], axis=1)
    occupancy = _occupancy(chosen["occupancy"], labels, file)
    entries: list[Entry] = []
    absent = _left_out(labels, types, chosen["flag"], occupancy, places, entries)
    present = np.flatnonzero(~absent)
    if not present.size:
        raise InputError("no site of the CIF has coordinates.", file=file, site=where, found=f"{n} sites")
    numbers = elements_of(
        [labels[i] for i in present] if stated is not None else [words[i] for i in present],
        None if types is None else [types[i] for i in present],
        occupancy[present],
        block,
        file,
        entries,
    )
    keep, numbers = present[numbers > 0], numbers[numbers > 0]
    if not keep.size:
        raise InputError("no site of the CIF is an atom.", file=file, site=where, found=f"{n} sites")
    group, assembly = chosen["group"] or ["."] * n, chosen["assembly"] or ["."] * n
    return Sites(
        labels=tuple(labels[i] for i in keep),
        numbers=numbers,
        coordinates=places[keep],
        cartesian=cartesian,
        occupancy=occupancy[keep],
        group=np.array([_group_number(group[i]) for i in keep], dtype=np.int64),
        assembly=tuple("" if assembly[i].strip() in MISSING else assembly[i] for i in keep),
        entries=tuple(entries),
    )


def _given(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    wanted = [tag for tags in (*_OPTIONAL.values(), _LABELS) for tag in tags]
    return {tag: columns[tag] for tag in wanted if tag in columns}


def _check_even(columns: dict[str, list[str]], n: int, what: str, file: str, where: str) -> None:
    for tag, values in columns.items():
        if len(values) != n:
            raise InputError(
                "the columns of the atom list have different lengths.",
                file=file,
                site=where,
                found=f"{len(values)} values of {tag}, {n} {what}",
                hint="Check the loop header of the atom list.",
            )


def _labels(words: Sequence[str], *, counted: bool) -> list[str]:
    if not counted:
        return [printable("".join(word.split())) or f"site{k}" for k, word in enumerate(words, start=1)]
    seen: Counter[str] = Counter()
    labels = []
    for word in words:
        symbol = (re.match(r"[A-Za-z]*", word)[0] or "site").capitalize()  # type: ignore[index]
        seen[symbol] += 1
        labels.append(f"{symbol}{seen[symbol]}")
    return labels


def _left_out(
    labels: Sequence[str],
    types: Sequence[str] | None,
    flags: Sequence[str] | None,
    occupancy: NDArray[np.float64],
    places: NDArray[np.float64],
    entries: list[Entry],
) -> NDArray[np.bool_]:
    """Sites that are no atoms: unfilled rows, dummies, sites of no occupancy or no place."""
    unplaced = np.isnan(places).any(axis=1)
    unfilled = np.array([label in MISSING or label.startswith("site") for label in labels]) & unplaced
    dummy = np.zeros(len(labels), dtype=bool)
    for column, words in ((flags, {"dum", "dummy"}), (types, DUMMIES)):
        if column is not None:
            dummy |= np.array([word.strip().lower() in words for word in column])
    empty = (occupancy <= 0.0) & ~dummy
    unplaced &= ~unfilled & ~dummy
    if names := _names(labels, unplaced):
        text = f"no coordinates are given for {site_list(names)}; left out."
        entries.append(Entry("warning", "no_coordinates", text, names[0]))
    if names := _names(labels, dummy & ~unfilled):
        text = f"{len(names)} sites ({site_list(names)}) are dummy atoms or unassigned peaks; left out."
        entries.append(Entry("warning", "dummy_atom", text, names[0]))
    if names := _names(labels, empty & ~unplaced & ~unfilled):
        text = f"{len(names)} sites ({site_list(names)}) have no occupancy; left out."
        entries.append(Entry("warning", "zero_occupancy", text, names[0]))
    return unplaced | unfilled | dummy | empty


def _names(labels: Sequence[str], which: NDArray[np.bool_]) -> list[str]:
    return [label for label, listed in zip(labels, which, strict=True) if listed]


def _numbers(
    words: Sequence[str], default: float, what: str, labels: Sequence[str], file: str, low: float, high: float
) -> NDArray[np.float64]:
    """Numbers of a column, standard uncertainties in brackets cut off; `default` where a word says nothing."""
    try:
        values = np.array([float(word) for word in words])
    except ValueError:
        values = np.array([_number(word, default, what, labels[i], file) for i, word in enumerate(words)])
    # Where a missing value has a default, one that is no number is a fault as well.
    allowed = (low <= values) & (values <= high) | (np.isnan(values) & np.isnan(default))
    bad = np.flatnonzero(~allowed).tolist()
    if bad:
        expected = f"a number between {low:g} and {high:g}"
        found = shortened(words[bad[0]])
        raise InputError(f"{what} is out of range.", file=file, site=labels[bad[0]], found=found, expected=expected)
    return values


def _number(word: str, default: float, what: str, label: str, file: str) -> float:
    if word.strip() in MISSING:
        return default
    match = _NUMBER.match(word.strip()) if len(word) < 100 else None
    if match is None:
        raise InputError(f"{what} is not a number.", file=file, site=label, found=shortened(word))
    return float(match[1])


def _occupancy(words: Sequence[str] | None, labels: Sequence[str], file: str) -> NDArray[np.float64]:
    if words is None:
        return np.ones(len(labels))
    values = _numbers(words, 1.0, "the occupancy", labels, file, -1e9, 1e9)
    bad = np.flatnonzero((values < 0) | (values > 1.05)).tolist()
    if bad:
        raise InputError(
            "an occupancy is outside 0 to 1.", file=file, site=labels[bad[0]], found=values[bad[0]], expected="0 to 1"
        )
    return np.clip(values, 0.0, 1.0)


def _group_number(word: str) -> int:
    word = word.strip()
    if word in MISSING:
        return 0
    if re.fullmatch(r"[+-]?[0-9]{1,9}", word):
        return int(word)
    # Letters are allowed for groups: any stable number tells them apart.
    return 1 + sum(ord(c) * 256**i for i, c in enumerate(word[:4]))
