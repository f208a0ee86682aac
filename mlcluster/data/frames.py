"""Frames of an XYZ or extended XYZ file one after the other, so that a file of any length needs little memory."""

from __future__ import annotations

import gzip
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import NUMBERS, SYMBOLS
from mlcluster.data.failures import one_item
from mlcluster.errors import InputError
from mlcluster.structure.files import check_regular

# A key begins where a word does: tried at every letter of a long word, the pattern would take for ever.
_PAIR = re.compile(r'(?<![\w.-])([A-Za-z_][\w.-]*)=("(?:[^"\\]|\\.)*"|\S*)')


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One structure of a file.

    Parameters
    ----------
    number
        Its place in the file, from 1.
    comment
        Second line as it stands.
    info
        ``key=value`` pairs of that line, values as text without their quotes.
    numbers, positions
        Atomic numbers (N,) and coordinates (N, 3), angstrom.
    """

    number: int
    comment: str
    info: dict[str, str]
    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]


def comment_pairs(comment: str) -> dict[str, str]:
    """``key=value`` pairs of a comment line, values as text without their quotes.

    >>> comment_pairs('name="Au25 rod" charge=2')
    {'name': 'Au25 rod', 'charge': '2'}
    """
    return {key: _unquoted(value) for key, value in _PAIR.findall(comment)}


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value[:1] == '"' and value[-1:] == '"' and len(value) > 1 else value


def read_frames(path: str | Path) -> Iterator[Frame]:
    """Yield every frame of a file, plain or ``.gz``, columns as its ``Properties`` say or else element, x, y, z.

    Raises
    ------
    InputError
        Naming file and frame, if the file is missing or a frame is cut off or malformed.
    """
    check_regular(path)
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", errors="replace") as stream:
        number = 0
        while True:
            head = stream.readline()
            if not head:
                return
            if head.strip():
                number += 1
                known = _is_count(head)
                with one_item(f"{path}, frame {number}"):
                    yield _frame(stream, head, number, path)
                if not known:
                    return  # where the next frame begins is not known


def _frame(stream: TextIO, head: str, number: int, path: str | Path) -> Frame:
    if not _is_count(head):
        raise InputError(
            "cannot read extended XYZ: a frame does not start with its number of atoms.",
            file=path,
            site=f"frame {number}",
            found=repr(head.strip()[:40]),
        )
    count = int(head)
    comment = stream.readline().rstrip("\n")
    info = comment_pairs(comment)
    try:
        species, start = _columns(info.get("Properties", "species:S:1:pos:R:3"))
        # A frame that is cut off ends the lines, however many it says there are.
        lines = itertools.takewhile(bool, (stream.readline() for _ in range(count)))
        rows = [line.split(None, max(species, start + 2) + 1) for line in lines]
        if len(rows) < count:
            raise ValueError(f"{len(rows)} of {count} atoms")
        numbers = np.array([_atomic_number(row[species]) for row in rows], dtype=np.int64)
        positions = np.array([[float(cell) for cell in row[start : start + 3]] for row in rows]).reshape(count, 3)
    except (KeyError, IndexError, ValueError) as error:
        raise InputError(
            "a frame is cut off, or has a line that is not an element and three coordinates.",
            file=path,
            site=f"frame {number}",
            found=f"{type(error).__name__}: {error}",
        ) from None
    return Frame(number=number, comment=comment, info=info, numbers=numbers, positions=positions)


def _is_count(line: str) -> bool:
    word = line.strip()
    return word.isascii() and word.isdigit() and len(word) < 16


def _columns(properties: str) -> tuple[int, int]:
    """Columns of the element and of the first coordinate."""
    words = properties.split(":")
    columns, start = {}, 0
    for name, width in zip(words[::3], words[2::3], strict=True):
        columns[name] = start
        start += int(width)
    return columns["species" if "species" in columns else "Z"], columns["pos"]


def _atomic_number(word: str) -> int:
    """Of a symbol, or of the number that a column Z holds."""
    return NUMBERS[SYMBOLS[int(word)]] if word.isascii() and word.isdigit() and len(word) < 4 else NUMBERS[word]
