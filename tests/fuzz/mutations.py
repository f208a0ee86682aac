"""Good files with a few things changed as a slip, another program or a stranger would change them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

from hypothesis import strategies as st

NUMBERS = (
    "0 -0 1 -1 0.5 1e400 -1e400 1e-400 inf -inf nan NaN 5000000000 99999999999999999999 1e12 1_000 0x10 1,5 1.5(3) "
    "1.5( .5 5. +3 1e 1e+ --1 1/3 1/0 2147483648 65536 1000001 1e308 True"
).split() + ["\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT THREE}", "9" * 6000, "9" * 400]
WORDS = (
    "? . '' ' ; # _ data_ data_x loop_ save_ global_ stop_ _atom_site_label _cell_length_a [ ] { } [1 {a:1} $x Xx Qq D "
    "Cg X dum x,y,z -x,-y,-z x,y x,y,z,1 R3 P21/n P1 : , = | S:thiolate null {} [] NaN N/A Au1 Au C H a.xyz /dev/zero"
).split() + ['"', '""', '"""', "'''", "\\", "\N{LATIN SMALL LETTER U WITH DIAERESIS}", "\N{GRINNING FACE}", "\u2028"]
WORDS += ["\x00", "\x1a", "\x85", "\x0c", "../../etc/passwd", "a" * 5000, "\t", "\n", "\n;\n", ""]

_TOKEN = re.compile(r"\S+")


def _word(text: str, where: float, other: str) -> str:
    words = list(_TOKEN.finditer(text))
    if not words:
        return other
    found = words[int(where * (len(words) - 1))]
    return text[: found.start()] + other + text[found.end() :]


def _insert(text: str, where: float, other: str) -> str:
    place = int(where * len(text))
    return text[:place] + other + text[place:]


def _number(text: str, where: float, other: str) -> str:
    numbers = list(re.finditer(r"-?\d+(?:\.\d+)?", text))
    if not numbers:
        return text
    found = numbers[int(where * (len(numbers) - 1))]
    return text[: found.start()] + other + text[found.end() :]


def _line(change: Callable[[list[str], int, str], None]) -> Callable[[str, float, str], str]:
    def changed(text: str, where: float, other: str) -> str:
        lines = text.split("\n")
        change(lines, int(where * (len(lines) - 1)), other)
        return "\n".join(lines)

    return changed


def _swap(lines: list[str], k: int, other: str) -> None:
    words = re.split(r"([\s,]+)", lines[k])
    words[::2] = reversed(words[::2])
    lines[k] = "".join(words)


def _lines_swapped(lines: list[str], k: int, other: str) -> None:
    lines[k], lines[-k - 1] = lines[-k - 1], lines[k]


CHANGES: dict[str, Callable[[str, float, str], str]] = {
    "another word": _word,
    "another number": _number,
    "a word more": _insert,
    "cut off": lambda text, where, other: text[: int(where * len(text))],
    "begins late": lambda text, where, other: text[int(where * len(text)) :],
    "a line less": _line(lambda lines, k, other: lines.__delitem__(k)),
    "a line twice": _line(lambda lines, k, other: lines.insert(k, lines[k])),
    "a line that is another": _line(lambda lines, k, other: lines.__setitem__(k, other)),
    "a word less": _line(lambda lines, k, other: lines.__setitem__(k, " ".join(lines[k].split()[:-1]))),
    "columns swapped": _line(_swap),
    "lines swapped": _line(_lines_swapped),
    "other line ends": lambda text, where, other: text.replace("\n", "\r\n" if where < 0.5 else "\r"),
    "capitals": lambda text, where, other: text.upper() if where < 0.5 else text.lower(),
    "twice": lambda text, where, other: text + text,
    "another letter everywhere": lambda text, where, other: text.replace(
        text[int(where * (len(text) - 1))] if text else " ", other[:1]
    ),
}

ENCODINGS = ("utf-8", "utf-8", "utf-8", "latin-1", "utf-16", "utf-8-sig", "cp037")

changes = st.lists(
    st.tuples(
        st.sampled_from(sorted(CHANGES)), st.floats(0, 1), st.one_of(st.sampled_from(NUMBERS), st.sampled_from(WORDS))
    ),
    min_size=1,
    max_size=4,
)
"""What is changed, where (as a share of the file), and what stands there then."""


def mutated(text: str, steps: list[tuple[str, float, str]], encoding: str = "utf-8", *, zipped: bool = False) -> bytes:
    """Bytes of a text after some changes."""
    for name, where, other in steps:
        text = CHANGES[name](text, where, other)[:200_000]
    data = text.encode(encoding, "replace" if encoding != "utf-8" else "surrogatepass")
    if not zipped:
        return data
    packed = gzip.compress(data, 1)
    return packed[: int(len(packed) * (steps[0][1] if steps[0][0] == "cut off" else 1))]
