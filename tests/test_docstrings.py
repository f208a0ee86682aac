"""Docstrings of whatever is public keep the NumPy format, and tell of the parameters that there are."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import Validator, validate

import mlcluster

CODES = {
    "GL06": "a section that the format does not know",
    "GL07": "sections in another order",
    "GL08": "no docstring",
    "PR02": "a parameter that there is none of; a doctest without its heading is read as one",
    "PR07": "a parameter of which nothing is said",
    "PR10": "a colon that belongs to no type",
    "RT03": "a value that is returned and of which nothing is said",
}
"""What is a fault. Types stand in the signature alone, and what a name says by itself needs no section."""


def public_objects(module: ModuleType) -> Iterator[str]:
    """Names of the functions and classes that a module defines, and of their methods and properties."""
    for name, found in vars(module).items():
        if name.startswith("_") or getattr(found, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(found) or inspect.isfunction(found):
            yield f"{module.__name__}.{name}"
        if inspect.isclass(found):
            fields = getattr(found, "__dataclass_fields__", {})  # a default may be a function
            for member, value in vars(found).items():
                of_class = inspect.isroutine(value) or isinstance(value, property)
                if of_class and not member.startswith("_") and member not in fields:
                    yield f"{module.__name__}.{name}.{member}"


class Unplaced(Validator):
    """A docstring wherever it stands: files with comments that switch checks off are not looked for."""

    source_file_name = None
    source_file_def_line = None

    def __init__(self, obj_name: str) -> None:
        super().__init__(get_doc_object(self._load_obj(obj_name)))


def faults(name: str) -> list[str]:
    """What is wrong with the docstring of an object."""
    found = Unplaced._load_obj(name)
    text = inspect.getdoc(found) or ""
    if text and "\n---" not in text:
        return []  # no section that anything could be wrong with
    errors = validate(name, validator_cls=Unplaced)["errors"]
    wrong = [f"{code}: {message}" for code, message in errors if code in CODES]
    headings = [*re.finditer(r"^(.+)\n-{3,}$", text, flags=re.MULTILINE)]
    example = text.find("\n>>>")
    before = [heading[1] for heading in headings if heading.start() < example]
    if before and before[-1] != "Examples":
        wrong.append(f"an example stands under {before[-1]}")
    taken = positional(found)
    told = [parameter for parameter in Unplaced(name).doc_parameters if parameter in taken]
    if told != [parameter for parameter in taken if parameter in told]:
        wrong.append(f"told in the order {told}, taken in the order {taken}")
    return [f"{name}: {what}" for what in wrong]


def positional(found: object) -> list[str]:
    """Parameters whose order means something: those by keyword alone may be told of in groups."""
    if not callable(found):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each.name for each in inspect.signature(found).parameters.values() if each.kind in kinds]


def test_docstrings_of_the_package() -> None:
    modules = [importlib.import_module(found.name) for found in pkgutil.walk_packages(mlcluster.__path__, "mlcluster.")]
    names = [name for module in modules for name in public_objects(module)]
    assert len(names) > 1500
    assert [fault for name in names for fault in faults(name)] == []


def no_docstring(a: int) -> int:
    return a


def doctest_without_heading(a: int) -> int:
    """Give it back.

    Parameters
    ----------
    a
        A number.

    >>> 1
    1
    """
    return a


def other_order(a: int, b: int) -> int:
    """Add them.

    Parameters
    ----------
    b
        The second.
    a
        The first.
    """
    return a + b


def without_stars(**options: int) -> int:
    """Count them.

    Parameters
    ----------
    options
        Any.
    """
    return len(options)


def nothing_said(a: int) -> int:
    """Give it back.

    Parameters
    ----------
    a

    Returns
    -------
    int
    """
    return a


def good(a: int, *, c: int = 0, b: int = 0) -> int:
    """Add them.

    Parameters
    ----------
    a
        The first.
    b, c
        The others.

    Returns
    -------
    int
        The sum.

    Examples
    --------
    >>> good(1, b=2)
    3
    """
    return a + b + c


@pytest.mark.parametrize(
    ("name", "complaints"),
    [
        ("no_docstring", ["GL08"]),
        ("doctest_without_heading", ["PR02", "PR07", "an example stands under Parameters"]),
        ("other_order", ["told in the order"]),
        ("without_stars", ["PR02"]),
        ("nothing_said", ["PR07", "RT03"]),
        ("good", []),
    ],
)
def test_a_fault_is_seen(name: str, complaints: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Unplaced, "_load_obj", staticmethod(globals().__getitem__))
    seen = " ".join(faults(name))
    assert all(complaint in seen for complaint in complaints) and bool(seen) == bool(complaints)
