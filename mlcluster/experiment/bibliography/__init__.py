"""Works by key and by DOI: the ``.bib`` files of this folder, and what a DOI tells by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_ENTRY = re.compile(r"@(\w+)\{([^,\s]+),\n(.*?)\n\}", re.DOTALL)
_FIELD = re.compile(r"^  (\w+) = \{(.*)\},$", re.MULTILINE)

_JOURNALS = (
    (r"10\.1021/(?:jacs\.|ja\d)", "J. Am. Chem. Soc."),
    (r"10\.1021/acs\.inorgchem\.", "Inorg. Chem."),
    (r"10\.1021/acs\.jpcc\.", "J. Phys. Chem. C"),
    (r"10\.1021/acsnano\.", "ACS Nano"),
    (r"10\.1021/cm\d", "Chem. Mater."),
    (r"10\.1002/anie\.", "Angew. Chem. Int. Ed."),
    (r"10\.1002/ange\.", "Angew. Chem."),
    (r"10\.1002/chem\.", "Chem. Eur. J."),
    (r"10\.1038/s41467-", "Nat. Commun."),
    (r"10\.1038/s42004-", "Commun. Chem."),
    (r"10\.1126/sciadv\.", "Sci. Adv."),
    (r"10\.1246/bcsj\.", "Bull. Chem. Soc. Jpn."),
    (r"10\.1007/s10876-", "J. Clust. Sci."),
    (r"10\.1007/s11696-", "Chem. Pap."),
    (r"10\.3390/molecules", "Molecules"),
    (r"10\.1039/[a-d]\dcc", "Chem. Commun."),
    (r"10\.1039/[a-d]\ddt", "Dalton Trans."),
    (r"10\.1039/[a-d]\dna", "Nanoscale Adv."),
    (r"10\.1039/[a-d]\dnh", "Nanoscale Horiz."),
    (r"10\.1039/[a-d]\dnr", "Nanoscale"),
    (r"10\.1039/[a-d]\dqi", "Inorg. Chem. Front."),
    (r"10\.1039/[a-d]\dra", "RSC Adv."),
    (r"10\.1039/[a-d]\dsc", "Chem. Sci."),
    (r"10\.1039/[a-d]\dtc", "J. Mater. Chem. C"),
    (r"10\.1039/dt9", "J. Chem. Soc., Dalton Trans."),
)
"""Journals by how their publishers make DOIs; these say no certain year."""


_TELLING = 30
"""Characters from which on a title names one work."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a bibliography: its kind (``article``, ``book`` ...), its key, and its fields as BibTeX has them."""

    kind: str
    key: str
    fields: Mapping[str, str]


def read_entries(text: str) -> Iterator[Entry]:
    r"""Entries of a ``.bib`` file that has one field a line.

    >>> [entry.fields["year"] for entry in read_entries("@article{x,\n  year = {2020},\n}")]
    ['2020']
    """
    for kind, key, body in _ENTRY.findall(text):
        yield Entry(kind=kind, key=key, fields=dict(_FIELD.findall(body)))


@cache
def entries() -> dict[str, Entry]:
    """Entries of all files of this folder by key."""
    found = sorted((path for path in files(__name__).iterdir() if path.name.endswith(".bib")), key=lambda one: one.name)
    return {entry.key: entry for path in found for entry in read_entries(path.read_text(encoding="utf-8"))}


def by_doi(doi: str) -> Entry | None:
    """The entry of a DOI, whatever its letter case."""
    return next((each for each in entries().values() if each.fields.get("doi", "").lower() == doi.lower()), None)


def by_title(citation: str) -> Entry | None:
    """The entry whose whole title stands in a citation of free words."""
    words = citation.lower()
    titled = ((each.fields.get("title", ""), each) for each in entries().values())
    return next((each for title, each in titled if len(title) > _TELLING and title.lower() in words), None)


def journal_of(doi: str) -> str:
    """Journal that a DOI tells; empty where it does not.

    >>> journal_of("10.1039/C6SC05104A"), journal_of("10.2139/ssrn.4841518")
    ('Chem. Sci.', '')
    """
    return next((name for pattern, name in _JOURNALS if re.match(pattern, doi, re.IGNORECASE)), "")
