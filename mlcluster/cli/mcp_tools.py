"""The verbs as tools of the Model Context Protocol: each call is one run of the command line with ``--json``.

A process for each call keeps the protocol's own standard output clean, and ends with its time or with the server.
Tools get typed arguments, never a command line; files are looked for below one folder only.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

import mlcluster

INSTRUCTIONS = """\
Properties of ligand-protected metal clusters from their crystal structures. Say what is measured (`known`) before what
is predicted. Every prediction has an interval and is inside or outside of what its level has seen: report both, and
never call a prediction measured. A difference that is not resolved is no difference that was found."""

_MOST_TOLD = 4000
"""Characters of an error that are passed on."""


class Verbs:
    """The tools.

    Parameters
    ----------
    root
        Files are looked for, and written, below this folder.
    seconds
        Longest time of one call.
    """

    def __init__(self, root: Path, seconds: float = 600.0) -> None:
        self._root, self._seconds = root.resolve(), seconds

    def inspect(self, files: list[str], charge: int | None = None) -> Any:
        """Describe what structure files hold: clusters, ligands, charge, valence electrons, kernel, shape, doubts."""
        return self._run("inspect", *_option("--charge", charge), files=files)

    def known(self, query: str, charge: int | None = None) -> Any:
        """Measured values of a cluster, by formula, structure file or words, and of the clusters nearest to it."""
        path = (self._root / query).resolve()
        if path.is_file():
            query = str(self._file(query))
        return self._run("known", *_option("--charge", charge), files=[], words=[query])

    def predict(self, files: list[str], charge: int | None = None, level: str | None = None) -> Any:
        """Predict gap, emission, quantum yield and lifetime of structure files, each with an interval.

        The level is formula, network, calculation or auto.
        """
        return self._run("predict", *_option("--charge", charge), *_option("--level", level), files=files)

    def predict_formula(self, formula: str) -> Any:
        """Predict properties from a formula alone, as [Au25(SC2H4Ph)18]1-; measured values come first."""
        return self._run("predict", f"--formula={formula}", files=[])

    def compare(self, a: str, b: str, charge: int | None = None, level: str | None = None) -> Any:
        """Compare two structure files: what differs, and which differences of properties are resolved."""
        return self._run("compare", *_option("--charge", charge), *_option("--level", level), files=[a, b])

    def rank(self, screen: str, want: list[str]) -> Any:
        """Rank the candidates of a finished screen by criteria as gap>1.5 or quantum_yield>0.3."""
        return self._run("rank", *(f"--want={each}" for each in want), files=[screen])

    def esi(self, mz: list[float], formula: str) -> Any:
        """Which ions of a cluster the peaks of a mass spectrum are, by their tallest isotope peak."""
        return self._run("esi", f"--formula={formula}", *(f"--mz={value}" for value in mz), files=[])

    def rates(self, quantum_yield: float, lifetime_us: float) -> Any:
        """Radiative and nonradiative rates from a quantum yield (0 to 1) and a lifetime in microseconds."""
        return self._run("rates", f"--quantum-yield={quantum_yield}", f"--lifetime={lifetime_us}", files=[])

    def cite(self) -> Any:
        """Data, methods and software to cite for predictions."""
        return self._run("cite", files=[])

    def substitute(self, file: str, to: str, count: int, out: str) -> Any:
        """Write every symmetry-distinct substitution of so many metal atoms of a structure to a folder."""
        return self._run("design", "substitute", f"--to={to}", f"-k{count}", f"--out={self._file(out)}", files=[file])

    def screen(self, inputs: list[str], out: str) -> Any:
        """Predict all structures of files and folders into a folder; asked again, it goes on where it was."""
        return self._run("screen", f"--out={self._file(out)}", files=inputs)

    def _file(self, name: str) -> Path:
        path = (self._root / name).resolve()
        if not path.is_relative_to(self._root):
            raise ToolError(f"{name} is not below {self._root}, the folder that this server may read.")
        return path

    def _run(self, *arguments: str, files: Sequence[str], words: Sequence[str] = ()) -> Any:
        given = [*map(str, map(self._file, files)), *words]
        command = [
            sys.executable,
            "-m",
            "mlcluster",
            "--quiet",
            *arguments,
            "--json",
            *(["--", *given] if given else []),
        ]
        try:
            done = subprocess.run(
                command, cwd=self._root, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=self._seconds
            )
        except subprocess.TimeoutExpired:
            raise ToolError(f"Stopped after {self._seconds:g} s; ask for less, or for level network.") from None
        if done.returncode not in (0, 1):
            raise ToolError(done.stderr.strip()[-_MOST_TOLD:] or f"mlcluster ended with {done.returncode}")
        return json.loads(done.stdout)


_READ_ONLY = ("inspect", "known", "predict", "predict_formula", "compare", "rank", "esi", "rates", "cite")
_WRITING = ("substitute", "screen")


def server(root: Path, *, write: bool = False, seconds: float = 600.0) -> MCPServer:
    """Server of the verbs, whose ``run("stdio")`` serves until its input ends.

    Parameters
    ----------
    root
        Files are looked for, and written, below this folder.
    write
        Whether there are also the verbs that write.
    seconds
        Longest time of one call.
    """
    made: MCPServer = MCPServer(
        "mlcluster", instructions=INSTRUCTIONS, version=mlcluster.__version__, log_level="ERROR"
    )
    verbs = Verbs(root, seconds)
    for name in (*_READ_ONLY, *(_WRITING if write else ())):
        tool: Callable[..., Any] = getattr(verbs, name)
        hints = ToolAnnotations(read_only_hint=name in _READ_ONLY, destructive_hint=False, open_world_hint=False)
        made.tool(name=name, annotations=hints, structured_output=False)(tool)
    return made


def _option(name: str, value: object) -> list[str]:
    return [] if value is None else [f"{name}={value}"]
