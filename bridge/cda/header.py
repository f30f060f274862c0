"""What a header says that is read otherwise than it stands: times, identifiers, addressees, a second patient.

Source: HL7 V3 datatypes R1 (TS, II); CI-SIS, Structuration minimale; Référentiel INS; docs/cda.md, "Reading".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from bridge.cda.parser import CDA, ParsedDocument, Paths
from bridge.findings.issues import Issue, issue
from bridge.order.identifiers import INS_ROOTS, PROFESSIONALS, STRUCTURES, is_ins

__all__ = ["findings"]

_TIME = re.compile(r"\d{8}(\d\d)?(\d\d)?(\d\d)?(?:\.\d+)?([+-]\d{1,4})?")
_TIMED = frozenset(
    f"{space}{name}"
    for space in (CDA, "{urn:hl7-org:sdtc}")
    for name in ("birthTime", "deceasedTime", "effectiveTime", "high", "low", "time")
)
_ADDRESSEES = frozenset({"PRCP", "TRC"})
_LENGTHS = {
    PROFESSIONALS: {"0": 10, "8": 12},
    STRUCTURES: {"1": 10, "2": 10, "3": 15},
}
"""Length of a national identifier by its first character, which tells its kind: ADELI, RPPS; FINESS, SIREN, SIRET."""


def findings(parsed: ParsedDocument) -> Iterator[Issue]:
    """Everything of this kind in a document."""
    paths = parsed.paths
    yield from _patients(parsed.root, paths)
    for element in parsed.elements:
        if element.tag in _TIMED:
            yield from _time(element, paths)
        elif element.tag == f"{CDA}id":
            yield from _identifier(element, paths)
        elif element.tag == f"{CDA}informationRecipient" and element.get("typeCode", "PRCP") not in _ADDRESSEES:
            if element.getparent() is parsed.root:
                yield issue("IMGDA-1317", paths.of(element, "/@typeCode"), value=element.get("typeCode"))


def _patients(root: etree._Element, paths: Paths) -> Iterator[Issue]:
    for another in root.findall(f"{CDA}recordTarget")[1:]:
        yield issue("IMGDA-1308", paths.of(another))


def _time(element: etree._Element, paths: Paths) -> Iterator[Issue]:
    """A time without seconds gets them; an offset that has not four digits is completed (+100 is one hour)."""
    value = element.get("value", "")
    match = _TIME.fullmatch(value)
    if match is None:
        return
    hour, minute, second, offset = match.groups()
    if hour and not (minute and second):
        yield issue("IMGDA-1309", paths.of(element, "/@value"))
    if offset and len(offset) != 5:
        yield issue("IMGDA-1315", paths.of(element, "/@value"))


def _identifier(element: etree._Element, paths: Paths) -> Iterator[Issue]:
    root, extension = element.get("root"), element.get("extension", "")
    owner = element.getparent()
    if root is None and extension and owner is not None and owner.tag == f"{CDA}patientRole":
        yield issue("IMGDA-1318", paths.of(element, "/@extension"))
    if root in INS_ROOTS and not is_ins(extension):
        yield issue("IMGDA-0340", paths.of(element))  # docs/decisions.md, 32
    wanted = _LENGTHS.get(root or "", {}).get(extension[:1])
    if wanted and len(extension) != wanted:
        yield issue("IMGDA-1324", paths.of(element, "/@extension"), wanted=str(wanted))
