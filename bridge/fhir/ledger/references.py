"""Resolves references the way FHIR says, within the input; nothing is ever fetched.

A reference is looked up as a contained resource (``#id``), by ``fullUrl``, then by ``Type/id``. A relative reference from an
entry with an absolute fullUrl is looked up on the same server first, and may match an entry whose fullUrl is ``urn:uuid:``; an
absolute URL that ends in ``Type/id`` may match an entry without an absolute fullUrl, never one of another server: two patients
may have the same id on two servers.

Source: FHIR R4 4.0.1, 2.3.0 References and 2.36.4 Resolving references in Bundles; docs/fhir.md, 2.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.fhir.ledger.node import Node
from bridge.findings.issues import Issue, issue

__all__ = ["Index"]


class Index:
    """Every resource of one input, by each of its names."""

    def __init__(self, root: Node) -> None:
        self.issues: list[Issue] = []
        self.resources: list[Node] = []
        self.reached: set[int] = set()
        """``id()`` of the objects of the resources that a reference led to."""
        self._by_url: dict[str, Node] = {}
        self._by_name: dict[str, list[Node]] = {}
        self._local: dict[str, list[Node]] = {}
        """Those of them whose fullUrl is not absolute."""
        self._urls: dict[int, str] = {}
        """fullUrl, by ``id()`` of the resource's object."""
        self._containers: dict[int, Node] = {}
        """The resource that contains another, by ``id()`` of the contained one's object."""
        self._contained: dict[tuple[int, str], Node] = {}
        self._numbers: dict[tuple[str, str], Node] | None = None
        """The first request with a number, by its system and value; made when asked for."""
        self._persons: list[Node] | None = None
        self._patients: dict[tuple[object, object], Node] | None = None
        """The first patient with a number, likewise."""
        if root.type_name == "Bundle":
            for entry in root.children("entry"):
                if resource := entry.child("resource"):
                    self._add(resource, entry.deciding("fullUrl"))
        else:
            self._add(root, None)

    def _add(self, resource: Node, url: str | None) -> None:
        self.resources.append(resource)
        if url:
            if url in self._by_url:
                self.issues.append(issue("IMGDA-0216", resource.path))
            self._by_url.setdefault(url, resource)
            self._urls[id(resource.value)] = url
        ident = resource.value.get("id")
        if ident or (url and _is_absolute(url)):
            name = f"{resource.type_name}/{ident}" if ident else _tail(url or "")
            self._by_name.setdefault(name, []).append(resource)
            if not _is_absolute(url or ""):
                self._local.setdefault(name, []).append(resource)
        for contained in resource.children("contained"):
            self.resources.append(contained)
            self._containers[id(contained.value)] = resource
            self._contained[id(resource.value), str(contained.value.get("id"))] = contained

    def container(self, node: Node) -> Node | None:
        """The resource that contains the resource *node*."""
        return self._containers.get(id(node.value))

    def of_type(self, *types: str) -> list[Node]:
        """The resources of these types, in the order of the input."""
        return [resource for resource in self.resources if resource.type_name in types]

    @property
    def patients(self) -> list[Node]:
        """The patients of the input."""
        if self._persons is None:
            self._persons = self.of_type("Patient")
        return self._persons

    def patient_numbered(self, number: Node) -> Node | None:
        """The patient of the input who has an Identifier."""
        if self._patients is None:
            self._patients = {}
            for person in self.patients:
                for own in person.children("identifier"):
                    self._patients.setdefault((own.peek("system"), own.peek("value")), person)
        return self._patients.get((number.peek("system"), number.peek("value")))

    def numbered(self, number: Node) -> Node | None:
        """The request of the input that has the number of an Identifier."""
        if self._numbers is None:
            self._numbers = {}
            for request in self.of_type("ServiceRequest"):
                for own in (*request.children("requisition"), *request.children("identifier")):
                    self._numbers.setdefault(_number(own), request)
        return self._numbers.get(_number(number)) if number.peek("value") else None

    def find(self, reference: Node) -> Node | None:
        """The resource that a Reference leads to, if it is in the input; the reference counts as read then."""
        found = self.lookup(reference)
        if found is not None:
            reference.decide("reference")
            self.reached.add(id(found.value))
        return found

    def lookup(self, reference: Node) -> Node | None:
        """The resource that a Reference leads to; nothing counts as read or reached."""
        target = reference.peek("reference")
        if not isinstance(target, str):
            return None
        return self._contained_by(target[1:], reference) if target.startswith("#") else self._by_target(target, reference)

    def wholes(self, node: Node) -> Iterator[Node]:
        """What an Organization or Location is part of (partOf), the nearest first, at any depth; a circle ends where it began."""
        seen = {id(node.value)}
        reference = node.child("partOf")
        while reference is not None:
            whole = self.find(reference)
            if whole is None or whole.type_name != node.type_name or id(whole.value) in seen:
                return
            seen.add(id(whole.value))
            yield whole
            reference = whole.child("partOf")

    def _by_target(self, target: str, reference: Node) -> Node | None:
        bare = target.partition("/_history/")[0]
        exact = self._by_url.get(target) or self._by_url.get(bare)
        if exact is not None or (":" in bare and not _is_absolute(bare)):
            return exact
        if _is_absolute(bare):
            candidates = self._local.get(_tail(bare), [])
        elif found := self._beside(bare, reference):
            return found
        else:
            candidates = self._by_name.get(bare, [])
        return candidates[0] if candidates and all(node.value is candidates[0].value for node in candidates) else None

    def _beside(self, name: str, reference: Node) -> Node | None:
        """The resource that a relative reference names on the server of the resource in which it stands."""
        owner = self._owner(reference)
        url = self._url(owner) if owner else ""
        return self._by_url.get(f"{url.rsplit('/', 2)[0]}/{name}") if _is_absolute(url) else None

    def _url(self, node: Node) -> str:
        return self._urls.get(id(node.value), "")

    def _owner(self, reference: Node) -> Node | None:
        """The resource of the Bundle, or the whole input, in which a reference stands."""
        owner: Node | None = reference
        while owner is not None and "resourceType" not in owner.value:
            owner = owner.parent
        return None if owner is None else self._containers.get(id(owner.value), owner)

    def _contained_by(self, ident: str, reference: Node) -> Node | None:
        owner = self._owner(reference)
        if owner is None:
            return None
        return self._contained.get((id(owner.value), ident)) if ident else owner


def _number(identifier: Node) -> tuple[str, str]:
    return str(identifier.peek("system")), str(identifier.peek("value"))


def _is_absolute(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _tail(url: str) -> str:
    return "/".join(url.rsplit("/", 2)[-2:])
