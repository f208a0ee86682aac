"""Write the tables of `mlcluster.electronic.pair_tables` for the elements of ligand-protected clusters.

python experiments/hamiltonian/pair_tables.py
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np

from mlcluster.electronic import pair_tables

ELEMENTS = (1, 6, 7, 15, 16, 17, 29, 34, 35, 46, 47, 53, 79)


def main() -> None:
    """Write the file into the package."""
    tables = {
        f"{first}-{second}": pair_tables.packed(pair_tables.made_table(first, second))
        for first, second in combinations_with_replacement(ELEMENTS, 2)
    }
    out = Path(pair_tables.__file__).with_name(pair_tables.FILE)
    np.savez_compressed(out, **tables)
    print(f"{len(tables)} tables, {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
