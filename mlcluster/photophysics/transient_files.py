"""Files of transient absorption: CSV matrices, the ASCII formats of Glotaran, and the .dat files of KiMoPack."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlcluster.errors import InputError
from mlcluster.photophysics.columns import TIME_PS
from mlcluster.photophysics.least_squares import Vector

_LARGEST = 50_000_000
_EXPLICIT = re.compile(r"(time|wavelength)\s+explicit", re.IGNORECASE)
_UNIT = re.compile(r"[(\[]\s*([a-zµμ]*s)\s*[)\]]")
_BLANK = {"", "nan", "na", "none"}


@dataclass(frozen=True)
class TransientMatrix:
    """A measured matrix.

    Parameters
    ----------
    time
        Delays in ps, shape (t,), increasing.
    wavelength
        Wavelengths in nm, shape (w,).
    signal
        Change of absorbance, shape (t, w).
    """

    time: Vector
    wavelength: Vector
    signal: Vector

    def __post_init__(self) -> None:
        if self.signal.shape != (len(self.time), len(self.wavelength)):
            raise InputError(
                "a matrix does not fit its axes.",
                found=f"{self.signal.shape}",
                expected=f"{len(self.time)} times by {len(self.wavelength)} wavelengths",
            )
        for name, axis in (("times", self.time), ("wavelengths", self.wavelength)):
            if len(axis) > 1 and not (
                np.all(np.diff(axis) > 0) or (name == "wavelengths" and len(set(axis)) == len(axis))
            ):
                raise InputError(f"the {name} of a matrix have to increase.", found=axis[:5].tolist())
        bad = np.argwhere(~np.isfinite(self.signal))
        if bad.size:
            i, j = bad[0]
            raise InputError("not a number.", site=f"{self.time[i]:g} ps, {self.wavelength[j]:g} nm")


def read_transient(path: str | Path, *, time_unit: str | None = None) -> TransientMatrix:
    """Read a matrix of transient absorption.

    Three kinds of file, told apart by what stands in them:

    - **Glotaran ASCII**: two lines of comment, ``Time explicit`` or ``Wavelength explicit``, ``Intervalnr N``, the N
      values of that axis, then one row for each value of the other axis.
    - **matrix**: the first row holds wavelengths behind one cell, each further row a time and the signal, with comma,
      semicolon or tab between them. KiMoPack writes its ``.dat`` so, with tabs. The first cell may state the unit of
      the times, as in ``time (ps)``; where the first row holds times because each row is a wavelength, it says
      ``wavelength``.

    Columns and rows without a finite number (which KiMoPack writes as ``nan``) are left out.

    Parameters
    ----------
    time_unit
        Unit of the times where the file names none: fs, ps, ns, us or ms; ps if not given.

    Raises
    ------
    InputError
        If the file is missing or too large, a cell is no number, a row has too few cells, or the unit is unknown.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("no such file.", file=path)
    if path.stat().st_size > _LARGEST:
        raise InputError("the matrix is too large.", file=path, expected=f"at most {_LARGEST // 1_000_000} MB")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError("a matrix has to be plain text in UTF-8.", file=path, found=error) from error
    kind = _EXPLICIT.search(lines[2]) if len(lines) > 4 else None
    rows_of: tuple[Vector, Vector, Vector]
    if kind is not None:
        rows_of = _glotaran(path, lines)
        across = kind[1].lower()
        unit = time_unit or "ps"
    else:
        rows_of, corner = _matrix(path, lines)
        across = "time" if corner.lower().startswith(("wavelength", "lambda")) else "wavelength"
        stated = _UNIT.search(corner)
        unit = stated[1] if stated and across == "wavelength" else time_unit or "ps"
    if unit not in TIME_PS:
        raise InputError("unknown unit of time.", file=path, found=unit, expected=", ".join(TIME_PS))
    first, second, values = rows_of
    if across == "time":
        first, second, values = second, first, values.T
    factor = TIME_PS[unit]
    assert isinstance(factor, float)
    keep_t, keep_w = np.isfinite(values).any(axis=1), np.isfinite(values).any(axis=0)
    matrix = values[np.ix_(keep_t, keep_w)]
    if matrix.size == 0:
        raise InputError("the matrix holds no numbers.", file=path)
    try:
        return TransientMatrix(second[keep_t] * factor, first[keep_w], matrix)
    except InputError as error:
        raise error.placed(file=path) from None


def _glotaran(path: Path, lines: list[str]) -> tuple[Vector, Vector, Vector]:
    """Axis that runs across, axis that runs down, and rows."""
    number = re.search(r"(\d+)\s*$", lines[3])
    across = _row(path, 5, lines[4].split())
    if number is not None and int(number[1]) != len(across):
        raise InputError(
            "the axis is not as long as stated.", file=path, site="line 5", found=len(across), expected=number[1]
        )
    body = [(n, line.split()) for n, line in enumerate(lines[5:], start=6) if line.strip()]
    return across, *_body(path, body, len(across))


def _matrix(path: Path, lines: list[str]) -> tuple[tuple[Vector, Vector, Vector], str]:
    kept = [(n, line) for n, line in enumerate(lines, start=1) if line.strip() and not line.lstrip().startswith("#")]
    if len(kept) < 2:
        raise InputError(
            "the matrix holds no rows.", file=path, expected="a row of wavelengths, then one for each time"
        )
    mark = max(",;\t", key=kept[0][1].count)
    cells = [(n, [cell.strip() for cell in line.rstrip().split(mark)]) for n, line in kept]
    number, header = cells[0]
    across = _row(path, number, header[1:])
    return (across, *_body(path, cells[1:], len(across))), header[0]


def _body(path: Path, rows: list[tuple[int, list[str]]], width: int) -> tuple[Vector, Vector]:
    if not rows:
        raise InputError("the matrix holds no rows.", file=path)
    for number, cells in rows:
        if len(cells) != width + 1:
            raise InputError(
                "a row does not fit the first one.",
                file=path,
                site=f"line {number}",
                found=f"{len(cells)} cells",
                expected=f"{width + 1}",
            )
    table = np.array([_row(path, number, cells) for number, cells in rows])
    return table[:, 0], table[:, 1:]


def _row(path: Path, number: int, cells: list[str]) -> Vector:
    values = np.empty(len(cells))
    for place, cell in enumerate(cells):
        try:
            values[place] = np.nan if cell.lower() in _BLANK else float(cell)
        except ValueError:
            raise InputError(
                "not a number.", file=path, site=f"line {number}, cell {place + 1}", found=cell, expected="a number"
            ) from None
    return values
