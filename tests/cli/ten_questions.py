"""The page of ten questions: each with a command, and what that command prints.

``python -m tests.cli.ten_questions`` writes docs/ten_questions.md anew; a test compares its words with what the
commands print, so that it cannot go stale.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlcluster.chem.elements import is_metal
from mlcluster.design.frameworks import build
from tests.cli.snapshots import printed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ten_questions.md"
WIDTH = 80
MOST = 70
"""Lines of one output from which on it is cut."""

_HEAD = """# Ten questions of a synthetic chemist

Each with the command that answers it and what it prints on a terminal of 80 columns. The files are models that stand
in for your crystals: `rod.cif` is the staggered [Au13Ag12(PPh3)10Cl8]+ rod with its metals shaken by 0.1 angstrom,
`other.cif` the eclipsed one, `gold9.cif` a small [Au9(PH3)8]3+. `--verbose` shows everything behind an answer, `--json`
the same for programs, `--help` the options. Long lists are cut here, and only here. Written by
`python -m tests.cli.ten_questions`; a test repeats it.
"""


@dataclass(frozen=True)
class Question:
    """What is asked, the commands that answer it, and a remark on the answer."""

    text: str
    commands: tuple[str, ...]
    remark: str = ""


QUESTIONS = (
    Question(
        "What is in my crystal, and which isomer is it?",
        ("mlcluster inspect rod.cif",),
        "The measured gap is that of the staggered isomer: the symmetry its record states decides between the two.",
    ),
    Question("What has been measured on this cluster?", ('mlcluster known "[Au22(SG)18]0"',)),
    Question(
        "I have only a formula: what can be said?",
        ('mlcluster predict --formula "[Au25(SR)18]-"',),
    ),
    Question("And from the structure?", ("mlcluster predict gold9.cif --charge 3 --level network",)),
    Question(
        "How do my two crystals differ, and does it matter?",
        ("mlcluster compare other.cif rod.cif --level network",),
    ),
    Question(
        "Is the ion in my mass spectrum the cluster that I wanted?",
        ("mlcluster esi --mz 6762.10 --mz 3362.56 --formula '[Au13Ag12(PPh3)10Cl8]+' --changes 1",),
    ),
    Question(
        "What do my yield and lifetime say about the rates?",
        (
            "mlcluster rates --quantum-yield 13.1% --lifetime 2.65 --name Au21 "
            "--quantum-yield 47.63% --lifetime 3.82 --name Au22",
        ),
    ),
    Question(
        "Which sites are worth doping, and how many different clusters does that make?",
        ("mlcluster design substitute gold9.cif --charge 3 --to Ag,Pd --out doped",),
    ),
    Question(
        "Which of these should I make first?",
        (
            "mlcluster screen doped --out results --processes 1",
            'mlcluster rank results --want "gap:gfn1-xtb > 1.5 eV" --propose 1',
        ),
        "A candidate never gains by a wide interval, and what lies outside what the models know stands last.",
    ),
    Question(
        "Whose work do I cite?",
        ("mlcluster predict gold9.cif --charge 3 --level network --out rows.xlsx", "mlcluster cite rows.xlsx --bibtex"),
        "Of the first command only the table is kept here.",
    ),
)
_KEPT = {"mlcluster predict gold9.cif --charge 3 --level network --out rows.xlsx"}
"""Commands whose output another question shows already."""


def page() -> str:
    """The page as the commands make it now."""
    parts = [_HEAD]
    with _here():
        for number, question in enumerate(QUESTIONS, start=1):
            parts.append(f"\n## {number}. {question.text}\n\n```console\n")
            for command in question.commands:
                lines = printed(*shlex.split(command)[1:], width=WIDTH).splitlines(keepends=True)
                if len(lines) > MOST:
                    lines = [*lines[:MOST], f"[... {len(lines) - MOST} more lines]\n"]
                parts.append(f"$ {command}\n" + ("" if command in _KEPT else "".join(lines)))
            parts.append("```\n" + (f"\n{question.remark}\n" if question.remark else ""))
    return "".join(parts)


@contextlib.contextmanager
def _here() -> Iterator[None]:
    """A working directory with the files of the questions."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            rod = build("rod-staggered", r="Ph")
            noise = np.random.default_rng(3).normal(size=rod.positions.shape) * is_metal(rod.numbers)[:, None]
            files = {"rod": rod.replace(positions=rod.positions + 0.1 * noise), "other": build("rod-eclipsed", r="Ph")}
            files["gold9"] = build("m9-phosphine").replace(charge=None, multiplicity=None)
            for name, cluster in files.items():
                Path(f"{name}.cif").write_text(cluster.to_cif(), encoding="utf-8")
            yield
        finally:
            os.chdir(before)


def blocks(text: str) -> list[str]:
    """Commands with their output, one after the other."""
    return re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
