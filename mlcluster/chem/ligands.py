"""Ligand dictionary: abbreviation -> name, formula as bound, formal charge, denticity and class."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from mlcluster.chem.formula import parse_formula
from mlcluster.errors import InputError


@dataclass(frozen=True)
class LigandDefinition:
    """One ligand by the abbreviation chemists use.

    Parameters
    ----------
    abbreviation, name
        How it is written in formulas, and in words.
    formula
        As bound to metal: a thiolate without the hydrogen of its thiol. None for a class of ligands (``SR``) or where
        the source leaves a substituent open.
    charge
        Formal charge as bound.
    denticity
        Number of donor atoms it can bind with; 0 for a host that does not bind.
    kind
        Class: thiolate, selenolate, tellurolate, phosphine, halide, alkynyl, carbene, carboxylate ...
    aliases
        Other spellings.
    """

    abbreviation: str
    name: str
    formula: str | None
    charge: int
    denticity: int
    kind: str
    aliases: tuple[str, ...] = ()

    @property
    def is_class(self) -> bool:
        """True if it stands for any ligand of its class, or for several isomers; its name says what is left open."""
        return self.name.endswith(("not specified", "not stated)"))

    @cached_property
    def elements(self) -> dict[str, float] | None:
        """Atoms of each element, or None for a class of ligands."""
        return None if self.formula is None else parse_formula(self.formula)[0]


# abbreviation, name, formula as bound, denticity, aliases
_THIOLATES: tuple[tuple, ...] = (
    ("SR", "thiolate, not specified", None, 1, "thiolate SR", "thiolate"),
    ("PET", "2-phenylethanethiolate", "C8H9S", 1, "SC2H4Ph", "S-C2H4Ph", "SCH2CH2Ph", "PhC2S"),
    ("SAdm", "1-adamantanethiolate", "C10H15S", 1, "AdmS", "S-Adm", "1-SAdm"),
    ("2-SAdm", "2-adamantanethiolate", "C10H15S", 1),
    ("SG", "glutathionate", "C10H16N3O6S", 1, "GS"),
    (
        "SG-mod",
        "glutathionate, covalently modified",
        None,
        1,
        "SG (covalently modified)",
        "SG (covalently modified, folate)",
    ),
    ("SH", "hydrogensulfide", "HS", 1),
    ("SMe", "methanethiolate", "CH3S", 1, "SCH3"),
    ("SEt", "ethanethiolate", "C2H5S", 1, "SC2H5"),
    ("SPr", "propanethiolate (isomer not stated)", "C3H7S", 1, "PrS", "SC3H7", "PrS (thiolate)"),
    ("SiPr", "propane-2-thiolate", "C3H7S", 1, "iPrS", "S-iPr"),
    ("StBu", "2-methylpropane-2-thiolate", "C4H9S", 1, "S-tBu", "tBuS"),
    ("SC4H9", "butanethiolate", "C4H9S", 1, "SBu"),
    ("CPT", "cyclopentanethiolate", "C5H9S", 1, "SC5H9"),
    ("SC6H13", "hexanethiolate", "C6H13S", 1),
    ("CHT", "cyclohexanethiolate", "C6H11S", 1, "SC6H11", "SCy", "S-c-C6H11"),
    ("SC8H17", "octanethiolate", "C8H17S", 1),
    ("SC12H25", "dodecanethiolate", "C12H25S", 1),
    ("SPh", "benzenethiolate", "C6H5S", 1, "SC6H5"),
    ("BM", "phenylmethanethiolate", "C7H7S", 1, "SCH2Ph"),
    ("o-MBT", "2-methylbenzenethiolate", "C7H7S", 1),
    ("m-MBT", "3-methylbenzenethiolate", "C7H7S", 1),
    ("p-MBT", "4-methylbenzenethiolate", "C7H7S", 1, "pMBT"),
    ("TBBT", "4-tert-butylbenzenethiolate", "C10H13S", 1, "SPhtBu", "SPh-tBu", "SPh-p-tBu"),
    ("DMBT", "dimethylbenzenethiolate (isomer not stated)", "C8H9S", 1),
    ("2,4-DMBT", "2,4-dimethylbenzenethiolate", "C8H9S", 1, "SPhMe2", "2,4-dimethylbenzenethiolate (SPhMe2)"),
    ("p-MBA", "4-carboxybenzenethiolate", "C7H5O2S", 1, "pMBA"),
    ("SC2H4Nap", "2-(naphthalen-2-yl)ethanethiolate", "C12H11S", 1),
    ("PEG135S", "thiolated methoxy-poly(ethylene glycol) of mass 135", None, 1),
    ("FGGC", "thiolate of the peptide FGGC", "C16H21N4O5S", 1, "FGGC peptide thiolate"),
    ("o1-CBT", "ortho-carborane-1-thiolate", "C2H11B10S", 1),
    ("o9-CBT", "ortho-carborane-9-thiolate", "C2H11B10S", 1, "oCBT"),
    ("m9-CBT", "meta-carborane-9-thiolate", "C2H11B10S", 1, "mCBT"),
    ("ICBT", "12-iodo-ortho-carborane-9-thiolate", "C2H10B10IS", 1, "ortho-carborane-12-iodo-9-thiolate"),
    ("Me-bimt", "1-methylbenzimidazole-2-thiolate", "C8H7N2S", 2, "N-methylbenzimidazolethiolate"),
    ("mtt", "4-methylthiazole-2-thiolate", "C4H4NS2", 2),
    ("6-mpyt", "6-methylpyridine-2-thiolate", "C6H6NS", 2, "6-methyl-2-pyridinethiolate"),
)
_DITHIOLATES: tuple[tuple, ...] = (
    ("BDT", "benzenedithiolate (isomer not stated)", "C6H4S2", 2),
    ("1,2-BDT", "benzene-1,2-dithiolate", "C6H4S2", 2, "1,2-benzenedithiolate"),
    ("1,3-BDT", "benzene-1,3-dithiolate", "C6H4S2", 2, "1,3-benzenedithiolate"),
    ("PDT", "propane-1,3-dithiolate", "C3H6S2", 2, "propanedithiolate (PDT)"),
)
_PHOSPHINES: tuple[tuple, ...] = (
    ("PR3", "tertiary phosphine, not specified", None, 1),
    ("PH3", "phosphane", "H3P", 1),
    ("PMe3", "trimethylphosphine", "C3H9P", 1),
    ("PEt3", "triethylphosphine", "C6H15P", 1),
    ("PtBu3", "tri-tert-butylphosphine", "C12H27P", 1),
    ("PCy3", "tricyclohexylphosphine", "C18H33P", 1),
    ("PPh3", "triphenylphosphine", "C18H15P", 1, "TPP", "TPP3"),
    ("PPh2py", "diphenyl(2-pyridyl)phosphine", "C17H14NP", 2, "dppy", "PPh2Py", "Ph2Ppy"),
    ("PPhpy2", "phenyldi(2-pyridyl)phosphine", "C16H13N2P", 3),
    ("PPh(C2H4CN)2", "bis(2-cyanoethyl)phenylphosphine", "C12H13N2P", 1),
    ("dppm", "bis(diphenylphosphino)methane", "C25H22P2", 2, "DPPM"),
    ("dppe", "1,2-bis(diphenylphosphino)ethane", "C26H24P2", 2, "DPPE"),
    ("dppp", "1,3-bis(diphenylphosphino)propane", "C27H26P2", 2, "DPPP"),
    ("dppb", "1,4-bis(diphenylphosphino)butane", "C28H28P2", 2, "DPPB"),
    ("Hdppa", "bis(diphenylphosphino)amine", "C24H21NP2", 2),
    ("DIPAMP", "1,2-bis[(2-methoxyphenyl)phenylphosphino]ethane", "C28H28O2P2", 2, "(R,R)-DIPAMP"),
    ("dcpm", "bis(dicyclohexylphosphino)methane", "C25H46P2", 2),
    ("PPh2C6H4PPh2", "bis(diphenylphosphino)benzene", "C30H24P2", 2, "PPh2(C6H4)PPh2"),
    ("PR2C6H4PR2", "bis(phosphino)benzene, substituents not specified", None, 2),
    (
        "dppeb",
        "1,4-bis(diphenylphosphinoethynyl)benzene",
        "C34H24P2",
        2,
        "PPh2C2(C6H4)C2PPh2",
        "PPh2C2(C6H4)1C2PPh2",
        "PPh2-C2-C6H4-C2-PPh2",
        "PPh2C2C6H4C2PPh2",
    ),
    ("dppebp", "4,4'-bis(diphenylphosphinoethynyl)biphenyl", "C40H28P2", 2, "PPh2C2(C6H4)2C2PPh2"),
    ("dpmp", "bis(diphenylphosphinomethyl)phenylphosphine", "C32H29P3", 3),
    ("dpmppe", "1,2-bis[(diphenylphosphinomethyl)phenylphosphino]ethane", "C40H38P4", 4),
    ("ppda", "bis[2-(dimethylamino)phenyl]phenylphosphine", "C22H25N2P", 3),
    ("bdppthi", "1,3-bis(diphenylphosphinomethyl)imidazolidine", "C29H30N2P2", 2),
    ("PXZDBFDP", "phenoxazinyl-substituted bis(diphenylphosphino)dibenzofuran", None, 2),
)
_ALKYNYLS: tuple[tuple, ...] = (
    ("alkynyl", "alkynyl, not specified", None, 1, "aryl acetylide", "R2C≡C"),
    ("PA", "phenylacetylide", "C8H5", 1, "C≡CPh", "CCPh", "C2Ph"),
    (
        "PA-X",
        "substituted phenylacetylide, substituent not specified",
        None,
        1,
        "C2C6H4X",
        "substituted phenylacetylide C2C6H4X",
    ),
    ("tBuPA", "4-tert-butylphenylacetylide", "C12H13", 1, "p-tert-butylphenylacetylide"),
    ("MeOPA", "4-methoxyphenylacetylide", "C9H7O", 1, "MeO-C6H5-C≡C", "C≡CC6H4OMe"),
    ("FPA", "fluorophenylacetylide", "C8H4F", 1, "C≡CC6H4F"),
    ("BrPA", "bromophenylacetylide", "C8H4Br", 1, "C≡CC6H4Br"),
    ("IPA", "iodophenylacetylide", "C8H4I", 1, "C≡CC6H4I"),
    ("CCtBu", "tert-butylacetylide", "C6H9", 1, "C≡CtBu", "tBu-acetylide", "tert-butylacetylide (+Cl/Br)"),
    ("CZ-PrA", "3-(carbazol-9-yl)propynyl", "C15H10N", 1, "CZ-PrA (alkynyl)"),
    ("EPTpy", "[4-(2,2':6',2''-terpyridin-4'-yl)phenyl]ethynyl", "C23H14N3", 1, "EPTpy (alkynyl)"),
    ("ethisterone", "ethisterone alkynyl", "C21H27O2", 1, "ethisterone alkynyl"),
)
_CARBENES: tuple[tuple, ...] = (
    ("NHC", "N-heterocyclic carbene, not specified", None, 1),
    ("bisNHC", "bis(N-heterocyclic carbene), not specified", None, 2, "o-xylyl bisNHC"),
    ("bisNHC-COOH", "bis(N-heterocyclic carbene) with carboxyl groups, not specified", None, 2, "carboxylate bis-NHC"),
    (
        "iPrNHCiPr",
        "N-heterocyclic carbene with two isopropyl groups, backbone not specified",
        None,
        2,
        "bidentate NHC (iPrNHCiPr)",
    ),
    ("NHC-py", "N-pyridyl benzimidazolylidene, not specified", None, 2, "N-pyridyl benzimidazolylidene NHC"),
    ("NHC-py2", "chiral bis(pyridyl) N-heterocyclic carbene, not specified", None, 3, "chiral bis(pyridyl) NHC"),
)
# abbreviation, name, formula as bound, charge, denticity, class, aliases
_OTHERS: tuple[tuple, ...] = (
    ("F", "fluoride", "F", -1, 1, "halide"),
    ("Cl", "chloride", "Cl", -1, 1, "halide"),
    ("Br", "bromide", "Br", -1, 1, "halide"),
    ("I", "iodide", "I", -1, 1, "halide"),
    ("X", "halide, not specified", None, -1, 1, "halide", "halide"),
    ("H", "hydride", "H", -1, 1, "hydride"),
    ("S2-", "sulfide", "S", -2, 1, "chalcogenide", "S"),
    ("Se2-", "selenide", "Se", -2, 1, "chalcogenide", "Se"),
    ("O2-", "oxide", "O", -2, 1, "chalcogenide", "O", "oxo"),
    ("C4-", "carbide", "C", -4, 1, "carbide", "C(4-)", "C"),
    ("OH", "hydroxide", "HO", -1, 1, "O-donor"),
    ("SePh", "benzeneselenolate", "C6H5Se", -1, 1, "selenolate", "PhSe"),
    ("SeR", "selenolate, not specified", None, -1, 1, "selenolate"),
    ("TePh", "benzenetellurolate", "C6H5Te", -1, 1, "tellurolate"),
    ("S2P(OnPr)2", "dipropyl dithiophosphate", "C6H14O2PS2", -1, 2, "dithio anion"),
    ("S2P(OiPr)2", "diisopropyl dithiophosphate", "C6H14O2PS2", -1, 2, "dithio anion", "dtp"),
    ("Se2P(OiPr)2", "diisopropyl diselenophosphate", "C6H14O2PSe2", -1, 2, "dithio anion", "Se2POiPr2"),
    (
        "dithiolate",
        "dithiocarbamate or dithiophosphate, not specified",
        None,
        -1,
        2,
        "dithio anion",
        "dithiocarbamate/dithiophosph(in)ate",
    ),
    ("RCO2", "carboxylate, not specified", None, -1, 2, "carboxylate", "carboxylate", "R1COO"),
    ("TFA", "trifluoroacetate", "C2F3O2", -1, 2, "carboxylate", "CF3CO2"),
    ("PhCOO", "benzoate", "C7H5O2", -1, 2, "carboxylate", "PhCO2"),
    ("SO4", "sulfate", "SO4", -2, 4, "oxo anion", "SO4 template"),
    ("Mo7O26", "heptamolybdate", "Mo7O26", -10, 26, "oxo anion"),
    (
        "pyrazolate-4py",
        "3-(4-pyridyl)-5-isobutylpyrazolate",
        "C12H14N3",
        -1,
        3,
        "N-donor",
        "3-(4-pyridyl)-5-isobutyl-pyrazolate",
    ),
    ("3-dppmapz", "pyrazolate with two phosphine arms, not specified", None, -1, 4, "phosphine"),
    ("py", "pyridine", "C5H5N", 0, 1, "N-donor"),
    ("morpholine", "morpholine", "C4H9NO", 0, 1, "N-donor"),
    ("cyclen", "1,4,7,10-tetraazacyclododecane", "C8H20N4", 0, 4, "N-donor"),
    ("MeCN", "acetonitrile", "C2H3N", 0, 1, "N-donor", "CH3CN"),
    ("EtOH", "ethanol", "C2H6O", 0, 1, "O-donor"),
    ("H2O", "water", "H2O", 0, 1, "O-donor"),
    ("CO", "carbon monoxide", "CO", 0, 1, "carbonyl"),
    ("alpha-CD", "alpha-cyclodextrin", "C36H60O30", 0, 0, "host", "alpha-cyclodextrin"),
    ("beta-CD", "beta-cyclodextrin", "C42H70O35", 0, 0, "host", "beta-cyclodextrin"),
    ("gamma-CD", "gamma-cyclodextrin", "C48H80O40", 0, 0, "host", "gamma-cyclodextrin"),
)


def _of_class(rows: tuple[tuple, ...], kind: str, charge: int) -> list[LigandDefinition]:
    return [
        LigandDefinition(abbreviation, name, formula, charge, denticity, kind, tuple(aliases))
        for abbreviation, name, formula, denticity, *aliases in rows
    ]


LIGANDS: dict[str, LigandDefinition] = {
    ligand.abbreviation: ligand
    for ligand in (
        *_of_class(_THIOLATES, "thiolate", -1),
        *_of_class(_DITHIOLATES, "thiolate", -2),
        *_of_class(_PHOSPHINES, "phosphine", 0),
        *_of_class(_ALKYNYLS, "alkynyl", -1),
        *_of_class(_CARBENES, "carbene", 0),
        *(
            LigandDefinition(abbreviation, name, formula, charge, denticity, kind, tuple(aliases))
            for abbreviation, name, formula, charge, denticity, kind, *aliases in _OTHERS
        ),
    )
}
"""Ligands by abbreviation. Add a row above to teach a new one."""

SPELLINGS: dict[str, str] = {
    spelling: ligand.abbreviation
    for ligand in LIGANDS.values()
    for spelling in (ligand.name, *ligand.aliases, ligand.abbreviation)
}
"""Abbreviation by every spelling: abbreviations, names and aliases."""


def find_ligand(spelling: str) -> LigandDefinition:
    """Ligand of an abbreviation, a name or another spelling.

    Raises
    ------
    InputError
        If there is none; the nearest spelling is suggested.

    Examples
    --------
    >>> find_ligand("SC2H4Ph").name, find_ligand("dppe").denticity, find_ligand("BDT").charge
    ('2-phenylethanethiolate', 2, -2)
    >>> find_ligand("PPh4")
    Traceback (most recent call last):
        ...
    mlcluster.errors.InputError: unknown ligand. Found: PPh4. Expected: an abbreviation or name of mlcluster.chem.\
ligands. Did you mean PPh3?
    """
    known = SPELLINGS.get(spelling.strip())
    if known is not None:
        return LIGANDS[known]
    near = get_close_matches(spelling.strip(), SPELLINGS, n=1, cutoff=0.4)
    raise InputError(
        "unknown ligand.",
        found=spelling.strip() or "nothing",
        expected="an abbreviation or name of mlcluster.chem.ligands",
        hint=f"Did you mean {near[0]}?" if near else "Add a row there to teach it.",
    )
