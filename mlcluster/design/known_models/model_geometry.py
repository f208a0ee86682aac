"""Records of the literature, each with the framework that has its metals, donors and charge.

What comes of it are models built by rule, not crystals, and not relaxed: ligands are cut down to hydrogen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from mlcluster.chem.elements import METAL_VALENCE
from mlcluster.design.edits.applying import apply_edits
from mlcluster.design.edits.records import Edit, LigandSwap, edits_text, parse_edits
from mlcluster.design.frameworks import build
from mlcluster.design.frameworks.donors import METAL_HALIDE
from mlcluster.design.known_models.placing_metals import RULE, host_of, is_certain, placed
from mlcluster.design.known_models.shells import Donors, Shell, donors_of, shells_of
from mlcluster.design.ligand_shapes import GROUPS_OF
from mlcluster.labels.label_records import TOUCHSTONE
from mlcluster.labels.literature.composition import ARRANGEMENTS
from mlcluster.labels.literature.measurements import ClusterRecord, clusters
from mlcluster.structure.cluster import Cluster

Options = tuple[tuple[str, Any], ...]

NOT_A_CRYSTAL = "model geometry, not a crystal"
_DRAWN_ALKYNYL = "PA"
"""Alkynyl in place of one whose shape is not known."""


@dataclass(frozen=True, kw_only=True)
class ModelGeometry:
    """A record and the model that has its metals, donors and charge.

    Parameters
    ----------
    record
        The compound.
    status
        "matched": nothing had to be assumed; "possible": what was is in `assumed`; "ambiguous": isomers fit as well.
    frameworks
        Names of the frameworks that fit: one, or several where they are isomers.
    options, edits
        Of the framework, and what was done to it in the words of `mlcluster.design.edits`.
    charge
        In e.
    agrees, assumed
        What is as in the record, and what had to be assumed or stays open.
    """

    record: ClusterRecord
    status: Literal["matched", "possible", "ambiguous"]
    frameworks: tuple[str, ...]
    charge: int
    agrees: tuple[str, ...]
    assumed: tuple[str, ...]
    options: Options = ()
    edits: str = ""

    @property
    def cluster(self) -> Cluster | None:
        """The structure; None where isomers fit as well."""
        if self.status == "ambiguous":
            return None
        built = _built(self.frameworks[0], self.options, self.edits)
        odd = (int(built.numbers.sum()) - self.charge) % 2
        return built.replace(
            charge=self.charge, multiplicity=2 if odd else 1, name=f"{self.record.id}, {NOT_A_CRYSTAL}"
        )

    @property
    def is_touchstone(self) -> bool:
        """Whether the compound is one of those that judge the package."""
        return any(TOUCHSTONE in measurement.flags for measurement in self.record.measurements)

    def to_dict(self) -> dict[str, Any]:
        """Row of `mlcluster data link --models`: the keys of a crystal, and `framework` and `edits`."""
        cluster, options = self.cluster, " ".join(f"{key}={value or 'none'}" for key, value in self.options)
        agrees, assumed = "; ".join(self.agrees), "; ".join(self.assumed)
        reason = f"{agrees}; assumed or open: {assumed}." if assumed else f"{agrees}."
        return {
            "file": None,
            "geometry": "model",
            "cluster": self.record.id,
            "formula": self.record.formula if cluster is None else cluster.formula,
            "charge": self.charge,
            "status": self.status,
            "record": None if cluster is None else self.record.id,
            "reason": f"{reason} TOUCHSTONE: shown, never trained on." if self.is_touchstone else reason,
            "candidates": [
                {"cluster_id": self.record.id, "formula": self.record.formula, "kernel": self.record.kernel}
            ],
            "framework": " ".join(filter(None, (" or ".join(self.frameworks), options))),
            "edits": self.edits,
        }


def model_geometries(records: Iterable[ClusterRecord]) -> list[ModelGeometry]:
    """Find records that a framework can stand for, in their order, and how it does.

    Metals of each kind, anionic donors, phosphorus donors and charge are those of the record. Where a foreign metal may
    sit on several sites it is placed by `mlcluster.design.known_models.placing_metals.RULE`.
    """
    return [found for record in records if (found := _fitting(record)) is not None]


def linked_models(table: str | Path | None = None) -> list[dict[str, Any]]:
    """Rows of `mlcluster data link --models` for a table of measurements; the bundled one by default.

    Raises
    ------
    DataError
        Naming the row that breaks a rule.
    """
    return [model.to_dict() for model in model_geometries(clusters(table).values())]


def _fitting(record: ClusterRecord) -> ModelGeometry | None:
    metals, donors = record.composition.metals, donors_of(record.composition)
    host = host_of(metals or {})
    if donors is None or metals is None or host is None:
        return None
    shells = shells_of(sum(metals.values()), donors)
    if not shells:
        return None
    words = ARRANGEMENTS.intersection(record.id.split("_"))
    told = [shell for shell in shells if shell.arrangement in words or shell.kernel in record.kernel.lower()]
    charge, assumed = record.composition.charge, list(_doubts(record))
    agrees = ["metals", "numbers of donors"]
    if charge is not None:
        agrees.append(f"charge {charge:+d}")
    else:
        electrons = shells[0].electrons
        charge = sum(METAL_VALENCE.get(metal, 0) * n for metal, n in metals.items()) - donors.anionic - electrons
        assumed.append(f"charge {charge:+d}, which leaves {electrons} electrons, as the record states none")
    chosen = told if len(told) == 1 else shells
    rivals = [shell.rival for shell in chosen if shell.rival and not told]
    if len(chosen) > 1 or rivals:
        names = tuple(shell.framework for shell in chosen)
        assumed.append(f"which of the isomers {', '.join((*names, *rivals))}")
        return ModelGeometry(
            record=record,
            status="ambiguous",
            frameworks=names,
            charge=charge,
            agrees=tuple(agrees),
            assumed=tuple(assumed),
        )
    agrees += ["kernel"] if told else []
    if not told:
        assumed.append(f"this kernel, of which the record says {record.kernel or 'nothing'}")
    options, edits, about = _drawn(chosen[0], host, metals, donors)
    assumed += about
    return ModelGeometry(
        record=record,
        status="possible" if assumed else "matched",
        frameworks=(chosen[0].framework,),
        options=options,
        edits=edits_text(edits),
        charge=charge,
        agrees=tuple(agrees),
        assumed=tuple(assumed),
    )


def _doubts(record: ClusterRecord) -> Sequence[str]:
    suspect = all("SUSPECT_COMPOSITION" in measurement.flags for measurement in record.measurements)
    return ["the composition, which is doubted"] if suspect else []


def _drawn(shell: Shell, host: str, metals: dict[str, int], donors: Donors) -> tuple[Options, list[Edit], list[str]]:
    """Options of the framework, what is done to it, and what that assumes."""
    assumed = []
    options = dict(shell.options)
    if not shell.arrangement or shell.arrangement == "crown":
        options["metal"] = host
    if donors.chalcogens:
        options["donor"] = next(iter(donors.chalcogens))
    if donors.halides:
        options["element"] = next(iter(donors.halides))
    taken = tuple(options.items())
    cluster = _built(shell.framework, taken, "")
    substitutions = placed(cluster, metals, host)
    if not is_certain(cluster, substitutions):
        guests = sorted(set(metals) - {host})
        assumed.append(f"the sites of {', '.join(guests)}, by a rule ({RULE})")
    edits: list[Edit] = list(substitutions)
    if donors.alkynyls:
        name = next(iter(donors.alkynyls))
        drawn = name if name in GROUPS_OF else _DRAWN_ALKYNYL
        sites = (label for label, z in zip(cluster.labels, cluster.symbols, strict=True) if z in METAL_HALIDE)
        edits.append(LigandSwap(tuple(sites), drawn))
        assumed += [f"{name} as {drawn}"] if drawn != name else []
    cut = [name for name in donors.cut if not shell.chelating]
    assumed += [f"{', '.join(cut)} cut to single donors"] if cut else []
    return taken, edits, assumed


@lru_cache(maxsize=64)
def _built(framework: str, options: Options, edits: str) -> Cluster:
    # The charge is that of the record and is set afterwards.
    return apply_edits(build(framework, **dict(options)), parse_edits(edits), keep="charge")
