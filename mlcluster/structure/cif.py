"""CIF text -> `Crystal`: pymatgen tokenises and knows symmetry; disorder columns come from the raw block."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pymatgen.io.cif import CifBlock, CifFile, CifParser

from mlcluster.chem.elements import NUMBERS
from mlcluster.errors import InputError
from mlcluster.structure.crystal import Crystal
from mlcluster.structure.report import Entry, site_list

_NUMBER = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:\(\d*\)?)?$")
_MISSING = {"", "?", "."}
_COLUMNS = [
    f"_atom_site_{name}"
    for name in "type_symbol fract_x fract_y fract_z occupancy disorder_group disorder_assembly".split()
]


def parse_cif(text: str, file: str) -> list[Crystal]:
    """Every data block of a CIF that holds atoms.

    Raises
    ------
    InputError
        If the text is cut off, has no atoms, no cell, or a value that is no number; file, block and site named.
    """
    crystals = [_crystal(block, file) for block in _blocks(text, file) if "_atom_site_label" in _lower(block)]
    if not crystals:
        raise InputError(
            "the CIF holds no atoms.",
            file=file,
            expected="an _atom_site_ loop with labels and coordinates",
            hint="Structure factor and powder files carry none; export the structure itself.",
        )
    return crystals


def _blocks(text: str, file: str) -> Iterator[CifBlock]:
    # One block at a time: pymatgen keeps only the last of several blocks with one name.
    for part in re.split(r"^\s*(?=data_)", text, flags=re.MULTILINE | re.IGNORECASE)[1:]:
        if not part.strip():
            continue
        header = part.split(None, 1)[0]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield from CifFile.from_str("data_" + part[5:]).data.values()
        except (ValueError, IndexError, ZeroDivisionError) as error:
            raise InputError(
                "a loop of the CIF does not have whole rows; the file may be cut off or a quote unclosed.",
                file=file,
                site=header,
                found="an incomplete last row",
                hint="Fetch the file again, or check its last loop.",
            ) from error


def _lower(block: CifBlock) -> dict[str, str | list[str]]:
    return {key.lower(): value for key, value in block.data.items()}


def _crystal(block: CifBlock, file: str) -> Crystal:
    data, where = _lower(block), f"data_{block.header}"
    columns = {key: [v] if isinstance(v, str) else v for key, v in data.items() if key.startswith("_atom_site_")}
    labels = columns["_atom_site_label"]
    uneven = [key for key in _COLUMNS if len(columns.get(key, labels)) != len(labels)]
    if uneven:
        raise InputError(
            "the columns of the atom list have different lengths.",
            file=file,
            site=where,
            found=f"{len(columns[uneven[0]])} values of {uneven[0]}, {len(labels)} labels",
            hint="Check the loop header of the atom list.",
        )
    entries: list[Entry] = []
    numbers = _elements(labels, columns.get("_atom_site_type_symbol"), file, entries)
    fractional, missing = _coordinates(columns, labels, file, where)
    if missing.any():
        names = [labels[i] for i in np.flatnonzero(missing)]
        text = f"no coordinates are given for {site_list(names)}; left out."
        entries.append(Entry("warning", "no_coordinates", text, names[0]))
    keep = np.flatnonzero(~missing & (numbers > 0))
    if not keep.size:
        raise InputError("no site of the CIF has coordinates.", file=file, site=where, found=f"{len(labels)} sites")
    cell, rotations, translations = _symmetry(block, file, where, entries)
    occupancy = _optional(columns.get("_atom_site_occupancy"), len(labels), 1.0, "occupancy", labels, file)
    _check_occupancy(occupancy[keep], [labels[i] for i in keep], file)
    group = [w if w not in _MISSING else "0" for w in columns.get("_atom_site_disorder_group", ["."] * len(labels))]
    assembly = columns.get("_atom_site_disorder_assembly", ["."] * len(labels))
    return Crystal(
        labels=tuple(labels[i] for i in keep),
        numbers=numbers[keep],
        coordinates=fractional[keep],
        cell=cell,
        rotations=rotations,
        translations=translations,
        occupancy=np.clip(occupancy[keep], 0.0, 1.0),
        group=np.array([_group_number(group[i]) for i in keep], dtype=np.int64),
        assembly=tuple("" if assembly[i] in _MISSING else assembly[i] for i in keep),
        formula_sum=_text(data, "_chemical_formula_sum"),
        moiety=_text(data, "_chemical_formula_moiety"),
        formula_units=_integer(data, "_cell_formula_units_z"),
        charge=_integer(data, "_mlcluster_charge"),
        multiplicity=_integer(data, "_mlcluster_multiplicity"),
        declared_ligands=tuple((_text(data, "_mlcluster_declared_ligands") or "").split()),
        name=block.header,
        block=block.header,
        parent=_text(data, "_mlcluster_parent"),
        edits=_text(data, "_mlcluster_edits"),
        entries=tuple(entries),
    )


def _elements(labels: list[str], types: list[str] | None, file: str, entries: list[Entry]) -> NDArray[np.int64]:
    numbers = np.zeros(len(labels), dtype=np.int64)
    deuterium, dummies = [], []
    for i, label in enumerate(labels):
        stated = types[i] if types and types[i] not in _MISSING else None
        symbol = _symbol(stated or label, is_label=stated is None)
        if symbol in ("D", "T"):
            deuterium.append(label)
            symbol = "H"
        if symbol in NUMBERS:
            numbers[i] = NUMBERS[symbol]
        elif symbol in ("Q", "X", "Du", "Dum") or label.upper().startswith(("Q", "DUM", "CNT", "CG")):
            dummies.append(label)
        else:
            raise InputError(
                "a site is not of a known element.",
                file=file,
                site=label,
                found=types[i] if types else label,
                expected="an element symbol in _atom_site_type_symbol or at the start of the label",
            )
    if deuterium:
        text = f"{len(deuterium)} deuterium atoms ({site_list(deuterium)}) are treated as hydrogen."
        entries.append(Entry("info", "deuterium", text, deuterium[0]))
    if dummies:
        text = f"{len(dummies)} sites ({site_list(dummies)}) are dummy atoms or unassigned peaks; left out."
        entries.append(Entry("warning", "dummy_atom", text, dummies[0]))
    return numbers


def _symbol(word: str, *, is_label: bool) -> str:
    """Element symbol at the start of a type ("Au0+", "CL1-") or of a label ("AU12", "C3_2001", "HA1")."""
    letters = re.match(r"[A-Za-z]*", word)[0][:2]  # type: ignore[index]
    two, one = letters.capitalize(), letters[:1].upper()
    # In a label "CA1" is a carbon named A; only symbols that are written so in this field's files count as two letters.
    as_two = two in NUMBERS and (letters[1:].islower() or not is_label or two in _UPPER_CASE_LABELS)
    return two if as_two or one not in NUMBERS and one not in "DTQX" else one


_UPPER_CASE_LABELS = set("Au Ag Cu Cl Br Pt Pd Se Si Sb As Zn Fe Ni Ru Rh Ir Mn".split())


def _coordinates(
    columns: dict[str, list[str]], labels: list[str], file: str, where: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    names = [f"_atom_site_fract_{axis}" for axis in "xyz"]
    if any(name not in columns for name in names):
        raise InputError(
            "the CIF has no fractional coordinates.", file=file, site=where, expected=", ".join(names), found="none"
        )
    table = np.empty((len(labels), 3))
    for axis, name in enumerate(names):
        table[:, axis] = _optional(columns[name], len(labels), np.nan, name, labels, file)
    return table, np.logical_not(np.isfinite(table).all(axis=1))


def _optional(
    words: list[str] | None, n: int, default: float, what: str, labels: list[str], file: str
) -> NDArray[np.float64]:
    if words is None:
        return np.full(n, default)
    values = np.empty(n)
    for i, word in enumerate(words):
        if word in _MISSING:
            values[i] = default
            continue
        match = _NUMBER.match(word)
        if match is None:
            raise InputError(f"{what} is not a number.", file=file, site=labels[i], found=repr(word))
        values[i] = float(match[1])
    return values


def _check_occupancy(occupancy: NDArray[np.float64], labels: list[str], file: str) -> None:
    bad = np.flatnonzero((occupancy < 0) | (occupancy > 1.05))
    if bad.size:
        raise InputError(
            "an occupancy is outside 0 to 1.",
            file=file,
            site=labels[bad[0]],
            found=occupancy[bad[0]],
            expected="0 to 1",
        )


def _symmetry(
    block: CifBlock, file: str, where: str, entries: list[Entry]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    parser = CifParser.from_str("data_symmetry\n_cell_length_a 1\n")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            lattice = parser.get_lattice(block)
            operations = parser.get_symops(block)
        except (ValueError, LookupError, ArithmeticError, TypeError, AttributeError) as error:
            raise InputError("the cell or its symmetry cannot be read.", file=file, site=where, found=error) from error
    if lattice is None or not np.isfinite(lattice.matrix).all() or lattice.volume < 1e-3:
        raise InputError(
            "the unit cell is missing or flat.",
            file=file,
            site=where,
            expected="_cell_length_a, _b, _c and _cell_angle_alpha, _beta, _gamma",
        )
    if any("Defaulting to P1" in str(w.message) for w in caught):
        text = "the file states no symmetry operations and no known space group; P1 is assumed."
        entries.append(Entry("warning", "symmetry_assumed", text))
    rotations = np.array([op.rotation_matrix for op in operations])
    return np.array(lattice.matrix), rotations, np.array([op.translation_vector for op in operations])


def _group_number(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        # Letters are allowed for groups: any stable number tells them apart.
        return 1 + sum(ord(c) * 256**i for i, c in enumerate(word[:4]))


def _text(data: dict[str, str | list[str]], key: str) -> str | None:
    value = data.get(key)
    return None if not isinstance(value, str) or value.strip() in _MISSING else value.strip()


def _integer(data: dict[str, str | list[str]], key: str) -> int | None:
    text = _text(data, key)
    try:
        return None if text is None else int(float(text))
    except ValueError:
        return None
