"""The folder of the official suites that a user brings: its files, found and mended.

The folder is taken as published: file names of another case or with accents written otherwise are found all the same, includes
that do not exist are left out, and each is said. Nothing of it is shipped or changed. The Schematron is translated with the
suite's own engine (``schematrons/moteur``) once; the XSLT is kept under ``$XDG_CACHE_HOME/imgda-bridge/suites``, in a folder
named for the hash of what it was made of. Source: docs/check.md, "The official suites".
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from bridge.findings.issues import Issue, issue

__all__ = ["Folder", "cache_folder", "digest", "engine_of", "locate", "mended", "schema_of"]

_SCHEMA = "infrastructure/cda/CDA_extended.xsd"
_ENGINE = ("iso_dsdl_include.xsl", "iso_abstract_expand.xsl", "iso_svrl_for_xslt2.xsl", "iso_schematron_skeleton_for_saxon.xsl")
_SCHEMATRONS = {
    "2022.01": (
        "profils/IHE.sch",
        "profils/IHE_XDS-SD.sch",
        "profils/CI-SIS_StructurationMinimale.sch",
        "profils/CI-SIS_ModelesDeContenusCDA.sch",
        "profils/CI-SIS_Modeles_ANS.sch",
        "CI-SIS_IMG-DA-IMG_2022.01.sch",
    ),
    "2024.01": (
        "profils/IHE.sch",
        "profils/structurationMinimale/ASIP-STRUCT-MIN-StrucMin.sch",
        "profils/CI-SIS_ModelesDeContenusCDA.sch",
        "profils/CI-SIS_Modeles_ANS.sch",
        "CI-SIS_IMG-DA-IMG_2024.01.sch",
    ),
}
_INCLUDE = re.compile(r"<include\s+href\s*=\s*[\"']([^\"']+)[\"']\s*/>")
_DATA = re.compile(r"(?<=')([^'\s]*/[^'/\s]+\.xml)(?=')")
"""A quoted path of an XML file, which a rule reads while it runs."""
_SVS = "{urn:ihe:iti:svs:2008}"


@dataclass
class Folder:
    """A folder TestContenuCDA."""

    root: Path
    issues: list[Issue] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._names: dict[Path, dict[str, Path]] = {}
        self._said: set[tuple[str, str]] = set()

    def find(self, path: Path) -> Path | None:
        """The file of that path, or the one whose path differs only by case and accents; said where it does."""
        found = Path(path.anchor)
        for part in Path(os.path.normpath(path)).parts[1:]:
            step = found / part
            if not step.exists():
                near = self._listing(found).get(_plain(part))
                if near is None:
                    return None
                self.say("IMGDA-1652", path)
                step = near
            found = step
        return found

    def _listing(self, folder: Path) -> dict[str, Path]:
        if folder not in self._names:
            self._names[folder] = {_plain(one.name): one for one in folder.iterdir()} if folder.is_dir() else {}
        return self._names[folder]

    def say(self, code: str, path: Path) -> None:
        """A finding about a file of the folder, once."""
        name = os.path.relpath(path, self.root)
        if (code, name) not in self._said:
            self._said.add((code, name))
            self.issues.append(issue(code, None, name=name))


def _plain(name: str) -> str:
    """A file name without what file systems treat differently: case, accents, hyphen or underscore."""
    bare = "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))
    return bare.lower().replace("-", "_")


def cache_folder() -> Path:
    """Where translated suites are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "imgda-bridge" / "suites"


def mended(folder: Folder, top: Path, made: Path) -> dict[str, str]:
    """The texts of a Schematron and of all that it includes, by their path in the folder; every path in them exists.

    *made* is the folder for files that the suite lacks and that can be made from its others.
    """
    texts: dict[str, str] = {}
    waiting = [top]
    while waiting:
        path = waiting.pop()
        name = os.path.relpath(path, folder.root)
        if name in texts:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        includes = {}
        for href in _INCLUDE.findall(text):
            found = folder.find(path.parent / href)
            if found is None:
                folder.say("IMGDA-1653", path.parent / href)
            else:
                waiting.append(found)
            includes[href] = found
        text = _INCLUDE.sub(lambda match: _include(match[1], includes[match[1]], path), text)  # noqa: B023
        texts[name] = _DATA.sub(lambda match: _data(folder, top, match[1], made), text)
    return texts


def _include(href: str, found: Path | None, path: Path) -> str:
    return f'<include href="{os.path.relpath(found, path.parent)}"/>' if found else f"<!-- {href}: missing -->"


def _data(folder: Folder, top: Path, path: str, made: Path) -> str:
    """The address of a file that rules read."""
    if ":" in path:
        return path
    found = folder.find(top.parent / path)
    if found is None:
        found = _from_value_set(folder, top.parent / path, made)
    if found is None:
        folder.say("IMGDA-1653", top.parent / path)
        return path
    return found.as_uri()


def _from_value_set(folder: Folder, wanted: Path, made: Path) -> Path | None:
    """``voc-<OID>-DYNAMIC.xml`` made from the value set of that OID in ``jeuxDeValeurs``, when the published folder lacks it."""
    match = re.fullmatch(r"voc-([\d.]+)-DYNAMIC\.xml", wanted.name)
    sets = folder.find(folder.root / "jeuxDeValeurs")
    if match is None or sets is None:
        return None
    for path in sorted(sets.glob("*.xml")):
        if f'"{match[1]}"' in path.read_text(encoding="utf-8", errors="replace")[:4000]:
            root = etree.Element("valueSets")
            concepts = etree.SubElement(etree.SubElement(root, "valueSet"), "conceptList")
            for row in etree.parse(path).iter(f"{_SVS}Concept"):
                etree.SubElement(concepts, "concept", code=row.get("code", ""), codeSystem=row.get("codeSystem", ""))
            made.mkdir(parents=True, exist_ok=True)
            (made / wanted.name).write_bytes(etree.tostring(root))
            folder.say("IMGDA-1656", wanted)
            return made / wanted.name
    return None


def digest(texts: dict[str, str], engine: list[Path]) -> str:
    """What a translated suite was made of, in 32 digits."""
    known = hashlib.sha256()
    for name in sorted(texts):
        known.update(f"{name}\0{texts[name]}\0".encode())
    for path in engine:
        known.update(path.read_bytes())
    return known.hexdigest()[:32]


def locate(folder: Folder, model: str) -> Iterator[tuple[str, Path]]:
    """The Schematrons of a model, in the folder; those that lack are said."""
    for name in _SCHEMATRONS[model]:
        path = folder.root / "schematrons" / name
        found = folder.find(path)
        if found is None:
            folder.say("IMGDA-1654", path)
        else:
            yield Path(name).stem, found


def engine_of(folder: Folder) -> list[Path]:
    """The suite's own Schematron engine; empty, and said, where a part of it lacks."""
    found = []
    for name in _ENGINE:
        path = folder.root / "schematrons" / "moteur" / name
        known = folder.find(path)
        if known is None:
            folder.say("IMGDA-1654", path)
            return []
        found.append(known)
    return found


def schema_of(folder: Folder) -> Path | None:
    """The schema of CDA, with the extensions that France uses."""
    found = folder.find(folder.root / _SCHEMA)
    if found is None:
        folder.say("IMGDA-1654", folder.root / _SCHEMA)
    return found
