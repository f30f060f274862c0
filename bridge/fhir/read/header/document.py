"""What the document is known by: identifiers, version, title, language, confidentiality, and the document that it replaces.

Source: docs/fhir.md, 2.5 (A1); docs/decisions.md, 37 and 44; CI-SIS, Structuration minimale.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from bridge.fhir.extensions import REPLACED_VERSION
from bridge.fhir.ledger.node import Node, Reason
from bridge.fhir.read.datatypes.identifiers import identifier
from bridge.fhir.read.header.document_ids import derived
from bridge.fhir.read.texts import one_line
from bridge.findings.issues import issue
from bridge.order import Document, Identifier
from bridge.order.moments import iso
from bridge.tables.codes import code_system_oid, value_set

if TYPE_CHECKING:
    from bridge.fhir.read.header.header import Header

__all__ = ["Identity", "Known"]

_LANGUAGE = re.compile("[a-z]{2}-[A-Z]{2}")
_CONFIDENTIALITY = "2.16.840.1.113883.5.25"
_RESTRICTION = "ULMNRV"
"""The codes of confidentiality, from the least to the most restrictive (HL7 v3 Confidentiality)."""


class Known(NamedTuple):
    """What one version of a document is known by."""

    id: Identifier
    set_id: Identifier
    version: int


@dataclass(slots=True)
class Identity:
    """Reads the identity of the document of one group of requests."""

    header: Header
    ancestors: frozenset[int] = frozenset()
    """``id()`` of the objects of the requests that replace this one: a request is never replaced by what it replaces."""
    _known: dict[int, tuple[tuple[Node, ...], Known | None]] = field(default_factory=dict)
    """What the documents of replaced requests are known by, by ``id()`` of their requests."""

    def document(self, ids: tuple[Identifier, ...], requested: str | None, created: str) -> Document:
        """The document, with identifiers from the input, else derived from the order number and its date (A1)."""
        if self.header.description:
            self.header.description.read()
        earlier = self._replaced_request()
        stated = self._stated_replaced()
        known = self.known_as(ids, requested, earlier)
        return Document(
            id=known.id,
            set_id=known.set_id,
            created_at=created,
            version=known.version,
            title=self._title() or "Demande d'actes d'imagerie",
            language=self._language(),
            confidentiality=self._confidentiality(),
            replaces=self._one_replaced(stated, earlier),
            replaces_version=self._replaced_version() if stated else None,
        )

    # --- identifiers and version -------------------------------------------------------------------------------------

    def known_as(self, ids: tuple[Identifier, ...], requested: str | None, earlier: Known | None) -> Known:
        """Identifiers and version; *earlier* is the document that this one replaces by ServiceRequest.replaces."""
        settings = self.header.context.settings
        version = self._version(earlier)
        document_id, set_id = self._stated_id(), self._stated_set_id() or (earlier.set_id if earlier else None)
        if not (document_id and set_id):
            key = self._business_key(ids, requested)
            document_id = document_id or derived(key, f"document {version}", settings)
            set_id = set_id or derived(key, "set", settings)
        return Known(document_id, set_id, version)

    def _stated_id(self) -> Identifier | None:
        header = self.header
        if header.description:
            return header.description.document_id()
        is_document = header.root.type_name == "Bundle" and header.composition
        return self._read_id(header.root.child("identifier") if is_document else None)

    def _stated_set_id(self) -> Identifier | None:
        header = self.header
        if header.description:
            return header.description.set_id()
        return self._read_id(header.composition.child("identifier") if header.composition else None)

    def _read_id(self, node: Node | None) -> Identifier | None:
        """An identifier of the document; one that cannot be used is reported, for another is derived."""
        if node is None:
            return None
        found = identifier(self.header.context, node, bare=True)
        if found is None:
            self._replaced_by_default(node, "value", "identifier", "a derived one")
        return found

    def _business_key(self, ids: tuple[Identifier, ...], requested: str | None) -> str:
        if ids:
            return f"{ids[0].root}^{ids[0].extension}^{requested}"
        requests = self.header.requests
        self.header.context.note("IMGDA-0319", requests[0].at("requisition"))
        content = json.dumps([r.value for r in requests], sort_keys=True, default=str)
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()

    def _version(self, earlier: Known | None) -> int:
        """The version of the Composition; else that of the request, or one more than that of the document it replaces."""
        if (given := self._given_version()) is not None:
            return given
        own = self._request_version()
        return max(own, earlier.version + 1) if earlier else own

    def _given_version(self) -> int | None:
        composition = self.header.composition
        if composition is None:
            return None
        places = [(e, "valueString") for e in composition.extensions("extension-Composition.version")]
        found: int | None = None
        for node, name in [*places, (composition, "version")]:
            number = _positive(node.peek(name))
            if number is None or found not in (None, number):
                if name in node:
                    code = "IMGDA-0341" if number is None else "IMGDA-0327"
                    self.header.context.note(code, node.at(name), element="version", written=str(found or 1))
                    node.decide(name)
                continue
            node.text(name)
            found = number
        return found

    def _request_version(self) -> int:
        """``meta.versionId`` when it is a whole number; what is not is said, for servers name versions as they like."""
        meta = self.header.requests[0].child("meta")
        sent = meta.peek("versionId") if meta else None
        if meta is None or sent is None:
            return 1
        if (number := _positive(sent)) is None:
            said = issue("IMGDA-0341", meta.at("versionId"), severity="information", element="version", written="1")
            self.header.context.issues.append(said)
            return 1
        meta.text("versionId")
        return number

    # --- title, language, confidentiality ----------------------------------------------------------------------------

    def _title(self) -> str | None:
        if self.header.description:
            return self.header.description.title()
        composition = self.header.composition
        return one_line(composition.text("title")) if composition else None

    def _language(self) -> str:
        """The first language of the form ``fr-FR``; one that has no country is said where it is not French."""
        described = self.header.description.attachment() if self.header.description else None
        for node in (described, self.header.composition, self.header.requests[0]):
            sent = node.peek("language") if node else None
            if node is None or not isinstance(sent, str):
                continue
            if _LANGUAGE.fullmatch(sent):
                return node.text("language") or sent
            if sent.lower() not in ("fr", "fr-fr"):
                self._replaced_by_default(node, "language", "language", "fr-FR")
        return "fr-FR"

    def _confidentiality(self) -> str:
        """The most restrictive of the codes of the Composition and of ``meta.security``; ``N`` where none is of the set."""
        known = value_set("confidentiality").by_code
        found = [place for place in self._confidentialities() if place[2] in known]
        for node, name, code in self._confidentialities():
            if code not in known:
                self._replaced_by_default(node, name, "confidentiality", "N")
        chosen = max((code for _, _, code in found), key=_RESTRICTION.find, default="N")
        for node, name, code in found:
            if code == chosen:
                node.carried() if name == "code" else node.text(name)
            else:
                self.header.context.note("IMGDA-0346", node.at(name))
                node.decide(name)
        return chosen

    def _confidentialities(self) -> Iterator[tuple[Node, str, str]]:
        """Where a confidentiality is stated: the object, the name of the element, the code."""
        composition = self.header.composition
        if composition and isinstance(own := composition.peek("confidentiality"), str):
            yield composition, "confidentiality", own
        described = self.header.description.node.children("securityLabel") if self.header.description else []
        codings = [coding for label in described for coding in label.children("coding")]
        for node in (composition, *self.header.requests):
            meta = node.child("meta") if node else None
            codings += meta.children("security") if meta else []
        for coding in codings:
            if code_system_oid(str(coding.peek("system"))) == _CONFIDENTIALITY and isinstance(code := coding.peek("code"), str):
                yield coding, "code", code

    def _replaced_by_default(self, node: Node, name: str, element: str, written: str) -> None:
        """Report a value that is not written because another stands in its place."""
        self.header.context.note("IMGDA-0341", node.at(name), element=element, written=written)
        node.decide(name)

    # --- the document that is replaced -------------------------------------------------------------------------------

    def _one_replaced(self, stated: Identifier | None, earlier: Known | None) -> Identifier | None:
        """The only document that the model lets this one replace: that which is stated, else that of the replaced request."""
        if stated and earlier and stated != earlier.id:
            self.header.context.note("IMGDA-0327", self.header.requests[0].at("replaces"))
        return stated or (earlier.id if earlier else None)

    def _stated_replaced(self) -> Identifier | None:
        """Composition.relatesTo, or that of the description; a second document has no place."""
        found: list[Identifier] = []
        if self.header.description and (described := self.header.description.replaced()):
            found.append(described)
        for relation in self.header.composition.children("relatesTo") if self.header.composition else ():
            if (relation.peek("code") or relation.peek("type")) != "replaces":
                continue
            relation.decide("code", "type")
            self._take_relation(relation, found)
        return found[0] if found else None

    def _take_relation(self, relation: Node, found: list[Identifier]) -> None:
        """The document that a relation names; the second of two, and one without identifier, are critical losses."""
        reference = relation.child("targetReference") or relation.child("resourceReference")
        node = relation.child("targetIdentifier") or (reference.child("identifier") if reference else None)
        read = identifier(self.header.context, node, bare=True) if node else None
        if read and (not found or read == found[0]):
            found.append(read)
            return
        for name in ("targetIdentifier", "targetReference", "resourceReference"):
            relation.lose(name, "IMGDA-0345", "critical")

    def _replaced_version(self) -> int | None:
        """The version of the document that is replaced. FHIR: extension replaced-version of the first relatesTo."""
        owner = self.header.description.node if self.header.description else self.header.composition
        relations = owner.children("relatesTo") if owner else []
        first = next((r for r in relations if (r.peek("code") or r.peek("type")) == "replaces"), None)
        texts = [e.number("valuePositiveInt") for e in first.extensions(REPLACED_VERSION)] if first else []
        return next((version for text in texts if (version := _positive(text))), None)

    def _replaced_request(self) -> Known | None:
        """What the document of the replaced request is known by; where that cannot be told, a critical loss."""
        found: Known | None = None
        for request in self.header.requests:
            for reference in request.children("replaces"):
                known = self._known_of(reference)
                if known is None or found not in (None, known):
                    _lose_replaced(reference)
                else:
                    found = known
                    for name in ("reference", "type", "display"):
                        reference.decide(name)
                    if number := reference.child("identifier"):
                        number.decide("system", "value", "use")
        return found

    def _known_of(self, reference: Node) -> Known | None:
        """The identity that a conversion of the replaced request gives its document, under the same settings."""
        members = self.header.replaced(reference)
        if not members:
            return None
        if id(members) not in self._known:
            self._known[id(members)] = members, self._known_together(members)
        return self._known[id(members)][1]

    def _known_together(self, members: tuple[Node, ...]) -> Known | None:
        header = self.header.reader_of(members)
        if any(id(node.value) in self.ancestors for node in members):
            return None
        known = Identity(header, self.ancestors | {id(node.value) for node in self.header.requests})._known_alone()
        for node in header.requests:
            for leaf in node.leaves():
                node.ledger.give_up(leaf.container, leaf.key, Reason("IMGDA-0910", "technical", ()))
        return known

    def _known_alone(self) -> Known | None:
        """What a document is known by; None without number or date, or when it replaces something that is not there."""
        header = self.header
        earlier = self._replaced_request()
        if earlier is None and any("replaces" in node for node in header.requests):
            return None
        ids = header.order_ids()
        dated = all(iso(str(node.peek("authoredOn"))) for node in header.requests)
        return self.known_as(ids, header.requested_at(), earlier) if ids and dated else None


def _lose_replaced(reference: Node) -> None:
    for name in list(reference.value):
        reference.lose(name, "IMGDA-0345")


def _positive(sent: object) -> int | None:
    """A positive integer in ASCII digits, as a text or a number; None for anything else."""
    text = str(sent) if isinstance(sent, (str, int)) and not isinstance(sent, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else None
