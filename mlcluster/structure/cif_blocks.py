"""CIF text -> data blocks with their items in lower case; gemmi tokenises CIF 1.1, and CIF 2.0 is rewritten for it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gemmi import cif

from mlcluster.errors import InputError
from mlcluster.structure.files import printable
from mlcluster.structure.limits import shortened

MISSING = frozenset(("", "?", "."))
MOST_REPAIRS = 20
"""Slips of the pen that are mended in one block; beyond that it is no CIF."""

_NO_CIF_BLANK = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]"
)
"""Control characters and the blanks of Unicode, such as the no-break space of web pages: CIF has no place for them."""
_FIRST_BLOCK = re.compile(r"^[ \t]*(?:data_|global_)", re.MULTILINE | re.IGNORECASE)
_HEADER = re.compile(r"[ \t]*(data_[^\s]*|global_)", re.IGNORECASE)
_PLACE = re.compile(r"string:(\d+):(\d+)\(\d+\): (.*)", re.DOTALL)
_CIF2 = re.compile(r"\s*#\\#CIF_2\.0")


@dataclass
class Block:
    """Items of one data block.

    Parameters
    ----------
    name
        What follows ``data_``.
    pairs
        Value of each tag outside loops; the first that says something where a tag stands twice.
    loops
        Columns of each loop by tag. Tags are in lower case, with an underscore where newer dictionaries have a dot.
    error
        Why the block cannot be read; it holds nothing then.
    """

    name: str
    pairs: dict[str, str] = field(default_factory=dict)
    loops: list[dict[str, list[str]]] = field(default_factory=list)
    error: InputError | None = None

    def text(self, *tags: str) -> str | None:
        """The first of these values that says something."""
        for tag in tags:
            value = self.pairs.get(tag, "").strip()
            if value not in MISSING:
                return value
            column = self.column(tag)
            if column and len(column) == 1 and column[0].strip() not in MISSING:
                return column[0].strip()
        return None

    def column(self, tag: str) -> list[str] | None:
        """A column of a loop, or a single value as a column of one."""
        for loop in self.loops:
            if tag in loop:
                return loop[tag]
        return [self.pairs[tag]] if tag in self.pairs else None


def read_blocks(text: str, file: str) -> list[Block]:
    """Every data block; one that cannot be read holds its error and costs no other.

    Raises
    ------
    InputError
        If the text holds no data block at all.
    """
    start = _FIRST_BLOCK.search(text)
    if start is None:
        raise InputError("the CIF holds no data block.", file=file, expected="a line that begins with data_")
    if _CIF2.match(text):
        text = _as_cif1(text)
        start = _FIRST_BLOCK.search(text)
    body = text[start.start() if start else 0 :]
    if _NO_CIF_BLANK.search(body):
        body = _NO_CIF_BLANK.sub(" ", body)
    try:
        return [_block(block) for block in cif.read_string(body, 0)]
    except (ValueError, RuntimeError):
        return [block for part in _parts(body) for block in _read_alone(part, file)]


def _block(block: cif.Block) -> Block:
    found = Block(printable(block.name.strip()))
    for item in block:
        if item.pair is not None:
            tag, value = item.pair[0], item.pair[1]  # type: ignore[index] # its type is stated as object
            tag, value = _tag(tag), _plain(value)
            if found.pairs.get(tag, "?").strip() in MISSING:
                found.pairs[tag] = value
        elif item.loop is not None:
            tags, values, width = item.loop.tags, item.loop.values, len(item.loop.tags)
            found.loops.append({_tag(tag): [_plain(v) for v in values[k::width]] for k, tag in enumerate(tags)})
    return found


def _tag(tag: str) -> str:
    # Dictionaries since 2006 write a dot where the older ones have an underscore.
    return tag.lower().replace(".", "_", 1)


def _plain(value: str) -> str:
    if value[:1] not in "'\";":
        return value
    text = cif.as_string(value)
    # A text field that begins with a backslash alone is folded: a backslash at the end joins a line with the next.
    return re.sub(r"\\[ \t]*\r?\n", "", text[text.find("\n") + 1 :]) if re.match(r"\\[ \t]*\r?\n", text) else text


def _parts(text: str) -> Iterator[str]:
    """The text cut before each line that begins a data block, text fields left whole."""
    lines = list(io.StringIO(text))
    begin, inside = 0, False
    for number, line in enumerate(lines):
        if line.startswith(";"):
            inside = not inside
        elif not inside and number > begin and _HEADER.match(line):
            yield "".join(lines[begin:number])
            begin = number
    yield "".join(lines[begin:])


def _read_alone(text: str, file: str) -> list[Block]:
    """Blocks of one part, with slips of the pen mended that leave no doubt about what else it says."""
    lines = [line.rstrip("\n") for line in io.StringIO(text)]
    header = _HEADER.match(text)
    name = printable(header[1][5:]) if header else ""
    for _ in range(MOST_REPAIRS + 1):
        try:
            return [_block(block) for block in cif.read_string("\n".join(lines) + "\n", 0)]
        except (ValueError, RuntimeError) as error:
            place = _PLACE.match(str(error))
            if place is None or not _mended(lines, int(place[1]) - 1, int(place[2]), place[3]):
                return [Block(name, error=_refusal(place, str(error), file, name))]
    return [Block(name, error=_refusal(None, f"more than {MOST_REPAIRS} faults", file, name))]


def _mended(lines: list[str], row: int, column: int, what: str) -> bool:
    """Mend the line that gemmi stumbled over, if it is a value without its quotes."""
    if what != "parse error" or not row < len(lines):
        return False
    line = lines[row].encode()
    before, rest = line[:column].decode(errors="replace"), line[column:].decode(errors="replace")
    word = next(iter(rest.split()), "_")
    if word[0] in "_#" or word.lower().startswith(("data_", "loop_", "save_")):
        return False
    if word[0].isalnum() or word[0] in "+-(.,:/*'\"":
        # Words after a value, quoted or not: a sentence that lacks its quotes. What it says is not needed here.
        lines[row] = before.rstrip()
    else:
        quote = '"' if '"' not in word else "'"
        lines[row] = f"{before}{quote}{word}{quote}{rest[len(word) :]}"
    return lines[row].encode() != line


def _refusal(place: re.Match[str] | None, why: str, file: str, name: str) -> InputError:
    where = f"data_{name}"
    reason = why if place is None else f"{place[3]}, line {place[1]} of the block"
    if "number of values" in reason or "unterminated" in reason:
        return InputError(
            "a loop of the CIF does not have whole rows; the file may be cut off or a quote unclosed.",
            file=file,
            site=where,
            found=shortened(reason, 200),
            hint="Fetch the file again, or check its last loop.",
        )
    return InputError(
        "the block is no valid CIF.", file=file, site=where, found=shortened(reason, 200), hint="Check that line."
    )


_CIF2_TOKEN = re.compile(
    r"""(?P<field>^;.*?^;)|(?P<comment>(?<!\S)\#[^\n]*)|(?P<triple>\"{3}.*?\"{3}|'{3}.*?'{3})"""
    r"""|(?P<plain>"[^"\n]*"|'[^'\n]*')|(?P<list>(?<![^\s\[{:])[\[{])""",
    re.DOTALL | re.MULTILINE,
)


def _as_cif1(text: str) -> str:
    """CIF 2.0 with its triple quotes, lists and tables written as text fields, which nothing here has to look into."""
    pieces: list[str] = []
    position = 0
    while (found := _CIF2_TOKEN.search(text, position)) is not None:
        pieces.append(text[position : found.start()])
        position = found.end()
        if found["triple"]:
            pieces.append(_text_field(found["triple"][3:-3]))
        elif found["list"]:
            position = _end_of_list(text, found.start())
            pieces.append(_text_field(text[found.start() : position]))
        else:
            pieces.append(found[0])
    return "".join([*pieces, text[position:]])


def _text_field(value: str) -> str:
    return "\n;" + value.replace("\n;", "\n ;") + "\n;\n"


def _end_of_list(text: str, start: int) -> int:
    depth, position = 0, start
    for found in re.finditer(r"\"{3}.*?\"{3}|'{3}.*?'{3}|\"[^\"\n]*\"|'[^'\n]*'|[\[{\]}]", text[start:], re.DOTALL):
        position = start + found.end()
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return position
    return len(text)
