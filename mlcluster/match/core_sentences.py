"""What differs between two matched cores, in words a chemist would use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from mlcluster.match.cores import CoreMatch
from mlcluster.match.differences import CoreDifferences, Unit

_NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()
_INSIDE = 8
"""Metals around a site from which on it lies inside the kernel rather than at a vertex."""
_FEW = 3
"""Units listed one by one at most; more of a kind are counted."""
_MOST_LABELS = 8


def match_sentences(match: CoreMatch, differences: CoreDifferences) -> list[str]:
    """How well the cores match, and everything of one that has no counterpart in the other."""
    sentences = [_quality(match)]
    replaced = differences.replaced
    units_a = _besides(differences.units_a, {old for old, _ in replaced})
    units_b = _besides(differences.units_b, {new for _, new in replaced})
    moved = _moved(units_a, units_b)
    sentences += _gains("B", units_b, moved) + _gains("A", units_a, moved)
    sentences += [
        f"At {number_word(n)} sites A has {what} where B has none, and the other way round."
        for what, n in moved.items()
        if n > _FEW
    ]
    if replaced:
        sentences.append(_replaced(differences))
    if differences.exchanged:
        sentences.append(_exchanged(differences.exchanged))
    if differences.halides:
        listed = [
            f"{number_word(n)} halide{'s' if n > 1 else ''} changed from mu{before} to mu{after}"
            for (before, after), n in sorted(differences.halides.items(), key=lambda item: (-item[1], item[0]))
        ]
        sentences.append(f"From A to B {', '.join(listed)}.")
    return sentences


def number_word(n: int) -> str:
    """A small number as a word.

    >>> number_word(2), number_word(25)
    ('two', '25')
    """
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)


def _quality(match: CoreMatch) -> str:
    a, b = match.core_a, match.core_b
    metals, donors = max(a.n_metals, b.n_metals), max(len(a.atoms) - a.n_metals, len(b.atoms) - b.n_metals)
    text = f"{len(match.pairs)} of {metals} metals match with an RMSD of {match.rmsd:.3f} angstrom"
    if match.donor_rmsd is not None:
        text += f", {len(match.donor_pairs)} of {donors} donor atoms with {match.donor_rmsd:.3f} angstrom"
    return text + (", after a reflection." if match.improper else ".")


def _moved(units_a: Sequence[Unit], units_b: Sequence[Unit]) -> dict[str, int]:
    """Kinds of units that A and B have in equal number, but at other sites: nobody has more of them."""
    kinds_a, kinds_b = (Counter(_what(unit) for unit in units) for units in (units_a, units_b))
    return {what: n for what, n in kinds_b.items() if kinds_a[what] == n}


def _gains(name: str, units: Sequence[Unit], moved: Mapping[str, int]) -> list[str]:
    """Sentences on what `name` has and the other lacks."""
    other = "A" if name == "B" else "B"
    kinds = Counter(_what(unit) for unit in units)
    sentences = []
    for unit in units:
        what = _what(unit)
        if kinds[what] > _FEW:
            continue
        if what in moved:
            sentences.append(f"{name} has {what} {_where(unit)}, where {other} has none.")
        else:
            sentences.append(f"{name} has {what} more, {_where(unit)}.")
    many = {what: n for what, n in kinds.items() if n > _FEW and what not in moved}
    return sentences + [f"{name} has {what} more at {number_word(n)} sites." for what, n in many.items()]


def _besides(units: Sequence[Unit], replaced: Collection[str]) -> list[Unit]:
    """Units that are no mere remainder of ligands replaced by others with more donors."""
    return [unit for unit in units if unit.metals or not set(unit.ligands) <= set(replaced)]


def _replaced(differences: CoreDifferences) -> str:
    """Ligands that stand for others, with those that a chelating one stands for as well."""
    listed = []
    for (old, new), n in differences.replaced.most_common():
        rest = [
            sum(unit.ligands[name] for unit in units if not unit.metals)
            for units, name in ((differences.units_a, old), (differences.units_b, new))
        ]
        listed.append(f"{number_word(n + rest[1])} {new} where A has {number_word(n + rest[0])} {old}")
    return f"On the same sites B has {', '.join(listed)}."


def _what(unit: Unit) -> str:
    counts = [*sorted(unit.metals.items()), *sorted(unit.ligands.items())]
    return " and ".join(f"{number_word(n)} {name}" for name, n in counts)


def _where(unit: Unit) -> str:
    near = ", ".join(unit.next_to[:_MOST_LABELS])
    if not near:
        return "apart from all metals"
    if not unit.metals:
        return f"on {near}"
    if len(unit.next_to) >= _INSIDE:
        more = f" and {len(unit.next_to) - _MOST_LABELS} more" if len(unit.next_to) > _MOST_LABELS else ""
        return f"inside the kernel between {len(unit.next_to)} metals ({near}{more})"
    return f"at the vertex next to {near}"


def _exchanged(exchanged: Sequence[tuple[str, str, str]]) -> str:
    kinds = Counter((before, after) for _, before, after in exchanged)
    listed = []
    for (before, after), n in kinds.most_common():
        labels = [label for label, *elements in exchanged if elements == [before, after]]
        sites = f" ({', '.join(labels)})" if n <= _MOST_LABELS else ""
        listed.append(f"{number_word(n)} {before} of A {'is' if n == 1 else 'are'} {after} in B{sites}")
    return f"On the same sites {', '.join(listed)}."
