"""Structures that pymatgen wrote as JSON -> `Crystal`.

The fields are read here one by one from plain JSON. pymatgen's own reader would follow every ``@module`` and ``@class``
of the document, that is import and call what a stranger names; here these two words are data like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import NUMBERS
from mlcluster.errors import InputError, MlclusterError
from mlcluster.structure.crystal import Crystal, Site, crystal_of_sites
from mlcluster.structure.files import printable
from mlcluster.structure.limits import check_cell, shortened, whole_charge, whole_multiplicity

_DUMMIES = ("X", "Q", "Du", "Vac")
MOST_LETTERS = 40
"""Of a label."""


def parse_json(text: str, file: str) -> tuple[list[Crystal], list[MlclusterError]]:
    """A pymatgen `Structure` or `Molecule` as JSON, or a list of them, and why others of the list cannot be read.

    Raises
    ------
    InputError
        If the text is no JSON, or nothing in it is one of the two; entry and site are named.
    """
    try:
        data = json.loads(text, parse_int=_integer)
    except RecursionError:
        raise InputError("the JSON is nested too deeply to be a structure.", file=file) from None
    except ValueError as error:
        raise InputError("the file is not valid JSON; it may be cut off.", file=file, found=error) from error
    items = data if isinstance(data, list) else [data]
    if not items:
        raise InputError("the file holds no structure.", file=file, found="an empty list")
    crystals: list[Crystal] = []
    failed: list[MlclusterError] = []
    for k, item in enumerate(items, start=1):
        try:
            crystals.append(_crystal(item, k, file))
        except MlclusterError as error:
            failed.append(error)
    if not crystals:
        raise failed[0]
    return crystals, failed


def _integer(digits: str) -> int | float:
    # Python refuses to make a whole number of some thousand digits; as a float it is out of range like any other.
    return int(digits) if len(digits) < 20 else float(digits)


def _crystal(item: object, k: int, file: str) -> Crystal:
    where = f"entry {k}"
    if not isinstance(item, dict) or not isinstance(item.get("sites"), list) or not item["sites"]:
        kind = item.get("@class") if isinstance(item, dict) else None
        raise InputError(
            "not a pymatgen Structure or Molecule.",
            file=file,
            site=where,
            found=shortened(kind) if kind else type(item).__name__,
            expected="an object with sites, and a lattice where it is periodic",
        )
    cell = _cell(item["lattice"], file, where) if item.get("lattice") is not None else None
    sites = [_site(site, f"{where}, site {n}", cell, file) for n, site in enumerate(item["sites"], start=1)]
    stated = _plain(item.get("properties"))
    # A molecule without a stated charge is written as 0 by pymatgen: only another value says something.
    if item.get("charge"):
        stated.setdefault("charge", item["charge"])
    if item.get("spin_multiplicity"):
        stated.setdefault("multiplicity", item["spin_multiplicity"])
    name = stated.get("name")
    return crystal_of_sites(
        sites,
        cell,
        file,
        charge=None if stated.get("charge") is None else whole_charge(stated["charge"], file, where),
        multiplicity=(
            None if stated.get("multiplicity") is None else whole_multiplicity(stated["multiplicity"], file, where)
        ),
        name=printable(name) if isinstance(name, str) else "",
        block=str(k),
    )


def _plain(properties: object) -> dict[str, Any]:
    """Properties that are a word or a number; what else a program left there is no business of ours."""
    if not isinstance(properties, Mapping):
        return {}
    return {key: value for key, value in properties.items() if isinstance(value, str | int | float)}


def _cell(lattice: object, file: str, where: str) -> NDArray[np.float64] | None:
    """Lattice vectors as rows, from the matrix or from lengths and angles; None for one periodic along no axis."""
    from pymatgen.core import Lattice

    if not isinstance(lattice, Mapping):
        raise InputError("the lattice cannot be read.", file=file, site=where, found=type(lattice).__name__)
    if lattice.get("pbc") in ([False] * 3, [0] * 3):
        return None
    if "matrix" in lattice:
        cell = _numbers(lattice["matrix"], (3, 3), "the lattice", file, where)
    else:
        stated = [lattice.get(key) for key in ("a", "b", "c", "alpha", "beta", "gamma")]
        lengths = _numbers(stated, (6,), "the lattice", file, where)
        if not ((lengths[:3] > 0).all() and (lengths[3:] > 0).all() and (lengths[3:] < 180).all()):
            raise InputError("the unit cell is missing or flat.", file=file, site=where, found=lengths.tolist())
        with np.errstate(all="ignore"):
            cell = np.array(Lattice.from_parameters(*lengths.tolist()).matrix)
    check_cell(cell, file, where)
    return cell


def _site(site: object, where: str, cell: NDArray[np.float64] | None, file: str) -> Site:
    if not isinstance(site, Mapping):
        raise InputError("a site cannot be read.", file=file, site=where, found=type(site).__name__)
    given = site.get("label")
    label = printable("".join(given.split()))[:MOST_LETTERS] if isinstance(given, str) else None
    if cell is not None and site.get("abc") is not None:
        place = _numbers(site["abc"], (3,), "the coordinates", file, where)
    else:
        place = _numbers(site.get("xyz"), (3,), "the coordinates", file, where)
        place = place if cell is None else place @ np.linalg.inv(cell)
    return Site(species=_species(site.get("species"), file, where), coordinates=place, label=label)


def _species(species: object, file: str, where: str) -> tuple[tuple[int, float], ...]:
    """Atomic number and share of each species of a site."""
    if not isinstance(species, Sequence) or isinstance(species, str) or not species:
        raise InputError("a site has no species.", file=file, site=where, found=shortened(species))
    found = []
    for one in species:
        symbol = one.get("element") if isinstance(one, Mapping) else None
        number = NUMBERS.get("H" if symbol in ("D", "T") else symbol) if isinstance(symbol, str) else None
        if number is None:
            hint = "Leave it out of the file." if symbol in _DUMMIES else None
            raise InputError(
                "a site is not of a known element.", file=file, site=where, found=shortened(symbol), hint=hint
            )
        share = _numbers([one.get("occu", 1.0)], (1,), "the occupancy", file, where)[0]
        if not 0.0 <= share <= 1.05:
            raise InputError("an occupancy is outside 0 to 1.", file=file, site=where, found=share, expected="0 to 1")
        found.append((number, float(share)))
    return tuple(found)


def _numbers(value: object, shape: tuple[int, ...], what: str, file: str, where: str) -> NDArray[np.float64]:
    try:
        # Words are refused: numpy would turn "1" and even "nan" into numbers.
        if any(isinstance(word, str | bool) for word in _flat(value)):
            raise ValueError
        numbers = np.array(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        numbers = np.empty(0)
    if numbers.shape != shape or not np.isfinite(numbers).all():
        count = " by ".join(map(str, shape))
        raise InputError(
            f"{what} cannot be read.", file=file, site=where, found=shortened(value), expected=f"{count} numbers"
        )
    return numbers


def _flat(value: object) -> list[object]:
    rows = value if isinstance(value, list) else [value]
    return [cell for row in rows for cell in (row if isinstance(row, list) else [row])]
