"""Exceptions of the package: each names file, site, what was found, what was expected and the next step."""

from __future__ import annotations

from typing import Self, TypeVar


class MlclusterError(Exception):
    """Base of every error that a user can cause and mend.

    Parameters
    ----------
    what
        One sentence saying what went wrong.
    file
        File the trouble was found in.
    site
        Site label, row or key inside that file.
    found, expected
        What stood there, and what should have.
    hint
        What to do next.
    """

    def __init__(
        self,
        what: str,
        *,
        file: object | None = None,
        site: object | None = None,
        found: object | None = None,
        expected: object | None = None,
        hint: str | None = None,
    ) -> None:
        self.what, self.hint = what, hint
        self.file = None if file is None else str(file)
        self.site = None if site is None else str(site)
        self.found = None if found is None else str(found)
        self.expected = None if expected is None else str(expected)
        super().__init__(self._message())

    def placed(self, *, file: object | None = None, site: object | None = None) -> Self:
        """The same error with the file or site that only its caller knows; what is named already stays."""
        fields = dict(self.__dict__)
        fields["file"], fields["site"] = fields["file"] or file, fields["site"] or site
        return _rebuild(type(self), fields)

    def within(self, place: str) -> Self:
        """The same error, its site named after the part of the file it lies in."""
        fields = dict(self.__dict__)
        if place not in (self.site or ""):
            fields["site"] = f"{place}, {self.site}" if self.site else place
        return _rebuild(type(self), fields)

    def _message(self) -> str:
        where = ", ".join(part for part in (self.file, self.site) if part)
        text = f"{where}: {self.what}" if where else self.what
        if self.found is not None:
            text += f" Found: {self.found}."
        if self.expected is not None:
            text += f" Expected: {self.expected}."
        if self.hint is not None:
            text += f" {self.hint}"
        return text

    def __reduce__(self) -> tuple:
        # Errors cross process borders (parallel reading, data loaders): rebuild them from their fields.
        fields = dict(self.__dict__)
        return (_rebuild, (type(self), fields))


_Kind = TypeVar("_Kind", bound=MlclusterError)


def _rebuild(kind: type[_Kind], fields: dict) -> _Kind:
    return kind(fields.pop("what"), **fields)


def said(error: Exception) -> str:
    """What a row that failed says of an error; one that no check foresaw is named by its kind."""
    return str(error) if isinstance(error, MlclusterError) else f"unexpected {type(error).__name__}: {error}"


class InputError(MlclusterError):
    """A file, row or argument cannot be read as what it claims to be."""


class StructureError(MlclusterError):
    """A file was read, but what it describes is not a usable finite structure."""


class ConfigError(MlclusterError):
    """A configuration names an unknown key or an impossible value."""


class ModelError(MlclusterError):
    """A model or checkpoint does not fit what is asked of it."""


class DataError(MlclusterError):
    """A label, split or data set breaks one of its rules."""
