"""Symmetry operations as a CIF lists them: read, and tested to be a group, before anything is multiplied by them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import InputError
from mlcluster.structure.limits import shortened
from mlcluster.structure.report import Entry

MOST_OPERATIONS = 192
"""Operations of the largest space group per cell, centring included (F m -3 m and its like)."""
CLOSURE_TOLERANCE = 0.01
"""Largest difference of translations (fractions of a cell) that is rounding: "0.333" for 1/3."""

_TERM = re.compile(r"([+-]?)(?:(\d+(?:\.\d*)?|\.\d+)(?:/(\d+))?)?\*?([xyz]?)")


@dataclass(frozen=True, eq=False)
class Operations:
    """Symmetry operations on fractional coordinates: rotations (k, 3, 3), translations (k, 3), and remarks."""

    rotations: NDArray[np.float64]
    translations: NDArray[np.float64]
    entries: tuple[Entry, ...] = ()


def checked_operations(words: Sequence[str], file: str, where: str) -> Operations:
    """Operations of a list, each once and with the identity.

    Raises
    ------
    InputError
        If there are more than any space group has, one cannot be read or maps no lattice onto itself (a rotation with
        a determinant other than 1 and -1), or they are not a group.
    """
    if len(words) > MOST_OPERATIONS:
        raise InputError(
            "more symmetry operations than any space group has.",
            file=file,
            site=where,
            found=f"{len(words)} operations",
            expected=f"at most {MOST_OPERATIONS}",
        )
    entries = []
    found = [_operation(word, file, where) for word in words]
    rotations = np.array([rotation for rotation, _ in found])
    translations = np.array([translation for _, translation in found])
    keep = _first_of_each(rotations, translations)
    if len(keep) < len(found):
        text = f"{len(found) - len(keep)} symmetry operations are listed twice; taken once."
        entries.append(Entry("info", "symmetry_repaired", text))
        rotations, translations = rotations[keep], translations[keep]
    identity = (rotations == np.eye(3)).all(axis=(1, 2)) & _whole(translations)
    if not identity.any():
        entries.append(Entry("info", "symmetry_repaired", "the identity is not among the operations; added."))
        rotations = np.concatenate([np.eye(3)[None], rotations])
        translations = np.concatenate([np.zeros((1, 3)), translations])
        words, keep = ["x,y,z", *words], [0, *(k + 1 for k in keep)]
    missing = _unclosed(rotations, translations)
    if missing is not None:
        first, second = (words[keep[k]] for k in missing)
        raise InputError(
            "the symmetry operations are not a group.",
            file=file,
            site=where,
            found=f"{shortened(first)} after {shortened(second)}, which gives an operation that is not listed",
            hint="List every operation of the space group, or none of them beside its symbol.",
        )
    return Operations(rotations, translations, tuple(entries))


def _operation(word: str, file: str, where: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotation and translation of ``-y, x-y, z+1/3``."""
    compact = re.sub(r"[\s'\"()\[\];_]", "", word.lower()).replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-")
    compact = compact.replace("\\", "")
    parts = compact.split(",")
    if len(parts) == 4 and re.fullmatch(r"[+-]1", parts[3]):
        parts = parts[:3]  # time reversal of a magnetic group
    rotation, translation = np.zeros((3, 3)), np.zeros(3)
    readable = len(parts) == 3 and len(compact) < 100
    for row, part in enumerate(parts if readable else ()):
        readable = readable and _row(part, rotation[row], translation, row)
    if not readable or abs(round(float(np.linalg.det(rotation)))) != 1 or not (rotation == np.round(rotation)).all():
        raise InputError(
            "a symmetry operation cannot be read.",
            file=file,
            site=where,
            found=shortened(word),
            expected="three parts such as 'x, -y, z+1/2' that map the lattice onto itself",
            hint="Put the operation in quotes, or name the space group instead.",
        )
    return rotation, translation


def _row(part: str, rotation: NDArray[np.float64], translation: NDArray[np.float64], row: int) -> bool:
    position = 0
    while position < len(part):
        match = _TERM.match(part, position)
        if match is None or match.end() == position or match[0] in "+-*" or (position and not match[1]):
            return False
        value = float(match[2] or 1.0)
        if match[3]:
            if not 0 < int(match[3]) <= 48:
                return False
            value /= int(match[3])
        value = -value if match[1] == "-" else value
        if match[4]:
            rotation["xyz".index(match[4])] += value
        elif abs(value) <= 10.0:
            translation[row] += value
        else:
            return False
        position = match.end()
    return position > 0


def _whole(translations: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.all(np.abs(translations - np.round(translations)) < CLOSURE_TOLERANCE, axis=-1)


def _first_of_each(rotations: NDArray[np.float64], translations: NDArray[np.float64]) -> list[int]:
    same = (rotations[:, None] == rotations[None]).all(axis=(2, 3))
    same &= _whole(translations[:, None] - translations[None])
    return np.flatnonzero(same.argmax(axis=1) == np.arange(len(rotations))).tolist()


def _unclosed(rotations: NDArray[np.float64], translations: NDArray[np.float64]) -> tuple[int, int] | None:
    """Two operations whose product is not in the list."""
    for k, (rotation, translation) in enumerate(zip(rotations, translations, strict=True)):
        products = rotation @ rotations
        shifts = translations @ rotation.T + translation
        same = (products[:, None] == rotations[None]).all(axis=(2, 3))
        same &= _whole(shifts[:, None] - translations[None])
        lacking = np.flatnonzero(~same.any(axis=1))
        if lacking.size:
            return k, int(lacking[0])
    return None
