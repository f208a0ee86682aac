"""Works that predictions rest on, as text and BibTeX."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlcluster import __version__

_DOI = re.compile(r"10\.\d{4,9}/[^\s;,]+")

_TEX = {mark: f"\\{mark}" for mark in "&%#_$"} | {
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "\\": r"{\textbackslash}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
}
"""What TeX would take for a command, as it is written in text."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One work.

    Parameters
    ----------
    key
        Of its BibTeX entry.
    authors
        As BibTeX has them, joined by ``and``; empty where only a free citation is known.
    title, where, year
        Title, journal with volume and page or another place, and year.
    doi, url
        Where it is found.
    """

    key: str
    authors: str = ""
    title: str
    where: str = ""
    year: str = ""
    doi: str = ""
    url: str = ""

    @property
    def text(self) -> str:
        """One line for a list of references."""
        people = self.authors.strip("{}").replace(" and others", " et al.").replace(" and ", "; ")
        link = f"https://doi.org/{self.doi}" if self.doi else self.url
        title = "" if self.title == f"doi:{self.doi}" else self.title
        return ", ".join(part for part in (people, title, self.where, self.year, link) if part)

    @property
    def bibtex(self) -> str:
        """Entry for a bibliography: ``@misc`` throughout, as many works are known by DOI alone."""
        known = {
            "author": _escaped(self.authors, braces=False),
            "title": f"{{{_escaped(self.title)}}}",
            "howpublished": _escaped(self.where),
            "year": self.year,
            "doi": _verbatim(self.doi),
            "url": _verbatim(self.url),
        }
        lines = [f"  {name} = {{{value}}}," for name, value in known.items() if value]
        return "\n".join([f"@misc{{{self.key},", *lines, "}"])


def reference_of(citation: str, key: str) -> Reference:
    """Work named in free words, with its DOI where one stands there.

    >>> reference_of("Balcells and Skjelstad, J. Chem. Inf. Model. 2020, 60, 6135, 10.1021/acs.jcim.0c01041", "x").doi
    '10.1021/acs.jcim.0c01041'
    """
    found = _DOI.search(citation)
    doi = found.group().rstrip(".") if found else ""
    if doi.count(")") > doi.count("("):
        doi = doi.rpartition(")")[0]
    title = citation.replace(doi, "").strip(" ,;") if doi else citation
    return Reference(key=re.sub(r"[^\w.:+/-]", "-", key, flags=re.ASCII), title=title or f"doi:{doi}", doi=doi)


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

PAINN = Reference(
    key="schuett2021painn",
    authors="Schütt, Kristof T. and Unke, Oliver T. and Gastegger, Michael",
    title="Equivariant message passing for the prediction of tensorial properties and molecular spectra",
    where="Proc. 38th Int. Conf. Machine Learning, PMLR 139, 9377",
    year="2021",
    url="https://proceedings.mlr.press/v139/schutt21a.html",
)
ENSEMBLES = Reference(
    key="lakshminarayanan2017",
    authors="Lakshminarayanan, Balaji and Pritzel, Alexander and Blundell, Charles",
    title="Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles",
    where="Adv. Neural Inf. Process. Syst. 30",
    year="2017",
    url="https://arxiv.org/abs/1612.01474",
)
CONFORMAL = Reference(
    key="lee2023hierarchical",
    authors="Lee, Yonghoon and Barber, Rina Foygel and Willett, Rebecca",
    title="Distribution-free inference with hierarchical data",
    where="arXiv:2306.06342",
    year="2023",
    url="https://arxiv.org/abs/2306.06342",
)
GAUSSIAN_PROCESSES = Reference(
    key="rasmussen2006",
    authors="Rasmussen, Carl Edward and Williams, Christopher K. I.",
    title="Gaussian Processes for Machine Learning",
    where="MIT Press",
    year="2006",
    url="https://gaussianprocess.org/gpml/",
)
PYTORCH = Reference(
    key="paszke2019pytorch",
    authors="Paszke, Adam and others",
    title="PyTorch: An Imperative Style, High-Performance Deep Learning Library",
    where="Adv. Neural Inf. Process. Syst. 32",
    year="2019",
    url="https://arxiv.org/abs/1912.01703",
)
PYG = Reference(
    key="fey2019pyg",
    authors="Fey, Matthias and Lenssen, Jan Eric",
    title="Fast Graph Representation Learning with PyTorch Geometric",
    where="ICLR Workshop on Representation Learning on Graphs and Manifolds",
    year="2019",
    url="https://arxiv.org/abs/1903.02428",
)
PYMATGEN = Reference(
    key="ong2013pymatgen",
    authors="Ong, Shyue Ping and others",
    title="Python Materials Genomics (pymatgen): A robust, open-source python library for materials analysis",
    where="Comput. Mater. Sci. 68, 314",
    year="2013",
    doi="10.1016/j.commatsci.2012.10.028",
)
GFN1 = Reference(
    key="grimme2017gfn1",
    authors="Grimme, Stefan and Bannwarth, Christoph and Shushkov, Philip",
    title="A Robust and Accurate Tight-Binding Quantum Chemical Method for Structures, Vibrational Frequencies, and "
    "Noncovalent Interactions of Large Molecular Systems Parametrized for All spd-Block Elements (Z = 1-86)",
    where="J. Chem. Theory Comput. 13, 1989",
    year="2017",
    doi="10.1021/acs.jctc.7b00118",
)
PBE = Reference(
    key="perdew1996pbe",
    authors="Perdew, John P. and Burke, Kieron and Ernzerhof, Matthias",
    title="Generalized Gradient Approximation Made Simple",
    where="Phys. Rev. Lett. 77, 3865",
    year="1996",
    doi="10.1103/PhysRevLett.77.3865",
)
LANL2DZ_TRANSITION = Reference(
    key="hay1985lanl270",
    authors="Hay, P. Jeffrey and Wadt, Willard R.",
    title="Ab initio effective core potentials for molecular calculations. Potentials for the transition metal atoms "
    "Sc to Hg",
    where="J. Chem. Phys. 82, 270",
    year="1985",
    doi="10.1063/1.448799",
)
LANL2DZ = Reference(
    key="hay1985lanl299",
    authors="Hay, P. Jeffrey and Wadt, Willard R.",
    title="Ab initio effective core potentials for molecular calculations. Potentials for K to Au including the "
    "outermost core orbitals",
    where="J. Chem. Phys. 82, 299",
    year="1985",
    doi="10.1063/1.448975",
)
PYSCF = Reference(
    key="sun2020pyscf",
    authors="Sun, Qiming and others",
    title="Recent developments in the PySCF program package",
    where="J. Chem. Phys. 153, 024109",
    year="2020",
    doi="10.1063/5.0006074",
)
B3LYP = Reference(
    key="becke1993",
    authors="Becke, Axel D.",
    title="Density-functional thermochemistry. III. The role of exact exchange",
    where="J. Chem. Phys. 98, 5648",
    year="1993",
    doi="10.1063/1.464913",
)

OF_METHODS: dict[str, tuple[Reference, ...]] = {
    "gfn1-xtb": (GFN1,),
    "dft-pbe-lanl2dz": (PBE, LANL2DZ_TRANSITION, LANL2DZ, PYSCF),
    "dft-b3lyp-631g2dfp": (B3LYP,),
}
"""Works behind the labels of a method, where the data source itself is not the work to cite."""
