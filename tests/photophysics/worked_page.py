"""The part of docs/papers.md that is made of commands: what each prints stands below it."""

from __future__ import annotations

import os
import re
import shlex
from functools import cache
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from mlcluster.cli.main import app

TITLE = "### By command"
CHECKOUT = Path(__file__).resolve().parents[2]


class Step(NamedTuple):
    """What a paper states, and the command that computes or checks it."""

    stated: str
    command: str
    remark: str


ROD = "'[Au13Ag12(PPh3)10Cl8]+'"
FIRST = [
    Step(
        "Observed at m/z 6762.10 and, after loss of chloride, 3362.56; calculated 6761.46 and 3363.00.",
        f"mlcluster esi --mz 6762.10 --mz 3362.56 --formula {ROD} --changes 1",
        "Both observed numbers are tallest peaks. The paper's calculated ones are averages, which no spectrum shows.",
    ),
    Step(
        "Calculated m/z 6761.46.",
        f"mlcluster esi --mz 6761.46 --formula {ROD} --changes 0",
        "The tool tells an average from a peak.",
    ),
    Step(
        "Optical gap of S: 1.72 eV.",
        "mlcluster fit gap docs/data/absorption_s.csv",
        "From a simulated band with that edge.",
    ),
    Step(
        "Optical gap of E: 2.17 eV.",
        "mlcluster fit gap docs/data/absorption_e.csv",
        "From a simulated band with that edge.",
    ),
    Step(
        "S -> E is reported endothermic, and E is the form of the cold.",
        "mlcluster fit equilibrium docs/data/equilibrium.csv --reaction 'S -> E' --cold E",
        "Constants simulated with +25 kJ/mol and +90 J/(mol K). The two statements do not go together in a model of "
        "two states.",
    ),
    Step(
        "The heat of S -> E by calorimetry.",
        "mlcluster fit equilibrium docs/data/calorimetry.csv --reaction 'S -> E' --cold E --peak 345:380 --mass 5 "
        f"--heating-rate 10 --formula {ROD}",
        "A simulated triangle of 57.6 mJ; give --molar-mass for a salt or a solvate.",
    ),
    Step(
        "S turns into E in solution (first order).",
        "mlcluster fit conversion docs/data/conversion.csv",
        "Simulated with 95 kJ/mol and -10 J/(mol K).",
    ),
]
SECOND = [
    Step(
        "[Au22(SAdm)12(PPh2py)4]2+ at m/z 3696.34.",
        "mlcluster esi --mz 3696.34 --formula '[Au22(SAdm)12(PPh2py)4]2+' --changes 1",
        "The tallest peak.",
    ),
    Step(
        "The same without its formula.",
        "mlcluster esi --mz 3696.34 --charge 2 --metals Au --ligands SAdm,PPh2py",
        "Eight electrons close a shell.",
    ),
    Step(
        "[Au21(SAdm)12(PPh2py)3 + CH3OH + Cs]2+ at m/z 3549.68.",
        "mlcluster esi --mz 3549.68 --formula '[Au21(SAdm)12(PPh2py)3]+' --adduct CH3OH --adduct Cs",
        "The printed number is neither; 3548.78 would be the tallest peak.",
    ),
    Step("Lifetime of Au21: 2.65 us.", "mlcluster fit decay docs/data/decay_au21.csv", "Simulated counts."),
    Step("Lifetime of Au22: 3.82 us.", "mlcluster fit decay docs/data/decay_au22.csv", "Simulated counts."),
    Step(
        "k_r 4.94e4 and 1.25e5 per s (x 2.5), k_nr 3.28e5 and 1.37e5 per s (/ 2.4).",
        "mlcluster rates --name Au21 --quantum-yield 13.10% --lifetime 2.65 --name Au22 --quantum-yield 47.63% "
        "--lifetime 3.82",
        "Equal as printed. With errors, as in 13.10+-0.5%, the rates have intervals.",
    ),
    Step(
        "Eq. (1) with E_ac = 4.3, E_op = 36.1 and S_op = 137.7 meV, 200 to 300 K.",
        "mlcluster fit linewidth docs/data/linewidth_first.csv --modes two",
        "Simulated with these numbers, S_ac = 20 meV, Gamma_0 = 100 meV and 2 meV of noise: none comes back. Left "
        "to choose, the fit takes one mode.",
    ),
    Step(
        "The second set: E_ac = 6.9, E_op = 41.6 and S_op = 55.3 meV.",
        "mlcluster fit linewidth docs/data/linewidth_second.csv",
        "One mode suffices, and its energy is not known either.",
    ),
    Step(
        "Transient absorption: 0.36 ps, 2.61 ps and a component longer than the window.",
        "mlcluster fit transient docs/data/transient.csv --model sequential",
        "A simulated matrix; the same algorithm agrees with pyglotaran to five digits on tests/data/photophysics.",
    ),
]


@cache
def printed(command: str) -> str:
    """Standard output of a command, run from the checkout."""
    before = Path.cwd()
    os.chdir(CHECKOUT)
    try:
        done = CliRunner().invoke(app, shlex.split(command)[1:])
    finally:
        os.chdir(before)
    assert done.exit_code == 0, f"{command}: {done.stderr}"
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


def section(steps: list[Step]) -> list[str]:
    """Lines of the page: what is stated, the command, what it prints, and a remark."""
    lines = []
    for step in steps:
        lines += [
            f"**{step.stated}** {step.remark}",
            "",
            "```console",
            f"$ {step.command}",
            printed(step.command),
            "```",
            "",
        ]
    return lines


def without_commands(page: str) -> str:
    """The page as it would be without the parts that commands make."""
    return re.sub(rf"{TITLE}.*?(?=^## |\Z)", "", page, flags=re.DOTALL | re.MULTILINE)


def shown(page: str, command: str) -> str:
    """What the page says that a command prints."""
    return page.split(f"$ {command}\n", 1)[1].split("```", 1)[0]


_NUMBER = re.compile(r"(?<![A-Za-z0-9_])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def differences(old: str, new: str, relative: float = 0.02) -> list[str]:
    """Where two texts differ: in words, or in numbers by more than rounding and another processor explain."""
    texts = [" ".join(text.split()) for text in (old, new)]
    words = [_NUMBER.sub("#", text) for text in texts]
    if words[0] != words[1]:
        place = next((i for i, (a, b) in enumerate(zip(*words, strict=False)) if a != b), min(map(len, words)))
        return [f"{words[0][place - 40 : place + 40]!r} is now {words[1][place - 40 : place + 40]!r}"]
    numbers = [[float(number) for number in _NUMBER.findall(text)] for text in texts]
    return [
        f"{a:g} is now {b:g}"
        for a, b in zip(*numbers, strict=True)
        if abs(a - b) > relative * max(abs(a), abs(b)) + 2e-3
    ]
