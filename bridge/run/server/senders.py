"""Who sends orders: the settings that hold for each sender, and the token that shows who it is.

One settings file serves every sender alike; a folder has one for each of them. Source: docs/http.md, "Several senders".
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bridge.findings.errors import SettingsError
from bridge.findings.issues import Issue
from bridge.settings import Settings, load

__all__ = ["DEFAULT", "Senders", "Token", "Unusable", "body_bytes", "read_senders", "read_token"]

DEFAULT = "default"
"""The sender of a request that names none, where a folder has ``default.toml``."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Unusable(Exception):
    """A file that the service needs is not right: *file*, why in a few words, and the findings when it is one of settings."""

    def __init__(self, file: Path, why: str, issues: tuple[Issue, ...] = ()) -> None:
        super().__init__(f"{file}: {why}")
        self.file = file
        self.why = why
        self.issues = issues


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, and the sender that it shows; the token of the service shows none."""

    value: str = field(repr=False)
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Senders:
    """The senders of a service."""

    sites: Mapping[str, Settings] = field(default_factory=lambda: {"": Settings()})
    """The settings of each by its name. The empty name has those of a service that does not tell senders apart."""
    tokens: tuple[Token, ...] = ()
    """Tokens that are taken; without one, everybody is."""

    @property
    def are_named(self) -> bool:
        """Whether the service tells senders apart."""
        return "" not in self.sites

    @property
    def body_bytes(self) -> int:
        """The largest request body that any sender may send."""
        return max(map(body_bytes, self.sites.values()))

    def shown(self, value: str) -> Token | None:
        """The token that a caller shows; every one is compared, so that time tells nothing."""
        data = value.encode("utf-8", "surrogateescape")
        found = [token for token in self.tokens if hmac.compare_digest(data, token.value.encode())]
        return found[0] if found else None

    def for_workers(self) -> dict[str, Settings]:
        """The settings by the names that tasks use; the sample of the readiness has the empty one."""
        first = self.sites.get(DEFAULT) or next(iter(self.sites.values()))
        return {"": first, **self.sites}


def body_bytes(settings: Settings) -> int:
    """The largest request body of a sender."""
    return settings.limits.input_mib * 1024 * 1024


def read_senders(config: Path | None, token: str | None, *, lenient: bool = False) -> Senders:
    """The senders that a settings file, or a folder of them, describes; *token* is that of the service.

    A folder has ``NAME.toml`` for each sender, and may have ``NAME.token``. Raises :class:`Unusable`.
    """
    general = () if token is None else (Token(token),)
    if config is None or not config.is_dir():
        settings = Settings() if config is None else _settings(config)
        return Senders({"": settings.lenient() if lenient else settings}, general)
    sites = {name: _settings(path) for name, path in _named(config, ".toml")}
    if not sites:
        raise Unusable(config, "the folder has no settings file NAME.toml")
    tokens = [Token(read_token(path), name) for name, path in _named(config, ".token")]
    _check_tokens(config, sites, (*general, *tokens))
    return Senders({name: found.lenient() if lenient else found for name, found in sites.items()}, (*general, *tokens))


def _named(folder: Path, suffix: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob(f"*{suffix}")):
        if path.name.startswith("."):
            continue
        if not _NAME.fullmatch(path.stem):
            raise Unusable(path, "the name of a sender has letters, digits, '.', '_' and '-', 64 at most")
        yield path.stem, path


def _settings(path: Path) -> Settings:
    try:
        return load(path)
    except SettingsError as error:
        raise Unusable(path, "the settings are not right", error.issues) from None
    except OSError as error:
        raise Unusable(path, error.strerror or type(error).__name__) from None


def _check_tokens(folder: Path, sites: Mapping[str, Settings], tokens: tuple[Token, ...]) -> None:
    known: set[str] = set()
    for token in tokens:
        file = folder / f"{token.sender}.token"
        if token.sender is not None and token.sender not in sites:
            raise Unusable(file, f"there is no {token.sender}.toml")
        if token.value in known:
            raise Unusable(file, "another sender, or the service, has the same token")
        known.add(token.value)


def read_token(path: Path) -> str:
    """The token that a file holds, with or without a byte order mark and an end of line. Raises :class:`Unusable`."""
    try:
        token = path.read_bytes().decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Unusable(path, "not a text in UTF-8") from None
    except OSError as error:
        raise Unusable(path, error.strerror or type(error).__name__) from None
    if not token:
        raise Unusable(path, "the token is empty")
    if not token.isprintable():
        raise Unusable(path, "the token has more than one line, or characters that cannot be shown")
    return token
