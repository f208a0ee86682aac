"""XYZ and POSCAR text -> `Crystal`."""

from __future__ import annotations

import itertools
import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import NUMBERS, SYMBOLS
from mlcluster.errors import InputError, MlclusterError
from mlcluster.structure.crystal import Crystal, Site, crystal_of_sites, ordered_crystal
from mlcluster.structure.limits import (
    atomic_number,
    check_cell,
    check_coordinates,
    shortened,
    whole_charge,
    whole_multiplicity,
)

_NAME_KEYS = ("name", "label", "id", "entry", "config_type")
_ELEMENT_COLUMNS = ("species", "z", "numbers", "element", "symbols")
"""Columns that say the element: extended XYZ allows Z in place of species, and programs write others."""
MOST_COLUMNS = 10_000


def parse_xyz(text: str, file: str) -> tuple[list[Crystal], list[MlclusterError]]:
    """Every frame of an XYZ or extended XYZ file, and why others cannot be read.

    Charge and multiplicity come from ``key=value`` pairs; a frame of no atoms is passed over.

    Raises
    ------
    InputError
        If no frame can be read: it is cut off, a symbol is unknown or a number is out of range; the frame is named.
    """
    frames: list[Crystal] = []
    failed: list[MlclusterError] = []
    lines = lines_of(text)
    position = 0
    for number in itertools.count(1):
        while position < len(lines) and not lines[position].strip():
            position += 1
        if position >= len(lines):
            break
        where = f"frame {number}"
        n = 0
        try:
            n = _count_of(lines[position], file, f"{where}, line {position + 1}")
            chunk = lines[position : position + n + 2]
            if n:
                frames.append(_xyz_frame(chunk, n, file, where))
        except MlclusterError as error:
            failed.append(error.within(where))
            if not n:
                break  # where the next frame begins is not known
        position += n + 2
    if not frames and failed:
        raise failed[0]
    if not frames:
        raise InputError("the file holds no atoms.", file=file, found="only empty frames")
    return frames, failed


def lines_of(text: str) -> list[str]:
    """Lines by their ends alone: `str.splitlines` would cut at an ellipsis of Windows as well."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def _count_of(line: str, file: str, where: str) -> int:
    word = line.strip()
    if not (word.isascii() and word.isdigit() and len(word) < 16):
        raise InputError(
            "a frame does not start with its number of atoms.", file=file, site=where, found=shortened(word, 40)
        )
    return int(word)


def _xyz_frame(lines: list[str], n: int, file: str, where: str) -> Crystal:
    if len(lines) < n + 2:
        found = f"{max(len(lines) - 2, 0)} atom lines"
        raise InputError("a frame is cut off.", file=file, site=where, found=found, expected=n)
    info = _comment(lines[1], file, where)
    columns = _xyz_columns(str(info.get("Properties", "species:S:1:pos:R:3")), file, where)
    rows = [line.split(None, columns["last"] + 1) for line in lines[2:]]
    numbers = np.array([_element(_cell_of(row, columns["species"], file, where), file, where) for row in rows])
    at = columns["pos"]
    try:
        positions = np.array([[_decimal(row[at + k]) for k in range(3)] for row in rows])
    except (ValueError, IndexError) as error:
        raise InputError("an atom line has no three coordinates.", file=file, site=where, found=error) from error
    counted = tuple(f"{SYMBOLS[z]}{i}" for i, z in enumerate(numbers, start=1))
    labels = tuple(_cell_of(row, columns["label"], file, where) for row in rows) if "label" in columns else counted
    check_coordinates(positions, counted, file, fractional=False)
    cell = _cell(info, file, where)
    return ordered_crystal(
        numbers,
        positions if cell is None else positions @ np.linalg.inv(cell),
        labels=labels if len(set(labels)) == len(labels) else counted,
        cell=cell,
        charge=_stated(info, ("charge", "total_charge"), whole_charge, file, where),
        multiplicity=_stated(info, ("multiplicity", "spin_multiplicity", "mult"), whole_multiplicity, file, where),
        declared_ligands=tuple(str(info.get("declared_ligands", "")).split()),
        name=str(next((info[key] for key in _NAME_KEYS if key in info), "")),
        block=where.split()[1],
        parent=str(info["parent"]) if "parent" in info else None,
        edits=str(info["edits"]) if "edits" in info else None,
    )


def _decimal(word: str) -> float:
    """Number of a file; `float` alone takes the underscores of Python's own numbers."""
    if "_" in word:
        raise ValueError(f"could not convert string to float: {word!r}")
    return float(word)


def _comment(line: str, file: str, where: str) -> dict[str, Any]:
    """``key=value`` pairs of a comment line; none where it is plain words."""
    from ase.io.extxyz import key_val_str_to_dict

    if "=" not in line:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return key_val_str_to_dict(line)
        except (IndexError, KeyError):
            return {}  # signs of equality among words
        except (ValueError, OverflowError, RecursionError) as error:
            found = shortened(str(error), 200)
            raise InputError("the comment line cannot be read.", file=file, site=where, found=found) from None


def _xyz_columns(properties: str, file: str, where: str) -> dict[str, int]:
    """First column of each property by its name, that of the element under "species", and the last one needed."""
    words = properties.split(":")
    columns: dict[str, int] = {}
    start = 0
    for name, width in zip(words[::3], words[2::3], strict=False):
        if len(words) % 3 or not (width.isascii() and width.isdigit() and 0 < int(width[:9]) <= MOST_COLUMNS):
            found = shortened(properties)
            raise InputError("the Properties field is malformed.", file=file, site=where, found=found)
        columns.setdefault(name.lower(), start)
        start += int(width)
    element = next((name for name in _ELEMENT_COLUMNS if name in columns), None)
    if element is None or "pos" not in columns:
        raise InputError(
            "the frame states no species or positions.",
            file=file,
            site=where,
            found=shortened(properties),
            expected="species (or Z) and pos",
        )
    columns["species"] = columns[element]
    return columns | {"last": max(columns["species"], columns["pos"] + 2, columns.get("label", 0))}


def _cell_of(row: list[str], column: int, file: str, where: str) -> str:
    if len(row) <= column:
        found = shortened(" ".join(row)) if row else "nothing"
        raise InputError("an atom line is empty or too short.", file=file, site=where, found=found)
    return row[column]


def _element(word: str, file: str, where: str) -> int:
    number = NUMBERS.get(word)
    if number is not None:
        return number
    if word.isascii() and word.isdigit():
        return atomic_number(word, file, where)
    letters = re.match(r"[A-Za-z]*", word)[0].capitalize()  # type: ignore[index]
    number = NUMBERS.get("H" if letters in ("D", "T") else letters)
    if number is None:
        raise InputError("a site is not of a known element.", file=file, site=where, found=shortened(word))
    return number


def _cell(info: dict[str, Any], file: str, where: str) -> NDArray[np.float64] | None:
    lattice = info.get("Lattice")
    if lattice is None or not np.any(info.get("pbc", True)):
        return None
    try:
        cell = np.asarray(lattice, dtype=float).T.reshape(3, 3)
    except (TypeError, ValueError):
        found = shortened(lattice)
        raise InputError(
            "the lattice cannot be read.", file=file, site=where, found=found, expected="9 numbers"
        ) from None
    check_cell(cell, file, where)
    return cell


def _stated(info: dict[str, Any], keys: tuple[str, ...], checked: Any, file: str, where: str) -> int | None:
    given = {key.lower(): value for key, value in info.items()}
    for key in keys:
        if key in given:
            value = given[key]
            return checked(value.item() if isinstance(value, np.generic) else value, file, f"{where}, {key}")
    return None


def parse_poscar(text: str, file: str) -> tuple[list[Crystal], list[MlclusterError]]:
    """A VASP POSCAR or CONTCAR with element names.

    Raises
    ------
    InputError
        If pymatgen cannot read it, with its reason, or the lattice is flat.
    """
    from pymatgen.io.vasp import Poscar

    _check_counts(lines_of(text), file)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        # Without element names pymatgen only warns and invents hydrogen, helium, lithium ...
        warnings.filterwarnings("error", message=".*false names")
        try:
            structure = Poscar.from_str(text).structure
        except Exception as error:
            raise InputError(
                "the POSCAR cannot be read.",
                file=file,
                found=shortened(str(error), 200),
                expected="VASP 5 format with element names",
            ) from error
    cell = np.array(structure.lattice.matrix)
    check_cell(cell, file)
    sites = [
        Site(species=((_element(site.specie.symbol, file, site.label), 1.0),), coordinates=site.frac_coords)
        for site in structure
    ]
    return [crystal_of_sites(sites, cell, file, name=lines_of(text)[0].strip()[:80])], []


def _check_counts(lines: list[str], file: str) -> None:
    """Atoms stated are atoms listed: pymatgen makes room for as many as the file says."""
    for line in lines[5:7]:
        words = line.split("!")[0].split()
        if words and all(word.isascii() and word.isdigit() for word in words):
            stated = sum(int(word[:9]) for word in words)
            if not 0 < stated < len(lines) - 5:
                raise InputError(
                    "the POSCAR is cut off.", file=file, found=f"{stated} atoms stated, {len(lines)} lines in all"
                )
            return
