"""Linked documents: checked, never decoded into the order, never fetched.

Source: docs/fhir.md, M20; CI-SIS, JDV_MediaType_ObservationMedia; cda documents carry base64 only (docs/rules.md, B14).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

from bridge.fhir.context import Context, one_line
from bridge.fhir.datatypes import moment
from bridge.fhir.view import Node
from bridge.mappings import code_system_oid, is_code_system, value_set
from bridge.order import Attachment, Code

__all__ = ["Attachments"]

_WHITE = re.compile(r"\s+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(slots=True)
class Attachments:
    """The linked documents of one request."""

    context: Context
    found: list[Attachment] = field(default_factory=list)

    def document(self, node: Node) -> None:
        """Read a DocumentReference, Media or Binary."""
        if node.type_name == "Binary":
            self.read(node)
            return
        if node.type_name == "Media":
            when = moment(self.context, node, "createdDateTime")
            content = node.child("content")
            if content is None or not self.read(content, when=when):
                node.give_up_carried("IMGDA-0901")
            return
        if node.peek("docStatus") == "entered-in-error":
            self.context.note("IMGDA-0217", node.path)
            return
        if node.peek("docStatus") == "final":
            node.decide("docStatus")
        kind, when = self._type(node.child("type")), moment(self.context, node, "date")
        description = one_line(node.peek("description"))
        is_read = False
        for content in node.children("content"):
            attachment = content.child("attachment")
            if attachment is None:
                continue
            titled = one_line(attachment.peek("title"))
            if description and (titled is None or titled == description):
                node.text("description")
            title = description or (kind.display if kind else None)
            is_read |= self.read(attachment, title=title, kind=kind, when=when)
        if not is_read:
            node.give_up_carried("IMGDA-0901")

    def _type(self, concept: Node | None) -> Code | None:
        """The type of the document, in whatever code system has an OID: a code of the value set first, whatever their order."""
        found = []
        for coding in concept.children("coding") if concept else ():
            code, uri = coding.peek("code"), coding.peek("system")
            oid = code_system_oid(uri) if isinstance(uri, str) else None
            if isinstance(code, str) and oid:
                listed = value_set("document-type").find(code, oid)
                found.append((listed is None, not is_code_system(uri), oid, code, coding))
        if not found:
            return None
        *_, oid, code, coding = min(found, key=lambda item: item[:4])
        listed = value_set("document-type").find(code, oid)
        coding.text("code"), coding.text("system")
        display = one_line(coding.text("display"))
        return Code(code=code, system=oid, display=display or (listed.display if listed else None))

    def read(self, node: Node, *, title: str | None = None, kind: Code | None = None, when: str | None = None) -> bool:
        """Read an Attachment or Binary, if it can be; what is wrong with it is reported and it is left out."""
        context = self.context
        raw = node.text("data")
        if raw is None:
            if "url" in node:
                self._url_only(node)
            return False
        media_type = (node.text("contentType") or "").partition(";")[0].strip().lower()
        if media_type not in value_set("media-type").by_code:
            context.note("IMGDA-0706", node.at("contentType"))
            return False
        if node.peek("contentType").strip() != media_type:
            node.lose("contentType", "IMGDA-0908", "technical", written=media_type)
        data = _WHITE.sub("", raw)
        if not self._is_sound(node, data):
            return False
        own = one_line(node.text("title"))
        if own is None and title is None:
            title = f"Document {len(self.found) + 1}"
            context.note("IMGDA-0707", node.path, title=title)
        created = moment(context, node, "creation") if when is None else None
        language = node.peek("language")
        if isinstance(language, str) and _LANGUAGE.fullmatch(language):
            node.text("language")
        else:
            language = None
        if "url" in node:
            node.lose("url", "IMGDA-0901")
        attachment = Attachment(
            title=own or title or "", media_type=media_type, data=data, type=kind, date=when or created, language=language
        )
        if attachment not in self.found:
            self.found.append(attachment)
        return True

    def _url_only(self, node: Node) -> None:
        if self.context.settings.attachments.url_only == "error":
            self.context.note("IMGDA-0701", node.at("url"))
        else:
            node.lose("url", "IMGDA-0708")

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


def _same_hash(stated: str, digest: bytes) -> bool:
    """FHIR asks for base64 of the SHA-1; hexadecimal, a common slip, is understood too."""
    return stated.strip() == base64.b64encode(digest).decode() or stated.strip().lower() == digest.hex()
