"""Symmetry of a CIF block: operations as listed, else from its Hall symbol, space group symbol or number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import gemmi
import numpy as np
from numpy.typing import NDArray

from mlcluster.structure.cif_blocks import MISSING, Block
from mlcluster.structure.limits import shortened
from mlcluster.structure.report import Entry, site_list
from mlcluster.structure.symmetry_operations import MOST_OPERATIONS, Operations, checked_operations

METRIC_TOLERANCE = 0.02
"""Largest relative change of the cell under an operation that still fits it."""

_LISTS = (
    "_space_group_symop_operation_xyz",
    "_symmetry_equiv_pos_as_xyz",
    "_space_group_symop_magn_operation_xyz",
    "_space_group_symop_operation_xyz_",
    "_symmetry_equiv_pos_as_xyz_",
)
_CENTRINGS = ("_space_group_symop_magn_centering_xyz",)
_HALL = ("_space_group_name_hall", "_symmetry_space_group_name_hall")
_NAMES = (
    "_space_group_name_h-m_alt",
    "_symmetry_space_group_name_h-m",
    "_space_group_name_h-m_full",
    "_space_group_name_h-m_ref",
    "_symmetry_space_group_name_h-m_",
    "_space_group_name_h-m",
    "_space_group_magn_name_bns",
)
_NUMBERS = ("_space_group_it_number", "_symmetry_int_tables_number", "_space_group_itnumber")


def operations_of(block: Block, cell: NDArray[np.float64], file: str, where: str) -> Operations:
    """Operations of a block.

    Parameters
    ----------
    block
        Data block of a CIF.
    cell
        Lattice vectors as rows, (3, 3): where a symbol has several settings, the one that fits it is taken.
    file, where
        For messages.

    Raises
    ------
    InputError
        If an operation cannot be read or is none, or the list is no group.
    """
    listed = _listed(block)
    named = _named(block, cell)
    if listed:
        operations = checked_operations(listed, file, where)
        entries = [*operations.entries, *_doubts(operations, named, cell)]
        return Operations(operations.rotations, operations.translations, tuple(entries))
    if named is not None:
        found = named.operations()
        return Operations(found.rotations, found.translations, (*found.entries, *_doubts(found, None, cell)))
    text = "the file states no symmetry operations and no known space group; P1 is assumed."
    stated = block.text(*_NAMES)
    if stated is not None:
        text = f"the space group {shortened(stated)} is not known and no operations are listed; P1 is assumed."
    return Operations(np.eye(3)[None], np.zeros((1, 3)), (Entry("warning", "symmetry_assumed", text),))


def _listed(block: Block) -> list[str]:
    """Operations as they are written; none where the list is an unfilled form."""
    for tag in _LISTS:
        words = [word for word in block.column(tag) or () if word.strip() not in MISSING]
        if words:
            break
    else:
        return []
    centrings = next((column for tag in _CENTRINGS if (column := block.column(tag))), None)
    if centrings is None:
        return words
    # Magnetic CIFs list the centring apart.
    if len(words) * len(centrings) > MOST_OPERATIONS:
        return words * len(centrings)
    shifts = [re.sub(r"[xyz+\s]", "", part) for c in centrings for part in c.lower().split(",")[:3]]
    return [
        ",".join(f"{part}+{shift or 0}" for part, shift in zip(word.split(",")[:3], shifts[k : k + 3], strict=False))
        for word in words
        for k in range(0, len(shifts), 3)
    ]


@dataclass(frozen=True)
class _Named:
    """A space group in one setting, what the file calls it, and how the setting was found, for sure or not."""

    group: gemmi.GroupOps
    name: str
    guess: str | None = None
    sure: bool = False

    def operations(self) -> Operations:
        rotations, translations = [], []
        for operation in self.group:
            rotations.append(np.array(operation.rot, dtype=float) / gemmi.Op.DEN)
            translations.append(np.array(operation.tran, dtype=float) / gemmi.Op.DEN)
        entry = Entry("info", "symmetry_from_symbol", f"symmetry operations follow from the symbol {self.name}.")
        if self.guess is not None:
            entry = Entry("info", "setting_guessed", self.guess)
            entry = entry if self.sure else replace(entry, level="warning")
        return Operations(np.array(rotations), np.array(translations), (entry,))


def _named(block: Block, cell: NDArray[np.float64]) -> _Named | None:
    hall = block.text(*_HALL)
    group = None if hall is None else _from_hall(hall)
    if hall is not None and group is not None:
        return _Named(group, f"{hall} (Hall)")
    number = block.text(*_NUMBERS)
    for tag in _NAMES:
        name = block.text(tag)
        if name is not None:
            found = _from_name(name, cell)
            if found is not None:
                return found
    if number is not None and re.fullmatch(r"[0-9]{1,3}(?:\.0*)?", number):
        return _from_number(int(float(number)), cell)
    return None


def _from_hall(hall: str) -> gemmi.GroupOps | None:
    try:
        return gemmi.symops_from_hall(hall) if len(hall) < 60 else None
    except (RuntimeError, ValueError):
        return None


def _from_name(name: str, cell: NDArray[np.float64]) -> _Named | None:
    """The setting that a symbol names; where it names none, the one that fits the cell."""
    plain = _spelled(name)
    setting = _SETTING.search(plain)
    body, stated = plain, ""
    if setting is not None:
        body, stated = plain[: setting.start()].strip(), next(filter(None, setting.groups())).upper()
    if re.match(r"H\s*-?3", body, re.IGNORECASE) and not stated:
        body, stated = "R" + body[1:], "H"
    found = _find(body)
    if found is None:
        group = _from_hall(name)
        return None if group is None else _Named(group, f"{name} (Hall)")
    settings = _settings(found)
    if len(settings) == 1:
        return _Named(settings[0].operations(), name)
    if stated:
        wanted = {"S": "1", "Z": "2"}.get(stated, stated) if settings[0].ext in "12" else {"S": "R"}.get(stated, stated)
        chosen = next((s for s in settings if s.ext == wanted), None)
        if chosen is not None and _fits(chosen, cell):
            return _Named(chosen.operations(), name)
    fitting = [s for s in settings if _fits(s, cell)] or settings
    # Centrosymmetric structures are refined with the centre at the origin: choice 2.
    chosen = fitting[-1] if fitting[0].ext in "12" else fitting[0]
    axes = {"R": "rhombohedral axes", "H": "hexagonal axes", "1": "origin choice 1", "2": "origin choice 2"}
    why = "as the cell has them" if chosen.ext in "HR" else "the centre of symmetry at the origin"
    text = f"the symbol {name} leaves the setting open; {axes[chosen.ext]} taken ({why})."
    return _Named(chosen.operations(), name, text, sure=len(fitting) == 1)


_SETTING = re.compile(r"\s*:\s*([12HRSZhrsz])\s*$|\s+([HRSZ])\s*$|(?<=[0-9mcn])([HRSZ])\s*$")


def _spelled(name: str) -> str:
    """A symbol as the table writes it: screw axes without brackets or underscores, bars as a minus."""
    text = re.sub(r"\(\s*(?:no\.?|\#|nr\.?)[^)]*\)", "", name, flags=re.IGNORECASE).strip()
    text = re.sub(r":\s*-?[abc]-?[123]?$", "", text)
    text = re.sub(r"(\d)\s*[(_{]+\s*(\d)\s*[)}]*", r"\1\2", text)
    text = re.sub(r"(\d)\N{COMBINING MACRON}|(\d)\N{COMBINING OVERLINE}", lambda m: f"-{m[1] or m[2]}", text)
    return text.replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-").replace("_", " ").strip()


def _find(body: str) -> gemmi.SpaceGroup | None:
    if len(body) > 40 or not body:
        return None
    for spelling in (body, body.replace(" ", ""), f"{body} 1"):
        found = gemmi.find_spacegroup_by_name(spelling)
        if found is not None:
            return found
    return None


def _settings(group: gemmi.SpaceGroup) -> list[gemmi.SpaceGroup]:
    """Settings of one symbol that differ in origin or in rhombohedral axes only."""
    return [s for s in _table() if s.number == group.number and s.hm == group.hm and bool(s.ext) == bool(group.ext)]


def _from_number(number: int, cell: NDArray[np.float64]) -> _Named | None:
    settings = [s for s in _table() if s.number == number]
    if not settings:
        return None
    chosen = next((s for s in settings if s.ext != "1" and _fits(s, cell)), settings[0])
    text = f"only the number {number} of the space group is stated; its setting {chosen.xhm()} is taken."
    # P 1 and P -1 have no other setting in use.
    return _Named(chosen.operations(), str(number), text if number > 2 else None)


def _table() -> Iterator[gemmi.SpaceGroup]:
    yield from gemmi.spacegroup_table()


def _fits(group: gemmi.SpaceGroup, cell: NDArray[np.float64]) -> bool:
    rotations = np.array([operation.rot for operation in group.operations().sym_ops], dtype=float) / gemmi.Op.DEN
    return not _misfits(rotations, cell).size


def _misfits(rotations: NDArray[np.float64], cell: NDArray[np.float64]) -> NDArray[np.int64]:
    """Operations that do not keep the lengths and angles of the cell."""
    metric = cell @ cell.T
    lengths = np.sqrt(np.diag(metric))
    changed = np.einsum("kji,jl,klm->kim", rotations, metric, rotations) - metric
    return np.flatnonzero((np.abs(changed / np.outer(lengths, lengths)) > 2 * METRIC_TOLERANCE).any(axis=(1, 2)))


def _doubts(operations: Operations, named: _Named | None, cell: NDArray[np.float64]) -> list[Entry]:
    """What the list of operations says against the cell or the symbol; the list is kept."""
    entries = []
    wrong = _misfits(operations.rotations, cell)
    if wrong.size:
        numbers = site_list(str(k + 1) for k in wrong)
        text = f"the cell is not mapped onto itself by the symmetry operations {numbers}; axes or operations are wrong."
        entries.append(Entry("warning", "symmetry_conflict", text))
    if named is not None:
        order = len(list(named.group))
        if order != len(operations.rotations):
            text = (
                f"the file lists {len(operations.rotations)} symmetry operations, {named.name} has {order}; "
                "those listed are taken."
            )
            entries.append(Entry("warning", "symmetry_conflict", text))
    return entries
