"""CIF text -> `Crystal`: cell, symmetry, atoms and what the file states of its composition, block by block."""

from __future__ import annotations

from collections.abc import Sequence

import gemmi
import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import InputError, MlclusterError
from mlcluster.structure.cif_blocks import MISSING, Block, read_blocks
from mlcluster.structure.crystal import Crystal
from mlcluster.structure.limits import (
    MAX_CELL_LENGTH,
    MAX_FORMULA_UNITS,
    check_cell,
    has_long_number,
    shortened,
    whole_charge,
    whole_multiplicity,
    whole_number,
)
from mlcluster.structure.report import Entry
from mlcluster.structure.sites import Sites, has_sites, sites_of
from mlcluster.structure.space_group import operations_of

_CELL = (*(f"_cell_length_{axis}" for axis in "abc"), *(f"_cell_angle_{name}" for name in ("alpha", "beta", "gamma")))


def parse_cif(text: str, file: str, block: str | None = None) -> tuple[list[Crystal], list[MlclusterError]]:
    """Every data block of a CIF that holds atoms, and why others could not be read.

    Parameters
    ----------
    text, file
        The CIF and its name.
    block
        Only the block of this name, ``data_`` left out; all blocks when None.

    Raises
    ------
    InputError
        If there is no such block, none holds atoms, or none can be read.
    """
    blocks = read_blocks(text, file)
    if block is not None:
        blocks = _named(blocks, block, file)
    crystals: list[Crystal] = []
    failed: list[MlclusterError] = []
    for each in blocks:
        if each.error is None and not has_sites(each):
            continue
        try:
            if each.error is not None:
                raise each.error
            crystals.append(_crystal(each, file))
        except MlclusterError as error:
            failed.append(error.within(f"data_{each.name}"))
    if not crystals and failed:
        raise failed[0]
    if not crystals:
        raise InputError(
            "the CIF holds no atoms.",
            file=file,
            site=None if block is None else f"data_{block}",
            expected="an _atom_site_ loop with coordinates",
            hint="Structure factor and powder files carry none; export the structure itself.",
        )
    return crystals, failed


def _named(blocks: Sequence[Block], name: str, file: str) -> list[Block]:
    wanted = name.lower().removeprefix("data_")
    found = [block for block in blocks if block.name.lower() == wanted]
    if not found:
        listed = ", ".join(shortened(block.name, 40) for block in blocks[:12])
        raise InputError("no block of that name.", file=file, found=name, expected=listed)
    return found


def _crystal(block: Block, file: str) -> Crystal:
    where = f"data_{block.name}"
    sites = sites_of(block, file, where)
    entries = list(sites.entries)
    # Finite structures in mmCIF have no cell, or one of 1 x 1 x 1 to fill the form.
    if sites.cartesian and all(block.text(tag) in (None, "1", "1.0", "1.00", "1.000") for tag in _CELL[:3]):
        cell, places, rotations, translations = None, sites.coordinates, np.eye(3)[None], np.zeros((1, 3))
    else:
        cell, places = _cell_and_places(block, sites, file, where)
        operations = operations_of(block, cell, file, where)
        rotations, translations = operations.rotations, operations.translations
        entries += operations.entries
    total, moiety = (_formula(block, f"_chemical_formula_{kind}", entries) for kind in ("sum", "moiety"))
    charge, multiplicity = block.text("_mlcluster_charge"), block.text("_mlcluster_multiplicity")
    return Crystal(
        labels=sites.labels,
        numbers=sites.numbers,
        coordinates=places,
        cell=cell,
        rotations=rotations,
        translations=translations,
        occupancy=sites.occupancy,
        group=sites.group,
        assembly=sites.assembly,
        formula_sum=total,
        moiety=moiety,
        formula_units=_formula_units(block, entries),
        charge=None if charge is None else whole_charge(charge, file, f"{where}, _mlcluster_charge"),
        multiplicity=(
            None
            if multiplicity is None
            else whole_multiplicity(multiplicity, file, f"{where}, _mlcluster_multiplicity")
        ),
        declared_ligands=tuple((block.text("_mlcluster_declared_ligands") or "").split()),
        name=block.name,
        block=block.name,
        parent=block.text("_mlcluster_parent"),
        edits=block.text("_mlcluster_edits"),
        entries=tuple(entries),
    )


def _cell_and_places(
    block: Block, sites: Sites, file: str, where: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lattice vectors as rows (3, 3), angstrom, and fractional coordinates (n, 3)."""
    from pymatgen.core import Lattice

    stated = [_cell_number(block, tag, file, where) for tag in _CELL]
    if sum(stated[3:]) >= 360 or 2 * max(stated[3:]) >= sum(stated[3:]):
        found = ", ".join(f"{angle:g}" for angle in stated[3:])
        raise InputError("no cell has these angles.", file=file, site=where, found=f"{found} degrees")
    cell = np.array(Lattice.from_parameters(*stated).matrix)
    check_cell(cell, file, where)
    if not sites.cartesian:
        return cell, sites.coordinates
    # Cartesian coordinates in a CIF are in the frame of the Protein Data Bank: a along x, b in the plane of x and y.
    return cell, sites.coordinates @ np.array(gemmi.UnitCell(*stated).frac.mat.tolist()).T


def _cell_number(block: Block, tag: str, file: str, where: str) -> float:
    word, angle = block.text(tag), "angle" in tag
    try:
        value = float((word or "").split("(")[0])
    except ValueError:
        value = float("nan")
    low, high = (0.1, 179.9) if angle else (0.1, MAX_CELL_LENGTH)
    if not low <= value <= high:
        raise InputError(
            "the unit cell is missing or flat.",
            file=file,
            site=where,
            found=f"{tag} {'not stated' if word is None else shortened(word)}",
            expected="_cell_length_a, _b, _c and _cell_angle_alpha, _beta, _gamma",
        )
    return value


def _formula(block: Block, tag: str, entries: list[Entry]) -> str | None:
    text = block.text(tag)
    if text is None or not has_long_number(text):
        return text
    entries.append(Entry("warning", "formula_mismatch", f"{tag} counts atoms in millions; it is not used."))
    return None


def _formula_units(block: Block, entries: list[Entry]) -> int | None:
    text = block.text("_cell_formula_units_z")
    if text is None or text in MISSING:
        return None
    try:
        return whole_number(text, "Z", low=1, high=MAX_FORMULA_UNITS)
    except InputError as error:
        entries.append(Entry("warning", "formula_mismatch", f"_cell_formula_units_Z is not used: {error}"))
        return None
