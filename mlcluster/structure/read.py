"""`read`: a structure file becomes finite clusters, each with a report of what was done on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mlcluster.errors import InputError, MlclusterError
from mlcluster.structure.assembly import Assembly
from mlcluster.structure.box import boxed_positions
from mlcluster.structure.crystal import Crystal
from mlcluster.structure.files import MAX_BYTES, TextFile, file_stem, read_text
from mlcluster.structure.report import Entry
from mlcluster.structure.result import Disorder, Hydrogens, ReadOptions, ReadResult, Results


def read(
    path: str | Path,
    *,
    charge: int | None = None,
    multiplicity: int | None = None,
    cluster: int | None = None,
    disorder: Disorder = "majority",
    hydrogens: Hydrogens = "keep",
    strict: bool = False,
    max_alternatives: int = 16,
    declared_ligands: tuple[str, ...] = (),
    declare: Mapping[str, str] | None = None,
    block: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> Results[ReadResult]:
    """Read every cluster of a CIF, XYZ, POSCAR or pymatgen JSON file (also gzipped).

    Parameters
    ----------
    path
        File to read.
    charge, multiplicity
        Stated by the user; they outrank what the file says and hold for every cluster of the file.
    cluster
        Only the K-th cluster, counted from 1.
    disorder
        ``"majority"`` keeps the likeliest alternative at each place, ``"enumerate"`` gives the likeliest
        combinations as separate results, ``"reject"`` refuses a disordered cluster (disordered solvent is dropped
        in any case).
    hydrogens
        ``"add"`` places by geometry what carbons and nitrogens without any hydrogen lack, and reports each;
        ``"keep"`` leaves the atoms as the file has them.
    strict
        Turn every warning of the report into an error.
    max_alternatives
        Most combinations that ``"enumerate"`` gives; the report says when there are more.
    declared_ligands
        What geometry cannot show, for example ``("S:thiolate",)`` where a source left out the carbon.
    declare
        The same as element and class of ligand: ``{"S": "thiolate"}``.
    block
        Only the data block of this name, for a CIF of several.
    max_bytes
        Largest file that is read, gz counted as it expands.

    Returns
    -------
    Results[ReadResult]
        One result a distinct cluster; symmetry copies are counted, mirror images are separate results. Blocks of a CIF
        that cannot be read beside others that can are in its `failed`, and in the report of every result.

    Raises
    ------
    InputError
        If the file cannot be read as a structure.
    StructureError
        If it holds no finite structure, or strict reading refuses it.
    ConfigError
        If an option has no such value.
    """
    options = ReadOptions(
        charge=charge,
        multiplicity=multiplicity,
        disorder=disorder,
        hydrogens=hydrogens,
        max_alternatives=max_alternatives,
        declared_ligands=tuple(declared_ligands),
        declare=declare or {},
        block=block,
        max_bytes=max_bytes,
    )
    return read_parsed(read_text(path, options.max_bytes), options, cluster=cluster, strict=strict)


def read_parsed(
    file: TextFile,
    options: ReadOptions,
    *,
    cluster: int | None = None,
    strict: bool = False,
    frame: int | None = None,
) -> Results[ReadResult]:
    """`read` for text that is at hand already.

    Parameters
    ----------
    frame
        The text is the frame of this number in a longer file, and its clusters are named after it.

    Raises
    ------
    InputError, StructureError
        As `read`.
    """
    crystals, failed = _parse(file, options.block)
    if frame is not None:
        crystals = [replace(crystal, block=str(frame)) for crystal in crystals]
    single = len(crystals) + len(failed) == 1 and frame is None
    results: list[ReadResult] = []
    for crystal in crystals:
        try:
            results += _read_crystal(crystal, file, options, _name(file, crystal, single), len(results))
        except MlclusterError as error:
            places = {"cif": f"data_{crystal.block}", "xyz": f"frame {crystal.block}", "json": f"entry {crystal.block}"}
            failed.append(error.within(places.get(file.format, "")))
    if not results:
        raise failed[0]
    if cluster is not None:
        if not 1 <= cluster <= len(results):
            listed = ", ".join(f"{k}: {r.cluster.formula}" for k, r in enumerate(results[:8], start=1))
            raise InputError("no cluster of that number.", file=file.path, found=cluster, expected=listed)
        results = [results[cluster - 1]]
    for result in results:
        result.report.extend(Entry("error", "block_failed", str(error), error.site) for error in failed)
        if strict:
            result.report.raise_if_doubtful(file.path)
    return Results(results, failed=failed)


def _parse(file: TextFile, block: str | None) -> tuple[list[Crystal], list[MlclusterError]]:
    if file.format == "cif":
        from mlcluster.structure.cif import parse_cif

        return parse_cif(file.text, file.path, block)
    if block is not None:
        raise InputError("only a CIF has blocks.", file=file.path, found=f"block {block}", expected="a CIF")
    if file.format == "json":
        from mlcluster.structure.pymatgen_json import parse_json

        return parse_json(file.text, file.path)
    from mlcluster.structure import formats

    return {"xyz": formats.parse_xyz, "poscar": formats.parse_poscar}[file.format](file.text, file.path)


def _name(file: TextFile, crystal: Crystal, single: bool) -> str:
    if file.format != "cif" and crystal.name:
        return crystal.name
    stem = file_stem(file.path)
    return stem if single else f"{stem}:{crystal.name or crystal.block}"


def _read_crystal(crystal: Crystal, file: TextFile, options: ReadOptions, name: str, start: int) -> list[ReadResult]:
    try:
        return Assembly(_unboxed(crystal), file, options, name, start).results()
    except MlclusterError as error:
        raise error.placed(file=file.path) from error


def _unboxed(crystal: Crystal) -> Crystal:
    """A finite structure in a vacuum box, freed of its cell before any neighbour is looked for."""
    if crystal.cell is None or len(crystal.rotations) > 1:
        return crystal
    positions = boxed_positions(crystal.coordinates, crystal.cell)
    return crystal if positions is None else replace(crystal, cell=None, coordinates=positions)
