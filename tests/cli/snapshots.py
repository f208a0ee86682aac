"""What verbs print on a terminal, kept as files: words and layout are compared, and no line may be too wide.

``MLCLUSTER_SNAPSHOTS=write python -m pytest tests/cli/test_snapshots.py`` writes the files anew; look at their diff.
Each file holds what a command really printed at 80 columns, with directories, times and hashes replaced. Predicted
numbers move with every model that is shipped, so of predictions only the words are compared (``numbers=False``).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app

FOLDER = Path(__file__).with_name("snapshots")
WRITE = os.environ.get("MLCLUSTER_SNAPSHOTS") == "write"
WIDTHS = (80, 120)


def printed(*arguments: object, width: int = 80, exit_code: int = 0, hide: tuple[Path, ...] = ()) -> str:
    """Standard output of a command on a terminal of this width, with what changes from run to run replaced.

    Parameters
    ----------
    arguments
        Verb, files and options.
    width
        Columns of the terminal.
    exit_code
        Expected one.
    hide
        Directories that stand as ``DIR``.
    """
    done = CliRunner(env={"COLUMNS": str(width)}).invoke(app, [str(each) for each in arguments])
    assert done.exit_code == exit_code, done.stderr
    text = done.stdout
    for directory in hide:
        text = text.replace(f"{directory}/", "").replace(str(directory), "DIR")
    text = re.sub(r"\b[0-9a-f]{12}\b", "HASH", text)
    text = re.sub(r"\b\d+\.\d s\b", "TIME", text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def check(name: str, *arguments: object, numbers: bool = True, exit_code: int = 0, hide: tuple[Path, ...] = ()) -> str:
    """Compare what a command prints with its snapshot, and hold its lines to 80 and to 120 columns.

    Parameters
    ----------
    name
        Of the file in `FOLDER`, without its ending.
    arguments, exit_code, hide
        As for `printed`.
    numbers
        Whether numbers are compared too; without, each stands for any other and layout follows their length.

    Returns
    -------
    What was printed at 80 columns.
    """
    texts = [printed(*arguments, width=width, exit_code=exit_code, hide=hide) for width in WIDTHS]
    for text, width in zip(texts, WIDTHS, strict=True):
        # An address or path that is longer has no place to break.
        wide = [line for line in text.splitlines() if len(line) > width and " " in line.strip()]
        assert not wide, f"wider than {width} columns: {wide[0]}"
    text, file = texts[0], FOLDER / f"{name}.txt"
    if WRITE:
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if not file.is_file():
        pytest.fail(f"no snapshot {file.name}; MLCLUSTER_SNAPSHOTS=write makes it.")
    kept = file.read_text(encoding="utf-8")
    told = (text, kept) if numbers else (words(text), words(kept))
    assert told[0] == told[1], f"{file.name} says otherwise; if this is meant, MLCLUSTER_SNAPSHOTS=write keeps it."
    return text


def words(text: str) -> str:
    """The text with every number as ``#`` and without what only fills lines.

    >>> words("gap   1.47 eV, 0.85 to 2.1e-05") == words("gap 1.5 eV, 0.9 to 2.09")
    True
    """
    text = re.sub(r"(?<![\w-])[+-]?\d+(\.\d+)?(e[+-]?\d+)?(?![\w-])", "#", text)
    return " ".join(re.sub(r"[─━│┃╇┡┏┓┗┛┳┻╋┼┴┬├┤└┘╡╞═]+", " ", text).split())
