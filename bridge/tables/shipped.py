"""Where the shipped stylesheets and tables are.

In an installed package ``xslt/`` and ``mappings/`` lie inside ``bridge``; in a checkout, and so in an editable install, they
lie beside it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["folder", "models"]


@cache
def folder(name: str) -> Path:
    """The folder ``xslt`` or ``mappings``. Raises :class:`FileNotFoundError` where the installation lacks it."""
    package = Path(__file__).resolve().parents[1]
    for candidate in (package / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the installation of imgda-bridge lacks its folder {name}/")


@cache
def models() -> tuple[str, ...]:
    """The versions of the model IMG-DA-IMG that can be written, oldest first."""
    return tuple(sorted(path.parent.name for path in (folder("xslt") / "img-da-img").glob("*/to-cda.xsl")))
