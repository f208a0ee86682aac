"""Targets and methods of one's own: declared in a configuration or a model, registered in each process that reads it.

A declaration is data, never code: a name, a unit, what values are possible, and how a model learns them. Scalars of a
whole structure alone; vectors, forces and values of single atoms are not targets.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mlcluster.errors import ConfigError
from mlcluster.labels.conversions import accepted_units
from mlcluster.labels.methods import METHODS, OWN_METHODS, Channel, Method
from mlcluster.labels.targets import BUILT_IN, LOGIT, PHOTON_ENERGY, TARGETS, Target, Transform, log10_of, plain
from mlcluster.plugins import installed, installed_names

# Names stand in channels, in names of metrics and in columns.
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_METHOD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")


class MethodDeclaration(BaseModel):
    """How values are obtained, in words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = Field(default="as the data state", min_length=1, description="what it is, in a sentence")
    measured: bool = Field(default=False, description="an experiment, rather than a calculation")


class TargetDeclaration(BaseModel):
    """A property of one's own, or further methods of one that is there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: str | None = Field(default=None, min_length=1, description="of values as models give them")
    description: str = Field(
        default="a property of your own", min_length=1, description="what the number is, in a sentence"
    )
    bounds: tuple[float, float] | None = Field(
        default=None, description="smallest and largest value that is possible, in unit"
    )
    transform: Literal["identity", "log10", "logit", "photon_energy"] = Field(
        default="identity",
        description="what a model learns: log10 for decades, logit for fractions, photon_energy for nm",
    )
    pooling: Literal["intensive", "extensive"] = Field(
        default="intensive", description="a mean over the atoms, or a sum that grows with the structure"
    )
    methods: dict[str, MethodDeclaration] = Field(min_length=1, description="name to description, or names alone")

    @field_validator("methods", mode="before")
    @classmethod
    def _short_forms(cls, given: Any) -> Any:
        """Accept a name, a list of names, or a sentence for each."""
        if isinstance(given, str):
            given = [given]
        if isinstance(given, list | tuple):
            return {str(name): {} for name in given}
        if isinstance(given, Mapping):
            return {str(k): {"description": v} if isinstance(v, str) else (v or {}) for k, v in given.items()}
        return given

    @field_validator("methods")
    @classmethod
    def _names(cls, methods: dict[str, MethodDeclaration]) -> dict[str, MethodDeclaration]:
        for name in methods:
            if not _METHOD.fullmatch(name):
                raise ValueError(
                    f"a method is called by letters, digits, spaces, '.', '_' and '-', not {name!r}; "
                    "its description may be anything"
                )
        return methods


def declare_targets(declared: Mapping[str, TargetDeclaration | Mapping[str, Any]]) -> None:
    """Register targets and methods for this process; the same declaration may come any number of times.

    Parameters
    ----------
    declared
        By the name of the target, which may be one that is there already and gets further methods.

    Raises
    ------
    ConfigError
        If a declaration is incomplete or impossible, or is not the one of that name that this process knows.
    """
    for name, given in declared.items():
        declaration = given if isinstance(given, TargetDeclaration) else _parsed(name, given)
        target = _target(name, declaration)
        known = TARGETS.get(name)
        if known is not None and _facts(known) != _facts(target):
            raise ConfigError(
                "a target of that name is declared otherwise already.",
                site=f"targets.{name}",
                found=_told(target),
                expected=_told(known),
                hint="Use another name, or a new process.",
            )
        TARGETS[name] = known if name in BUILT_IN and known is not None else target
        for method, about in declaration.methods.items():
            if name in METHODS.get(method, _NO_METHOD).targets:
                continue
            OWN_METHODS[name, method] = Method(
                name=method, targets=(name,), measured=about.measured, description=about.description
            )


@cache
def declare_installed() -> None:
    """Register what installed packages bring as ``mlcluster.targets``: for each name a declaration, as plain values.

    One that cannot be imported or declared is told in a warning: it may be of no use to what is done here.
    """
    for name in installed_names("targets"):
        try:
            brought = installed("targets", name)
            if not isinstance(brought, TargetDeclaration | Mapping):
                raise ConfigError(
                    "an installed package brings no declaration of a target.",
                    site=f"targets.{name}",
                    found=type(brought).__name__,
                    expected="what stands under targets: in a configuration",
                )
            declare_targets({name: brought})
        except ConfigError as error:
            warnings.warn(str(error), stacklevel=2)


def declarations_of(channels: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What `declare_targets` needs to know in another process for these channels; nothing of what is built in."""
    found: dict[str, dict[str, Any]] = {}
    for channel in map(Channel.parse, channels):
        own = OWN_METHODS.get((channel.target, channel.method))
        if channel.target in BUILT_IN and own is None:
            continue
        target = channel.definition
        entry = found.setdefault(channel.target, {"methods": {}})
        if channel.target not in BUILT_IN:
            entry |= {"unit": target.unit, "description": target.description, "bounds": list(target.bounds)}
            entry |= {"transform": target.transform.name, "pooling": target.pooling}
        if own is not None:
            entry["methods"][own.name] = {"description": own.description, "measured": own.measured}
    return found


_NO_METHOD = Method(name="", targets=(), measured=False, description="")


def _parsed(name: str, given: Mapping[str, Any]) -> TargetDeclaration:
    try:
        return TargetDeclaration.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(["targets", name, *map(str, first["loc"])])
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigError("cannot read a declaration.", site=where, found=message) from None


def _target(name: str, declared: TargetDeclaration) -> Target:
    site = f"targets.{name}"
    if name in BUILT_IN:
        plain_one = TargetDeclaration(methods=declared.methods)
        changed = sorted(key for key, value in plain_one if key != "methods" and getattr(declared, key) != value)
        if changed:
            raise ConfigError(
                "this target is built in; only methods can be added to it.", site=site, found=", ".join(changed)
            )
        return BUILT_IN[name]
    if not _NAME.fullmatch(name):
        raise ConfigError(
            "a target is called by small letters, digits and _.", site=site, found=name, expected="e.g. dipole_moment"
        )
    if declared.unit is None or declared.bounds is None:
        missing = "unit" if declared.unit is None else "bounds"
        raise ConfigError(
            f"a target of your own needs its {missing}.",
            site=site,
            expected="unit: debye and bounds: [0, 30], for instance",
            hint="Values beyond the bounds are refused, which catches slips of unit.",
        )
    low, high = declared.bounds
    if not low < high:
        raise ConfigError("bounds are the smallest and the largest value.", site=site, found=f"{low:g}, {high:g}")
    transform = _transform(site, declared.transform, declared.unit, low, high)
    if declared.pooling == "extensive" and declared.transform != "identity":
        raise ConfigError("a sum over atoms is learned as it is.", site=site, found=f"transform: {declared.transform}")
    return Target(
        name=name,
        unit=declared.unit,
        description=declared.description,
        bounds=(low, high),
        transform=transform,
        accepted_units=accepted_units(declared.unit, wavelength=declared.transform == "photon_energy"),
        pooling=declared.pooling,
    )


def _transform(site: str, name: str, unit: str, low: float, high: float) -> Transform:
    """The map of that name, if it can be taken of every value within the bounds."""
    rules = {
        "identity": (plain(unit), True, ""),
        "log10": (log10_of(unit), low > 0, "bounds above 0"),
        "logit": (LOGIT, unit == "fraction" and low >= 0 and high <= 1, "unit: fraction and bounds within 0 to 1"),
        "photon_energy": (PHOTON_ENERGY, unit == "nm" and low > 0, "unit: nm and bounds above 0"),
    }
    transform, possible, needed = rules[name]
    if not possible:
        found = f"unit: {unit}, bounds: {low:g}, {high:g}"
        raise ConfigError(f"transform: {name} cannot be taken of such values.", site=site, found=found, expected=needed)
    return transform


def _facts(target: Target) -> tuple[object, ...]:
    return target.unit, target.bounds, target.transform.name, target.pooling


def _told(target: Target) -> str:
    low, high = target.bounds
    return f"unit {target.unit}, bounds {low:g} to {high:g}, transform {target.transform.name}, {target.pooling}"
