"""What `inspect` finds, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from mlcluster.anatomy.in_words import symmetry_in_words
from mlcluster.display import shell_word
from mlcluster.labels.literature.known_values import values_in_words
from mlcluster.report.measured_tables import measured_tables, paragraph

_LEVEL_STYLE = {"error": "bold red", "warning": "yellow", "info": "dim"}


def inspection_tables(results: Sequence[Mapping[str, Any]], *, verbose: bool = False) -> Iterator[Table | Text]:
    """What each cluster is in a paragraph, what is measured on it, then its anatomy and what is doubtful.

    Parameters
    ----------
    results
        As of `mlcluster.inspect`.
    verbose
        Also copies, bonds, ions and packing, and what was done that raises no doubt.
    """
    for result in results:
        if "error" in result:
            continue
        yield Text(result["file"], style="bold")
        for cluster in result["clusters"]:
            yield from paragraph(" ".join([*cluster.get("sentences", ()), *_measured(cluster, result)]))
        asked = [cluster for cluster in result["clusters"] if not cluster.get("no_cluster")]
        if asked:
            charge = " --charge Q" if any(cluster.get("charge") is None for cluster in asked) else ""
            yield Text(f"Next: mlcluster predict {shell_word(result['file'])}{charge}")
        yield Text("")
        yield from measured_tables(result.get("measured", ()))
        for cluster in result["clusters"]:
            yield Text(f"Anatomy of {cluster['name']}", style="bold")
            yield from _facts(cluster)
            for topic, text in anatomy_lines(cluster):
                if topic not in _MORE or verbose and topic != "bonds":
                    yield from _line(topic, text)
            if verbose:
                yield from _bond_table((cluster.get("shape") or {}).get("bonds") or ())
        told = [entry for entry in result.get("report", ()) if verbose or entry["level"] != "info"]
        if told or result.get("dropped"):
            yield Text("Left out and doubtful", style="bold")
        for part in result.get("dropped", ()):
            text = f"left out: {part['count']} x {part['formula']} ({part['kind']}): {part['why']}"
            yield from paragraph(text, "  ")
        for entry in told:
            site = f" at {entry['site']}" if entry.get("site") else ""
            for line in paragraph(f"{entry['level']}{site}: {entry['message']} [{entry['code']}]", "  "):
                line.stylize(_LEVEL_STYLE.get(entry["level"], ""))
                yield line
        yield Text("")
    if not verbose and any("error" not in result for result in results):
        yield Text("--verbose adds bonds, expected ions, packing and what reading the file did.", style="dim")


_MORE = ("bonds", "m/z", "packing")
"""Topics that only a verbose listing has."""


def _measured(cluster: Mapping[str, Any], result: Mapping[str, Any]) -> list[str]:
    """What is known of the cluster, in a sentence; isomers are not told apart."""
    rows = [row for row in result.get("measured", ()) if row.get("of") == cluster["name"]]
    if not rows:
        return [] if cluster.get("no_cluster") else ["Nothing measured on it is known here."]
    compounds = len({row["cluster"] for row in rows})
    if compounds == 1 and rows[0]["match"] == "matched":
        return [f"Measured on it: {values_in_words(rows)}."]
    fitting = "One known compound may be it" if compounds == 1 else f"{compounds} known compounds fit it"
    return [f"{fitting}; what is measured stands below."]


def _facts(cluster: Mapping[str, Any]) -> Iterator[Text]:
    """Formula, atoms, charge, multiplicity and copies in one line."""
    words = [
        cluster["formula"],
        f"{cluster['n_atoms']} atom{'' if cluster['n_atoms'] == 1 else 's'}",
        f"charge {_signed(cluster.get('charge'))}",
    ]
    words.append(f"multiplicity {_known(cluster.get('multiplicity'))}")
    words.append(f"valence electrons {_electrons(cluster.get('valence_electrons') or {})}")
    if (cluster.get("copies") or 1) > 1:
        words.append(f"{cluster['copies']} copies")
    yield from _line("cluster", ", ".join(words))


def _line(topic: str, text: str) -> Iterator[Text]:
    for number, line in enumerate(paragraph(f"{topic}: {text}", "  ")):
        if number == 0:
            line.stylize("bold", 2, 3 + len(topic))
        yield line


def _bond_table(bonds: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    if not bonds:
        return
    table = Table("bond", "part", "count", "mean", "shortest", "longest", box=box.SIMPLE_HEAD, pad_edge=False)
    for row in bonds:
        lengths = (f"{row[key]:.3f}" for key in ("mean", "min", "max"))
        table.add_row(row["pair"], row["part"], str(row["count"]), *lengths)
    yield table


def anatomy_lines(cluster: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Topic and text of each line about one cluster; topics without content are left out.

    Examples
    --------
    >>> parts = {"kernel": "Au13", "counts": {}, "staples": {"Au2(SR)3": 6}, "bridges": {}, "on_lattice": {}}
    >>> anatomy_lines({"parts": parts})
    [('parts', 'Au13 kernel + 6 Au2(SR)3')]
    """
    shape = cluster.get("shape") or {}
    lines = {
        "parts": _parts(cluster.get("parts") or {}),
        "ligands": _ligands(cluster.get("ligands") or ()),
        "electrons": _counting(cluster.get("valence_electrons") or {}),
        "shape": _shape(shape),
        "symmetry": _symmetry(shape),
        "bonds": _bonds(shape.get("bonds") or ()),
        "m/z": _ions(cluster.get("mass_spectrum") or ()),
        "packing": _packing(cluster.get("packing") or {}),
    }
    return [(topic, text) for topic, text in lines.items() if text]


def _parts(parts: Mapping[str, Any]) -> str:
    counts = parts.get("counts") or {}
    words = [f"{parts['kernel']} kernel"] if parts.get("kernel") else []
    words += [f"{n} {formula}" for kind in ("staples", "bridges") for formula, n in (parts.get(kind) or {}).items()]
    others = ("surface metal", "bridging halide", "hydride", "interstitial")
    words += [f"{counts[part]} {part}{'s' if counts[part] > 1 else ''}" for part in others if counts.get(part)]
    chains = ", ".join(f"{n} {formula}" for formula, n in (parts.get("on_lattice") or {}).items())
    return " + ".join(words) + (f" (chains on lattice sites of the kernel: {chains})" if chains else "")


def _ligands(ligands: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{ligand['count']} {ligand['name']}"
        + (f" {ligand['formula']}" if ligand["name"] != ligand["formula"] else "")
        + _binding(ligand.get("binding") or {})
        for ligand in ligands
    )


def _binding(binding: Mapping[str, int]) -> str:
    if not binding:
        return ""
    single = len(binding) == 1
    return " (" + ", ".join(mode if single else f"{n} {mode}" for mode, n in binding.items()) + ")"


def _counting(electrons: Mapping[str, Any]) -> str:
    terms = ", ".join(f"{name} {value:+d}" for name, value in (electrons.get("terms") or {}).items() if value)
    ways = ", ".join(f"{n} with {way}" for way, n in (electrons.get("conventions") or {}).items() if n is not None)
    words = [terms, electrons.get("shells"), electrons.get("note"), ways]
    return "; ".join(word for word in words if word)


def _shape(shape: Mapping[str, Any]) -> str:
    """Kernel, twist, bridging and extents."""
    polyhedra = shape.get("polyhedra") or ()
    words = [shape.get("kernel") or _polyhedra(polyhedra)]
    if polyhedra:
        measures = [polyhedron["measure"] for polyhedron in polyhedra]
        words[0] += f" (shape measure {' to '.join(f'{m:.2f}' for m in sorted({min(measures), max(measures)}))})"
    if shape.get("twist") is not None:
        hand = f" ({shape['handedness']})" if shape.get("handedness") else ""
        turned = f"{shape['arrangement']}, " if shape.get("arrangement") else ""
        words.append(f"{turned}twist {shape['twist']:.1f} degrees{hand}")
    modes = shape.get("halide_bridging") or {}
    if modes:
        held = {"1": "terminal", "2": "doubly", "3": "triply", "4": "quadruply"}
        told = (f"{count} {held.get(str(n), f'{n}-fold')}" + " bridging" * (int(n) > 1) for n, count in modes.items())
        words.append("halides: " + ", ".join(told))
    if shape.get("core_extents"):
        words.append("metals " + " x ".join(f"{extent:.1f}" for extent in shape["core_extents"]) + " angstrom")
    return "; ".join(word for word in words if word)


def _polyhedra(polyhedra: Sequence[Mapping[str, Any]]) -> str:
    names = [polyhedron["name"] for polyhedron in polyhedra]
    return ", ".join(f"{names.count(name)} x {name}" for name in sorted(set(names)))


def _symmetry(shape: Mapping[str, Any]) -> str:
    """Nearest ideal group, the exact one, and the measures against other groups."""
    group = shape.get("point_group") or {}
    if group.get("symbol") in (None, "Kh"):  # one atom
        return ""
    nearest = shape.get("nearest_group")
    text = f"{group['of']} {symmetry_in_words(shape)}"
    # In the order of the groups, highest first: one that is no nearer than a higher one tells nothing.
    told: dict[str, float] = {}
    for name, value in (shape.get("symmetry_measures") or {}).items():
        if value < min(told.values(), default=float("inf")) - 0.02:
            told[name] = value
    told.pop(nearest["symbol"] if nearest else "", None)
    if told:
        text += "; measure from " + ", ".join(f"{name} {value:.2f}" for name, value in told.items())
    return text


def _bonds(bonds: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{b['pair']} {b['part']} {b['mean']:.3f} ({b['count']})" for b in bonds)


def _ions(ions: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{ion['mz']:.2f} ({abs(ion['charge'])}{'+' if ion['charge'] > 0 else '-'}"
        + (f", without {ion['loss']})" if ion["loss"] else ")")
        for ion in ions
    )


def _packing(packing: Mapping[str, Any]) -> str:
    words = []
    if packing.get("centre_distances"):
        words.append(f"nearest neighbour {packing['centre_distances'][0]:.2f} angstrom")
    for key, name in (("hydrogen_contacts", "H...H"), ("ch_pi_contacts", "C-H...pi")):
        contacts = packing.get(key) or {}
        if contacts.get("count"):
            words.append(f"{contacts['count']} {name} contacts of {contacts['mean']:.2f} angstrom on average")
    return "; ".join(words)


def _electrons(electrons: Mapping[str, Any]) -> str:
    """The count, its range where it has one, or a dash where there is nothing to count."""
    if electrons.get("count") is not None:
        return str(electrons["count"])
    if electrons.get("low") is not None:
        return f"{electrons['low']} to {electrons['high']}"
    return "-"


def _known(value: object) -> str:
    return "unknown" if value is None else str(value)


def _signed(charge: int | None) -> str:
    return "unknown" if charge is None else f"{charge:+d}" if charge else "0"
