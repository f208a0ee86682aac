"""What can be asked of the server: the verbs with their options, and the pages made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlcluster.web.fields import Field

_CHARGE = Field("charge", "Total charge in e; otherwise taken from the file.", "whole", low=-200, high=200)
READING = (
    _CHARGE,
    Field("multiplicity", "Spin multiplicity 2S + 1.", "whole", low=1, high=200),
    Field("cluster", "Only the K-th distinct cluster of each file.", "whole", low=1, high=10_000),
    Field("disorder", "How to resolve disorder.", choices=("majority", "enumerate", "reject")),
    Field("hydrogens", "Place hydrogens that the file leaves out, or not.", choices=("keep", "add")),
    Field("strict", "Treat doubts about a structure as errors.", "flag"),
    Field("block", "Only this data block of a CIF."),
    Field("declare", "What donors without carbon are, as S:thiolate.", "pairs", many=True),
)
LEVEL = (
    Field("level", "Which level answers.", choices=("auto", "calculation", "network", "formula")),
    Field("max_seconds", "Largest estimate of a calculation, s.", "number", low=1, high=86_400),
)
_OF_B = tuple(
    Field(f"{one.name}_b", f"{one.what.rstrip('.')}, of the second file where it is another.", one.kind, low=one.low)
    for one in READING
    if one.name in ("charge", "multiplicity", "cluster", "block")
)
_COMPARING = (*READING, *_OF_B, *LEVEL, Field("relation", "auto, or what the two are: isomer, defect, doping ..."))
_CONFIDENCE = Field("level", "Level of the intervals.", "number", low=0.5, high=0.999)
_FORMULA = (
    Field("formula", "As in [Au13Ag12(PPh3)10Cl8]+."),
    _CHARGE,
    Field("medium", "What surrounds it, e.g. CH2Cl2 or crystal."),
    Field("temperature_k", "Temperature, K.", "number", low=1, high=5000),
)
_NAMES = Field("run", "Id of a run, or its beginning; several for compare.", "run", many=True)

FITS: Mapping[str, tuple[str, Sequence[Field]]] = {
    "decay": (
        "Luminescence decay: columns time (us), counts and perhaps response.",
        (
            Field("components", "1, 2, 3, auto or stretched.", choices=("auto", "1", "2", "3", "stretched")),
            Field("response", "How the instrument sees it.", choices=("none", "gaussian", "measured")),
            Field("response_fwhm", "First guess of a Gaussian response, us.", "number", low=0),
            Field("background", "Fit a constant background.", "flag"),
            Field("counts", "Poisson noise; otherwise told from whole numbers.", "flag"),
        ),
    ),
    "linewidth": (
        "Width of an emission band against temperature: columns T (K), FWHM (meV).",
        (
            Field("form", "Form of the curve.", choices=("eq1", "huang-rhys", "lattice")),
            Field("modes", "Modes that broaden it.", choices=("auto", "one", "acoustic", "optical", "two")),
        ),
    ),
    "gap": (
        "Optical gap from a spectrum: columns wavelength (nm) or energy (eV), absorbance.",
        (
            Field("jacobian", "Multiply by the Jacobian of wavelength to energy.", "flag"),
            Field("tauc", "Tauc plot in place of the spectrum.", choices=("none", "direct", "indirect")),
            Field("window", "Energies of the tangent, LOW:HIGH in eV.", "span"),
            Field("baseline", "Energies where nothing absorbs, LOW:HIGH in eV.", "span"),
        ),
    ),
    "transient": (
        "Global analysis of transient absorption: a matrix.",
        (
            Field("components", "Finite lifetimes.", choices=("auto", "1", "2", "3", "4")),
            Field("model", "Spectra of decays or of states.", choices=("parallel", "sequential")),
            Field("infinite", "One more component that outlives the window.", "flag"),
            Field("response", "Fit a Gaussian response.", "flag"),
            Field("dispersion", "Order of the dispersion of time zero.", "whole", low=0, high=3),
            Field("time_unit", "Where the file states none.", choices=("fs", "ps", "ns", "us", "ms")),
        ),
    ),
    "conversion": (
        "Kinetics of an isomerisation: columns time (s), absorbance, T (K); or T (K), k (1/s).",
        (Field("equilibrium", "Splits the rate into both directions.", "number", low=0),),
    ),
    "equilibrium": (
        "Enthalpy of an isomerisation: columns T (K), K; or a scan: T (K), heat flow (mW).",
        (
            Field("reaction", "Names of both forms, A -> B."),
            Field("cold", "The form observed in the cold."),
            Field("peak", "Limits of a DSC peak, LOW:HIGH in K.", "span"),
            Field("mass_mg", "Mass of the sample, mg.", "number", low=0),
            Field("molar_mass", "Molar mass, g/mol.", "number", low=0),
            Field("formula", "Gives the molar mass."),
            Field("heating_rate", "K/min.", "number"),
        ),
    ),
}
ESI = (
    Field("formula", "The cluster."),
    Field("mz", "Tallest peak as read off.", "number", low=0, many=True),
    Field("charge", "Where the formula states none; of an unknown ion.", "whole", low=-50, high=50),
    Field("adducts", "Only these adducts.", many=True),
    Field("losses", "Only these losses.", many=True),
    Field("metals", "Metals of an unknown cluster.", many=True),
    Field("ligands", "Ligands of an unknown cluster.", many=True),
    Field("ppm", "Largest deviation that fits.", "number", low=0, high=10_000),
    Field("resolving_power", "m/dm at half maximum.", "number", low=100, high=1e7),
)
RATES = (
    Field("quantum_yield", "Fraction, 0 to 1.", "number", low=0, high=1),
    Field("quantum_yield_error", "Its standard error.", "number", low=0),
    Field("lifetime_us", "Lifetime, us.", "number", low=0),
    Field("lifetime_us_error", "Its standard error.", "number", low=0),
)
QUICK = ("network", "formula")
"""Levels that take no calculation."""


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One thing to ask for.

    Parameters
    ----------
    path
        Below ``/api/`` or ``/page/``.
    what
        One sentence for the API's page.
    stages
        Of the job it becomes.
    quick
        The stages where the options ask for no calculation, if these are others.
    fields
        What may be stated.
    files
        Fewest and most files; None for as many as the server takes.
    fixed
        Options that the path states.
    """

    path: str
    what: str
    stages: Sequence[str]
    quick: Sequence[str] = ()
    fields: Sequence[Field] = ()
    files: tuple[int, int | None] = (0, 0)
    fixed: Mapping[str, Any] | None = None


def _fit(name: str, prefix: str, stage: str) -> Verb:
    what, fields = FITS[name]
    return Verb(
        path=f"{prefix}/{name}",
        what=what,
        stages=[stage],
        fields=(*fields, _CONFIDENCE),
        files=(1, 1),
        fixed={"fit": name},
    )


API = (
    Verb(path="inspect", what="Read, separate and describe.", stages=["inspect"], fields=READING, files=(1, None)),
    Verb(
        path="predict",
        what="Predict properties, each with an interval.",
        stages=["predict"],
        quick=["quick predict"],
        fields=(*READING, *LEVEL, Field("contributions", "Also what the parts add.", "flag")),
        files=(1, None),
    ),
    Verb(
        path="compare",
        what="Compare two clusters, in structure and properties.",
        stages=["compare"],
        quick=["quick compare"],
        fields=_COMPARING,
        files=(2, 2),
    ),
    Verb(
        path="screen",
        what="Predict many structures; gives the rows of the table.",
        stages=["screen"],
        fields=(*READING[:2], *LEVEL),
        files=(1, None),
    ),
    Verb(
        path="known",
        what="What has been measured on a cluster: of a query, or of one file.",
        stages=["known"],
        fields=(Field("query", "A formula, or words of a record."), *READING),
        files=(0, 1),
    ),
    Verb(path="formula", what="Predict from a formula.", stages=["formula"], fields=_FORMULA),
    *(_fit(name, "fit", "fit") for name in FITS),
    Verb(path="esi", what="Which ion of a cluster a peak is.", stages=["esi"], fields=ESI, files=(0, 1)),
    Verb(path="rates", what="Rates from yield and lifetime.", stages=["rates"], fields=RATES),
    Verb(
        path="runs",
        what="The record of runs: list, show, compare, card.",
        stages=["runs"],
        fields=(
            Field("what", "Which.", choices=("list", "show", "compare", "card")),
            _NAMES,
            Field("limit", "Most rows.", "whole", low=1, high=1000),
        ),
    ),
)
PAGES = (
    Verb(
        path="structure",
        what="One file.",
        stages=["structure", "calculation"],
        fields=(*READING, LEVEL[1]),
        files=(1, 1),
    ),
    Verb(
        path="comparison",
        what="Two files.",
        stages=["comparison", "calculated comparison"],
        fields=_COMPARING,
        files=(2, 2),
    ),
    Verb(path="screen", what="Many files.", stages=["screen page"], fields=READING[:2], files=(1, None)),
    Verb(path="formula", what="A formula.", stages=["formula page"], fields=_FORMULA),
    *(_fit(name, "fit", "bench page") for name in FITS),
    Verb(path="esi", what="Peaks.", stages=["bench page"], fields=ESI, files=(0, 1), fixed={"fit": "esi"}),
    Verb(path="rates", what="Rates.", stages=["bench page"], fields=RATES, fixed={"fit": "rates"}),
    Verb(
        path="runs",
        what="Runs.",
        stages=["runs page"],
        fields=(Field("what", "Which.", choices=("list", "show", "compare", "card")), _NAMES),
    ),
)
