"""Linked documents: checked, never decoded into the order, never fetched.

Source: docs/fhir.md, M20; CI-SIS, JDV_MediaType_ObservationMedia; cda documents carry base64 only (docs/rules.md, B14).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.names import moment
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.texts import clean, one_line
from bridge.findings.issues import LossClass
from bridge.order import Attachment, Code
from bridge.tables.codes import code_system_oid, is_code_system, value_set

__all__ = ["LinkedDocuments"]

_WHITE = re.compile(r"\s+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(slots=True)
class LinkedDocuments:
    """The linked documents of one request."""

    context: Context
    found: Distinct[Attachment] = field(default_factory=Distinct)

    @reads("attachments")
    def document(self, node: Node) -> None:
        """Read a DocumentReference, Media or Binary."""
        match node.type_name:
            case "Binary":
                self.read(node)
            case "Media":
                self._media(node)
            case _:
                self._reference(node)

    def _media(self, node: Node) -> None:
        when = moment(self.context, node, "createdDateTime")
        content = node.child("content")
        if content is None or not self.read(content, when=when):
            node.give_up_carried("IMGDA-0901")

    def _reference(self, node: Node) -> None:
        if node.peek("docStatus") == "final":
            node.decide("docStatus")
        concept = node.child("type")
        kind, when = self._type(concept), moment(self.context, node, "date")
        description = one_line(node.peek("description"))
        words = clean(concept.peek("text")) if concept else None
        title = description or (kind.display if kind else None) or one_line(words)
        is_read = False
        for attachment in (found for content in node.children("content") if (found := content.child("attachment"))):
            if description and one_line(attachment.peek("title")) in (None, description):
                node.text("description")
            is_read |= self.read(attachment, title=title, kind=kind, when=when, words=words)
        if not is_read:
            node.give_up_carried("IMGDA-0901")
        elif concept:
            concept.text("text")

    def _type(self, concept: Node | None) -> Code | None:
        """The type of the document in a code system that has an OID: one of the value set, of a known system, else the least."""
        types = value_set("document-type")
        found = [
            (types.find(code, oid) is None, not is_code_system(uri), oid, code, coding)
            for coding in (concept.children("coding") if concept else ())
            if isinstance(code := coding.peek("code"), str)
            and isinstance(uri := coding.peek("system"), str)
            and (oid := code_system_oid(uri))
        ]
        if not found:
            return None
        *_, oid, code, coding = min(found, key=lambda one: one[:4])
        coding.text("code"), coding.text("system")
        listed = types.find(code, oid)
        display = one_line(coding.text("display"))
        return Code(code=code, system=oid, display=display or (listed.display if listed else None))

    def read(
        self,
        node: Node,
        *,
        title: str | None = None,
        kind: Code | None = None,
        when: str | None = None,
        words: str | None = None,
    ) -> bool:
        """Read an Attachment or Binary, if it can be; what is wrong with it is reported and it is left out."""
        content = self._content(node)
        if content is None:
            return False
        media_type, data = content
        title = one_line(node.text("title")) or title or self._numbered(node)
        created = moment(self.context, node, "creation") if when is None else None
        language = node.peek("language")
        is_language = isinstance(language, str) and _LANGUAGE.fullmatch(language) is not None
        if "url" in node:
            node.lose("url", "IMGDA-0901")
        attachment = Attachment(
            title=title,
            media_type=media_type,
            data=data,
            type=kind,
            date=when or created,
            language=node.text("language") if is_language else None,
            type_text=words if words and words.split() != title.split() else None,
        )
        self.found.append(attachment)
        return True

    def _content(self, node: Node) -> tuple[str, str] | None:
        """The media type and the base64, if a document can carry them."""
        raw = node.text("data")
        if raw is None:
            if "url" in node:
                self._url_only(node)
            return None
        media_type = (node.text("contentType") or "").partition(";")[0].strip().lower()
        if media_type not in value_set("media-type").by_code:
            self.context.note("IMGDA-0706", node.at("contentType"))
            return None
        data = _WHITE.sub("", raw)
        if not self._is_sound(node, data):
            return None
        self._check_type(node, media_type, base64.b64decode(data))
        return media_type, data

    def _numbered(self, node: Node) -> str:
        """A title for a document that has none."""
        title = f"Document {len(self.found) + 1}"
        self.context.note("IMGDA-0707", node.path, title=title)
        return title

    def _url_only(self, node: Node) -> None:
        if self.context.settings.attachments.url_only == "error":
            self.context.note("IMGDA-0701", node.at("url"))
        else:
            node.lose("url", "IMGDA-0708")

    def _check_type(self, node: Node, media_type: str, content: bytes) -> None:
        """Report content that is of another type than stated, and a character set that the document cannot name."""
        known = next((kind for start, kind in _SIGNATURES.items() if content.startswith(start)), media_type)
        if known != media_type:
            self.context.note("IMGDA-0709", node.at("contentType"), found=known)
        if node.peek("contentType").strip() != media_type:
            loss: LossClass = "technical" if _is_utf_8(content) or not media_type.startswith("text/") else "clinical"
            node.lose("contentType", "IMGDA-0908", loss, written=media_type)

    def _is_sound(self, node: Node, data: str) -> bool:
        """Whether the base64 is well-formed, within the limit, and matches the size and hash that are stated."""
        context, limit = self.context, self.context.settings.limits.attachment_mib
        if len(data) * 3 // 4 > limit * 1024 * 1024 + 2:
            context.note("IMGDA-0703", node.at("data"), limit=str(limit))
            return False
        try:
            content = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            context.note("IMGDA-0702", node.at("data"))
            return False
        if not content:
            context.note("IMGDA-0702", node.at("data"))
            return False
        node.decide("size")
        raw, digest = node.peek("size"), node.deciding("hash")
        size = None if raw is None else str(raw)
        if size is not None and size != str(len(content)):
            context.note("IMGDA-0705", node.at("size"))
            return False
        if digest is not None and not _same_hash(digest, hashlib.sha1(content, usedforsecurity=False).digest()):
            context.note("IMGDA-0704", node.at("hash"))
            return False
        return True


_SIGNATURES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
    b"{\\rtf": "text/rtf",
}
"""How the content of a media type begins."""


def _is_utf_8(content: bytes) -> bool:
    """Whether a text reads the same without the name of its character set."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _same_hash(stated: str, digest: bytes) -> bool:
    """FHIR asks for base64 of the SHA-1; hexadecimal, a common slip, is understood too."""
    return stated.strip() == base64.b64encode(digest).decode() or stated.strip().lower() == digest.hex()
