"""Why a conversion was refused.

BridgeError
├── SourceError        the input cannot be read, or is not an imaging order
├── OrderError         the order breaks rules of the specification; all of them are listed
├── SettingsError      the site settings, or an option, are not right
└── StylesheetError    the stylesheet failed in a way nobody foresaw

Each carries its issues; ``str()`` of an error reads "code what @ where" and holds no patient data.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn

from bridge.findings.issues import Issue, Language, issue, operation_outcome

__all__ = ["BridgeError", "OrderError", "SettingsError", "SourceError", "StylesheetError", "refuse"]


class BridgeError(Exception):
    """Root of the errors of the bridge."""

    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later."""

    def __init__(self, issues: Issue | Iterable[Issue]) -> None:
        self.issues: tuple[Issue, ...] = (issues,) if isinstance(issues, Issue) else tuple(issues)
        super().__init__("\n".join(str(found) for found in self.issues if found.is_error))

    @property
    def code(self) -> str:
        """The code of the first issue that refuses."""
        return next((found.code for found in self.issues if found.is_error), "IMGDA-1102")

    def outcome(self, language: Language = "fr") -> dict[str, Any]:
        """The issues as a FHIR OperationOutcome."""
        return operation_outcome(self.issues, language)


class SourceError(BridgeError):
    """The input cannot be read, or is not an imaging order."""


def refuse(code: str, path: str | None = None, **parameters: str) -> NoReturn:
    """Refuse an input for one reason. Raises :class:`SourceError`."""
    raise SourceError(issue(code, path, parameters=parameters))


class OrderError(BridgeError):
    """The order breaks rules of the specification; all of them are listed."""


class SettingsError(BridgeError):
    """The site settings, or an option of the call, are not right."""


class StylesheetError(BridgeError):
    """The stylesheet failed in a way nobody foresaw."""
