"""Write ``models.parquet`` from the extended XYZ file the calculations were kept in.

    python datasets/gfn1_models/make.py gfn1_models.extxyz.gz

Positions are rounded to 0.001 angstrom (the source has 0.0001) and atomic charges to 0.001 e; both are stored as
integers, which with zstd brings 2.8 MB of compressed text to about 1 MB. Multiplicity is 1 throughout: the
calculations are closed-shell.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mlcluster.chem.elements import NUMBERS

_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|(\S+))')
_TEXT = ("entry", "family", "parent", "edits", "formula")
_REAL = ("gap_ev", "homo_ev", "lumo_ev", "energy_ev", "dipole_debye")
SCHEMA = pa.schema(
    [(name, pa.string()) for name in _TEXT]
    + [("charge", pa.int8()), ("multiplicity", pa.int8())]
    + [(name, pa.float64()) for name in _REAL]
    + [("numbers", pa.list_(pa.uint8()))]
    + [(name, pa.list_(pa.int32())) for name in ("x_milliangstrom", "y_milliangstrom", "z_milliangstrom")]
    + [("charge_millie", pa.list_(pa.int32()))]
)


def frames(path: Path) -> Iterator[dict]:
    """One row a frame."""
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        while head := handle.readline().strip():
            info = {key: quoted or plain for key, quoted, plain in _FIELD.findall(handle.readline())}
            atoms = [handle.readline().split() for _ in range(int(head))]
            values = np.array([atom[1:5] for atom in atoms], dtype=np.float64)
            x, y, z, charges = np.rint(values.T * 1000).astype(np.int32)
            if not 0.0 <= float(info["lumo_ev"]) - float(info["homo_ev"]) < 20.0:
                raise ValueError(f"{info['entry']}: HOMO above LUMO")
            yield {
                **{name: info[name] for name in _TEXT},
                **{name: float(info[name]) for name in _REAL},
                "charge": int(info["charge"]),
                "multiplicity": 1,
                "numbers": [NUMBERS[atom[0]] for atom in atoms],
                "x_milliangstrom": x,
                "y_milliangstrom": y,
                "z_milliangstrom": z,
                "charge_millie": charges,
            }


def main(source: Path, target: Path) -> None:
    """Convert `source` and write `target`."""
    table = pa.Table.from_pylist(list(frames(source)), schema=SCHEMA)
    plain = [*_TEXT, "numbers.list.element"]
    integers = ("x_milliangstrom", "y_milliangstrom", "z_milliangstrom", "charge_millie")
    pq.write_table(
        table,
        target,
        compression="zstd",
        compression_level=19,
        use_dictionary=plain,
        column_encoding={f"{name}.list.element": "BYTE_STREAM_SPLIT" for name in integers},
        row_group_size=len(table),
        data_page_size=1 << 24,
    )
    print(f"{len(table)} entries, {target.stat().st_size / 1e6:.2f} MB -> {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).with_name("models.parquet"))
