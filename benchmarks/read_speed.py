"""What `mlcluster.read` costs beside pymatgen's own parse of the same CIF, in one run on one core.

Usage: ``python benchmarks/read_speed.py [DATA_DIR] [--repeats 7]``

Both are timed in turn, A B A B; the table gives medians and the extra cost as a share of the parse. The bar is 0.3.
Supercells are written in P1, so that pymatgen and we read the very same text.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from pymatgen.io.cif import CifParser

import mlcluster
from mlcluster.chem.elements import SYMBOLS


def supercell(source: Path, times: tuple[int, int, int], target: Path) -> Path:
    """Ordered crystal of `source` repeated and written in P1."""
    crystal = mlcluster.read(source)[0].cluster.crystal
    assert crystal is not None
    inverse = np.linalg.inv(crystal.cell)
    fractional = crystal.positions @ inverse
    shifts = np.array([(i, j, k) for i in range(times[0]) for j in range(times[1]) for k in range(times[2])])
    points = ((fractional[None] + shifts[:, None]) / np.array(times)).reshape(-1, 3)
    numbers = np.tile(crystal.numbers, len(shifts))
    lengths = np.linalg.norm(crystal.cell, axis=1)
    unit = crystal.cell / lengths[:, None]
    angles = np.degrees(np.arccos([unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]]))
    lines = ["data_super"]
    lines += [f"_cell_length_{a} {n:.6f}" for a, n in zip("abc", lengths * times, strict=True)]
    lines += [f"_cell_angle_{a} {n:.6f}" for a, n in zip(("alpha", "beta", "gamma"), angles, strict=True)]
    lines += ["loop_", "_space_group_symop_operation_xyz", "'x, y, z'", "loop_", "_atom_site_label"]
    lines += ["_atom_site_type_symbol", *(f"_atom_site_fract_{a}" for a in "xyz")]
    lines += [
        f"{SYMBOLS[z]}{k} {SYMBOLS[z]} {x:.6f} {y:.6f} {w:.6f}"
        for k, (z, (x, y, w)) in enumerate(zip(numbers, points, strict=True), start=1)
    ]
    target.write_text("\n".join(lines) + "\n")
    return target


def pymatgen_parse(path: Path) -> None:
    """The parse a user of pymatgen would run, symmetry merged, nothing reduced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        CifParser(path).parse_structures(primitive=False, check_occu=False)


def timed(function: Callable[[Path], object], path: Path) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    function(path)
    return time.perf_counter() - start


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=Path("../shared/data"))
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    crystal = arguments.data / "cod" / "1540567.cif"
    print("| file | atoms in cell | pymatgen parse, ms | mlcluster.read, ms | extra / parse |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        files = [
            arguments.data / "ausr" / "cif" / "16_12.cif",
            arguments.data / "ausr" / "cif" / "92_44.cif",
            crystal,
            supercell(crystal, (2, 1, 1), Path(folder) / "Au25 x 2.cif"),
            supercell(crystal, (2, 2, 1), Path(folder) / "Au25 x 4.cif"),
        ]
        for path in files:
            pymatgen_parse(path)
            results = mlcluster.read(path)
            pairs = [(timed(pymatgen_parse, path), timed(mlcluster.read, path)) for _ in range(arguments.repeats)]
            ours, theirs = median(p[1] for p in pairs), median(p[0] for p in pairs)
            context = results[0].cluster.crystal
            atoms = len(results[0].cluster) if context is None else len(context.numbers)
            extra = median((b - a) / a for a, b in pairs)
            print(f"| {path.name} | {atoms} | {1e3 * theirs:.1f} | {1e3 * ours:.1f} | {extra:+.2f} |")


if __name__ == "__main__":
    main()
