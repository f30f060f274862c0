"""The same FHIR in its other forms: XML, and R5."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from bundles import bundle, service_request
from lxml import etree

FHIR = "{http://hl7.org/fhir}"


def to_xml(resource: dict[str, Any]) -> bytes:
    """A resource as FHIR XML."""
    root = etree.Element(FHIR + resource["resourceType"], nsmap={None: FHIR[1:-1]})
    _fill(root, resource)
    return etree.tostring(root)


def _fill(element: etree._Element, value: dict[str, Any]) -> None:
    inside = "resourceType" in value
    for key in dict.fromkeys(name.removeprefix("_") for name in value if name != "resourceType"):
        items, siblings = value.get(key), value.get(f"_{key}")
        if (key == "id" and not inside) or (key == "url" and etree.QName(element).localname == "extension"):
            element.set(key, items)
            continue
        many = items if isinstance(items, list) else [items]
        beside = siblings if isinstance(siblings, list) else [siblings]
        for item, sibling in zip_longest(many, beside):
            if key == "div":
                element.append(etree.fromstring(item))
                continue
            child = etree.SubElement(element, FHIR + key)
            if isinstance(item, dict) and "resourceType" in item:
                _fill(etree.SubElement(child, FHIR + item["resourceType"]), item)
            elif isinstance(item, dict):
                _fill(child, item)
            elif item is not None:
                child.set("value", str(item).lower() if isinstance(item, bool) else str(item))
            if sibling:
                _fill(child, sibling)


def r5(**changes: Any) -> dict[str, Any]:
    """The small order in the forms of R5."""
    request = service_request()
    request["code"] = {"concept": request["code"]}
    request["reason"] = [{"concept": reason} for reason in request.pop("reasonCode")]
    request["supportingInfo"] = [{"reference": item} for item in request["supportingInfo"]]
    data = bundle(sr={key: value for key, value in {**request, **changes}.items() if value is not None})
    for entry in data["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Encounter":
            resource["class"] = [{"coding": [resource["class"]]}]
            resource["actualPeriod"] = resource.pop("period")
            resource["status"] = "completed"
        if resource["resourceType"] == "PractitionerRole":
            resource["contact"] = [{"telecom": resource.pop("telecom")}]
    return data
