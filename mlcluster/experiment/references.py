"""Works that predictions rest on, as text and BibTeX."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlcluster import __version__
from mlcluster.experiment.bibliography import Entry, by_doi, by_title, entries, journal_of

_DOI = re.compile(r"10\.\d{4,9}/[^\s;,]+")

_TEX = {mark: f"\\{mark}" for mark in "&%#_$"} | {
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "\\": r"{\textbackslash}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
}
"""What TeX would take for a command, as it is written in text."""

_WHERE = {"article": "journal", "inproceedings": "booktitle", "book": "publisher"}
"""Field that says where a work stands, by kind; any other kind has ``howpublished``."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One work.

    Parameters
    ----------
    key
        Of its BibTeX entry.
    kind
        ``"article"``, ``"inproceedings"``, ``"book"``, or ``"misc"`` where no journal or the like is known.
    authors
        As BibTeX has them, joined by ``and``; empty where only a free citation is known.
    title, where, volume, pages, year
        Title; journal, proceedings, publisher or another place; and where in it. Empty where nobody looked them up.
    doi, url
        Where it is found.
    """

    key: str
    kind: str = "misc"
    authors: str = ""
    title: str = ""
    where: str = ""
    volume: str = ""
    pages: str = ""
    year: str = ""
    doi: str = ""
    url: str = ""

    @classmethod
    def of(cls, entry: Entry) -> Reference:
        """Work of an entry of the bibliography."""
        fields = {name: entry.fields.get(name, "") for name in ("title", "volume", "pages", "year", "doi", "url")}
        where = entry.fields.get(_WHERE.get(entry.kind, "howpublished"), "")
        return cls(key=entry.key, kind=entry.kind, authors=entry.fields.get("author", ""), where=where, **fields)

    @property
    def text(self) -> str:
        """One line for a list of references."""
        people = self.authors.strip("{}").replace(" and others", " et al.").replace(" and ", "; ")
        link = f"https://doi.org/{self.doi}" if self.doi else self.url
        title = "" if self.title == f"doi:{self.doi}" else self.title
        place = " ".join(filter(None, (self.where, self.volume)))
        return ", ".join(part for part in (people, title, place, self.pages, self.year, link) if part)

    @property
    def bibtex(self) -> str:
        """Entry for a bibliography; what is not known of a work has no field."""
        title = "" if self.title == f"doi:{self.doi}" and self.kind == "article" else self.title
        known = {
            "author": _escaped(self.authors, braces=False),
            "title": f"{{{_escaped(title)}}}" if title else "",
            _WHERE.get(self.kind, "howpublished"): _escaped(self.where),
            "volume": _escaped(self.volume),
            "pages": _escaped(self.pages),
            "year": self.year,
            "doi": _verbatim(self.doi),
            "url": _verbatim(self.url),
        }
        lines = [f"  {name} = {{{value}}}," for name, value in known.items() if value]
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"])


def reference_of(citation: str, key: str) -> Reference:
    """Work named in free words: that of the bibliography where its DOI stands there, else what words and DOI tell.

    >>> reference_of("Balcells and Skjelstad, J. Chem. Inf. Model. 2020, 60, 6135, 10.1021/acs.jcim.0c01041", "x").doi
    '10.1021/acs.jcim.0c01041'
    >>> reference_of("10.1038/s41467-020-19789-4", "x").year
    '2020'
    """
    found = _DOI.search(citation)
    doi = found.group().rstrip(".") if found else ""
    if doi.count(")") > doi.count("("):
        doi = doi.rpartition(")")[0]
    known = by_doi(doi) if doi else by_title(citation)
    if known is not None:
        return Reference.of(known)
    title = citation.replace(doi, "").strip(" ,;") if doi else citation
    journal = journal_of(doi) if not title else ""
    return Reference(
        key=re.sub(r"[^\w.:+/-]", "-", key, flags=re.ASCII),
        kind="article" if journal else "misc",
        title=title or f"doi:{doi}",
        where=journal,
        doi=doi,
    )


def _escaped(text: str, *, braces: bool = True) -> str:
    """Text for TeX. BibTeX counts braces even behind a backslash, so they become words, unless they are its own."""
    words = {mark: word for mark, word in _TEX.items() if braces or mark not in "{}"}
    return "".join(words.get(mark, mark) for mark in " ".join(text.split()))


def _verbatim(link: str) -> str:
    """DOI or URL, which styles read as it stands; a brace would end the field."""
    return link.replace("{", "%7B").replace("}", "%7D")


MLCLUSTER = Reference(
    key="mlcluster", authors="{mlcluster developers}", title="mlcluster", where=f"software, version {__version__}"
)


def _work(key: str) -> Reference:
    return Reference.of(entries()[key])


PAINN, ENSEMBLES, CONFORMAL = _work("schuett2021painn"), _work("lakshminarayanan2017"), _work("lee2023hierarchical")
GAUSSIAN_PROCESSES = _work("rasmussen2006")
PYTORCH, PYG, PYMATGEN, PYSCF = map(_work, ("paszke2019pytorch", "fey2019pyg", "ong2013pymatgen", "sun2020pyscf"))
GFN1, PBE, B3LYP = _work("grimme2017gfn1"), _work("perdew1996pbe"), _work("becke1993")
LANL2DZ_TRANSITION, LANL2DZ = _work("hay1985lanl270"), _work("hay1985lanl299")

OF_METHODS: dict[str, tuple[Reference, ...]] = {
    "gfn1-xtb": (GFN1,),
    "dft-pbe-lanl2dz": (PBE, LANL2DZ_TRANSITION, LANL2DZ, PYSCF),
    "dft-b3lyp-631g2dfp": (B3LYP,),
}
"""Works behind the labels of a method, where the data source itself is not the work to cite."""
