"""XYZ, POSCAR and pymatgen JSON text -> `Crystal`."""

from __future__ import annotations

import io
import json
import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import NUMBERS, SYMBOLS
from mlcluster.errors import InputError
from mlcluster.structure.crystal import Crystal, ordered_crystal

_NAME_KEYS = ("name", "label", "id", "entry", "config_type")


def parse_xyz(text: str, file: str) -> list[Crystal]:
    """Every frame of an XYZ or extended XYZ file; charge and multiplicity from ``key=value`` pairs.

    Raises
    ------
    InputError
        If a frame is cut off or a symbol is unknown; the frame is named.
    """
    frames: list[Crystal] = []
    lines = text.splitlines()
    position = 0
    while position < len(lines):
        if not lines[position].strip():
            position += 1
            continue
        where = f"frame {len(frames) + 1}"
        try:
            n = int(lines[position])
        except ValueError as error:
            raise InputError(
                "a frame does not start with its number of atoms.",
                file=file,
                site=f"{where}, line {position + 1}",
                found=repr(lines[position][:40]),
            ) from error
        chunk = lines[position : position + n + 2]
        if n < 1 or len(chunk) < n + 2:
            raise InputError(
                "a frame is cut off.",
                file=file,
                site=where,
                found=f"{max(len(chunk) - 2, 0)} atom lines",
                expected=f"{n}",
            )
        frames.append(_xyz_frame(chunk, file, where))
        position += n + 2
    return frames


def _xyz_frame(lines: list[str], file: str, where: str) -> Crystal:
    from ase.io.extxyz import key_val_str_to_dict

    comment = lines[1]
    info: dict[str, Any] = {}
    if "=" in comment:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                info = key_val_str_to_dict(comment)
            except (ValueError, IndexError, KeyError):
                info = {}
    columns = _xyz_columns(str(info.get("Properties", "species:S:1:pos:R:3")), file, where)
    rows = [line.split() for line in lines[2:]]
    numbers = np.array([_atomic_number(_cell_of(row, columns["species"], file, where), file, where) for row in rows])
    at = columns["pos"]
    try:
        positions = np.array([[float(row[at + k]) for k in range(3)] for row in rows])
    except (ValueError, IndexError) as error:
        raise InputError("an atom line has no three coordinates.", file=file, site=where, found=error) from error
    labels = tuple(row[columns["label"]] for row in rows) if "label" in columns else _count_labels(numbers)
    cell, coordinates = None, positions
    lattice, periodic = info.get("Lattice"), info.get("pbc", True)
    if lattice is not None and np.any(periodic):
        cell = np.asarray(lattice, dtype=float).T.reshape(3, 3)
        if abs(np.linalg.det(cell)) < 1e-3:
            raise InputError("the lattice of a periodic frame is flat.", file=file, site=where, found=cell.tolist())
        coordinates = positions @ np.linalg.inv(cell)
    return ordered_crystal(
        numbers,
        coordinates,
        labels=labels if len(set(labels)) == len(labels) else _count_labels(numbers),
        cell=cell,
        charge=_stated_integer(info, ("charge", "total_charge"), file, where),
        multiplicity=_stated_integer(info, ("multiplicity", "spin_multiplicity", "mult"), file, where),
        declared_ligands=tuple(str(info.get("declared_ligands", "")).split()),
        name=str(next((info[key] for key in _NAME_KEYS if key in info), "")),
        block=where.split()[1],
        parent=str(info["parent"]) if "parent" in info else None,
        edits=str(info["edits"]) if "edits" in info else None,
    )


def _xyz_columns(properties: str, file: str, where: str) -> dict[str, int]:
    words = properties.split(":")
    columns, start = {}, 0
    try:
        for name, width in zip(words[::3], words[2::3], strict=True):
            columns[name.lower()] = start
            start += int(width)
    except ValueError as error:
        raise InputError("the Properties field is malformed.", file=file, site=where, found=repr(properties)) from error
    if "species" not in columns or "pos" not in columns:
        raise InputError(
            "the frame states no species or positions.",
            file=file,
            site=where,
            found=properties,
            expected="species, pos",
        )
    return columns


def _cell_of(row: list[str], column: int, file: str, where: str) -> str:
    if len(row) <= column:
        raise InputError("an atom line is empty or too short.", file=file, site=where, found=" ".join(row) or "nothing")
    return row[column]


def _atomic_number(word: str, file: str, where: str) -> int:
    if word.isdigit() and 0 < int(word) < len(SYMBOLS):
        return int(word)
    letters = re.match(r"[A-Za-z]*", word)[0].capitalize()  # type: ignore[index]
    number = NUMBERS.get("H" if letters in ("D", "T") else letters)
    if number is None:
        raise InputError("a site is not of a known element.", file=file, site=where, found=repr(word))
    return number


def _stated_integer(info: dict[str, Any], keys: tuple[str, ...], file: str, where: str) -> int | None:
    for key in keys:
        if key in info:
            try:
                if float(info[key]) == int(float(info[key])):
                    return int(float(info[key]))
            except (TypeError, ValueError):
                pass
            raise InputError(f"{key} must be a whole number.", file=file, site=where, found=repr(info[key]))
    return None


def _count_labels(numbers: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(f"{SYMBOLS[z]}{i}" for i, z in enumerate(numbers, start=1))


def parse_poscar(text: str, file: str) -> list[Crystal]:
    """A VASP POSCAR or CONTCAR with element names.

    Raises
    ------
    InputError
        If pymatgen cannot read it, with its reason.
    """
    from pymatgen.io.vasp import Poscar

    with warnings.catch_warnings():
        # Without element names pymatgen only warns and invents hydrogen, helium, lithium ...
        warnings.simplefilter("error")
        try:
            structure = Poscar.from_str(text).structure
        except Exception as error:
            raise InputError(
                "the POSCAR cannot be read.", file=file, found=error, expected="VASP 5 format with element names"
            ) from error
    return [_from_sites(structure, np.array(structure.lattice.matrix), file, name=text.splitlines()[0].strip()[:80])]


def parse_json(text: str, file: str) -> list[Crystal]:
    """A pymatgen `Structure` or `Molecule` as JSON, or a list of them; no class named in the file is imported.

    Raises
    ------
    InputError
        If the text is no JSON or neither of the two.
    """
    from pymatgen.core import Molecule, Structure

    try:
        data = json.load(io.StringIO(text))
    except json.JSONDecodeError as error:
        raise InputError("the file is not valid JSON; it may be cut off.", file=file, found=error) from error
    crystals = []
    for k, item in enumerate(data if isinstance(data, list) else [data], start=1):
        where = f"entry {k}"
        kind = item.get("@class") if isinstance(item, dict) else None
        if not isinstance(item, dict) or "sites" not in item:
            raise InputError("not a pymatgen Structure or Molecule.", file=file, site=where, found=kind or type(item))
        try:
            periodic = "lattice" in item
            parsed = Structure.from_dict(item) if periodic else Molecule.from_dict(item)
        except Exception as error:
            raise InputError("pymatgen cannot rebuild this entry.", file=file, site=where, found=error) from error
        cell = np.array(parsed.lattice.matrix) if isinstance(parsed, Structure) else None
        # A Molecule without a stated charge is written as 0 by pymatgen: only a stated value may count.
        stated = dict(parsed.properties) if parsed.properties else {}
        if item.get("charge"):
            stated.setdefault("charge", item["charge"])
        if item.get("spin_multiplicity"):
            stated.setdefault("multiplicity", item["spin_multiplicity"])
        stated = {key: value for key, value in stated.items() if value is not None}
        crystals.append(_from_sites(parsed, cell, file, name=str(stated.get("name", "")), info=stated, block=str(k)))
    return crystals


def _from_sites(
    structure: Any,
    cell: NDArray[np.float64] | None,
    file: str,
    *,
    name: str,
    info: dict[str, Any] | None = None,
    block: str | None = None,
) -> Crystal:
    """`Crystal` of pymatgen sites; a disordered site becomes one partly occupied site a species."""
    numbers, coordinates, occupancy, group = [], [], [], []
    labels: dict[str, None] = {}
    for k, site in enumerate(structure, start=1):
        for part, (species, share) in enumerate(site.species.items(), start=1):
            symbol = "H" if species.symbol in ("D", "T") else species.symbol
            if symbol not in NUMBERS:
                raise InputError("a site is not of a known element.", file=file, site=site.label, found=species.symbol)
            numbers.append(NUMBERS[symbol])
            coordinates.append(site.frac_coords if cell is not None else site.coords)
            mixed = len(site.species) > 1
            base = site.label if site.label and not mixed else f"{symbol}{k}"
            labels[base if base not in labels and base not in SYMBOLS else f"{symbol}{k}"] = None
            occupancy.append(float(share))
            group.append(part if mixed else 0)
    info = info or {}
    return Crystal(
        labels=tuple(labels),
        numbers=np.array(numbers, dtype=np.int64),
        coordinates=np.array(coordinates, dtype=float).reshape(-1, 3),
        cell=cell,
        occupancy=np.array(occupancy),
        group=np.array(group, dtype=np.int64),
        assembly=tuple("" for _ in labels),
        charge=_stated_integer(info, ("charge",), file, name or "charge"),
        multiplicity=_stated_integer(info, ("multiplicity",), file, name or "multiplicity"),
        name=name,
        block=block,
    )
