"""The OpenAPI description of the service, made from the endpoints that it serves.

Source: OpenAPI 3.1.0; docs/http.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.options import DEFAULT_MODEL
from bridge.run.server.conversions import ENDPOINTS, Endpoint
from bridge.run.server.negotiation import FHIR_JSON, PROBLEM
from bridge.run.server.options import Options
from bridge.run.workers.versions import VERSION
from bridge.tables.shipped import models

__all__ = ["describe"]

_JSON = {"type": "object"}
_COUNT = {"schema": {"type": "integer", "minimum": 0}}

_HEADERS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "ETag": ("SHA-256 of the body: the same input gives the same bytes.", {"schema": {"type": "string"}}),
    "Imgda-Version": ("Version of the program.", {"schema": {"type": "string"}}),
    "Imgda-Mapping": ("Digest of the stylesheets and tables.", {"schema": {"type": "string"}}),
    "Imgda-Model": ("Version of the model IMG-DA-IMG.", {"schema": {"type": "string"}}),
    "Imgda-Settings": ("Digest of the settings that held.", {"schema": {"type": "string"}}),
    "Imgda-Sender": ("Whose settings held, where the service tells senders apart.", {"schema": {"type": "string"}}),
    "Imgda-Errors": ("Number of errors.", _COUNT),
    "Imgda-Warnings": ("Number of warnings.", _COUNT),
    "Imgda-Losses": ("Number of values that did not reach the output.", _COUNT),
    "Imgda-Retryable": ("Whether the same request may succeed later.", {"schema": {"type": "string", "enum": ["true", "false"]}}),
    "X-Request-Id": ("As sent, or a new one.", {"schema": {"type": "string"}}),
}

_FAILURES: Mapping[str, str] = {
    "400": "Not readable as JSON or XML, wrong Parameters or options. Do not retry.",
    "401": "The token is missing or wrong. Do not retry.",
    "403": "The sender is not named, not known, or not the one of the token. Do not retry.",
    "404": "The version of the model is not known. Do not retry.",
    "406": "None of the accepted types is offered. Do not retry.",
    "408": "The body came too slowly. Retry.",
    "413": "The input is larger, or deeper, than the limit. Do not retry.",
    "414": "The address is too long. Do not retry.",
    "415": "The type of the body is not supported. Do not retry.",
    "422": "Read, but cannot be converted: the findings say why, and what to do. Do not retry.",
    "429": "Too many inputs wait, or too many connections. Retry after the time in Retry-After.",
    "431": "The headers are too large. Do not retry.",
    "500": "A fault of the service; quote X-Request-Id. Do not retry.",
    "503": "Starting, stopping, or a worker was lost. Retry after the time in Retry-After.",
}


_ALWAYS = ("400", "401", "403", "414", "429", "431", "503")
"""Failures that every address knows."""
_SENDER = {
    "name": "Imgda-Sender",
    "in": "header",
    "description": "Whose settings hold; the token of a sender says it too.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"},
}


def describe(options: Options) -> dict[str, Any]:
    """The description of a service with these options."""
    guard: dict[str, Any] = {"security": [{"token": []}]} if options.senders.tokens else {}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "imgda-bridge",
            "version": VERSION,
            "description": "Converts French imaging orders between FHIR and CDA (CI-SIS IMG-DA-IMG).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        **guard,
        "paths": {**{endpoint.path: {"post": _conversion(endpoint, options)} for endpoint in ENDPOINTS}, **_ABOUT},
        "components": {
            "headers": {name: {"description": text, **schema} for name, (text, schema) in _HEADERS.items()},
            "responses": {f"Failure{status}": _failure(text) for status, text in _FAILURES.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _conversion(endpoint: Endpoint, options: Options) -> dict[str, Any]:
    return {
        "operationId": endpoint.path.strip("/$").replace("-", "_"),
        "summary": endpoint.summary,
        "description": f"A body has at most {options.senders.body_bytes} bytes. Codes of the findings: /issues.",
        "parameters": [
            *(
                {"name": name, "in": "query", **_parameter(name, endpoint)}
                for name in (*sorted(endpoint.options), "lang", "_format")
            ),
            *([_SENDER] if options.senders.are_named else []),
        ],
        "requestBody": {"required": True, "content": {kind: _content(kind) for kind in endpoint.takes}},
        "responses": {
            "200": {
                "description": "Done. Warnings are counted in the headers, and told in the JSON forms.",
                "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS},
                "content": {kind: _content(kind) for kind in endpoint.offers},
            },
            **{status: {"$ref": f"#/components/responses/Failure{status}"} for status in _FAILURES},
        },
    }


def _parameter(name: str, endpoint: Endpoint) -> dict[str, Any]:
    if name == "lang":
        schema: dict[str, Any] = {"type": "string", "enum": ["fr", "en"]}
        return {"description": "Language of the findings; goes before Accept-Language.", "schema": schema}
    if name == "_format":
        return {
            "description": "Type of the answer; goes before Accept.",
            "schema": {"type": "string", "enum": list(endpoint.offers)},
        }
    option = endpoint.options[name]
    schema = {"type": "boolean" if option.is_flag else "string"}
    if name == "model":
        schema |= {"enum": list(models()), "default": DEFAULT_MODEL}
    elif option.codes:
        schema |= {"enum": list(option.codes)}
    return {"description": option.says, "schema": schema}


def _content(kind: str) -> dict[str, Any]:
    return {"schema": _JSON if kind.endswith("json") else {"type": "string"}}


def _failure(text: str) -> dict[str, Any]:
    return {
        "description": text,
        "headers": {"Imgda-Retryable": {"$ref": "#/components/headers/Imgda-Retryable"}},
        "content": {
            FHIR_JSON: {"schema": {"type": "object", "required": ["resourceType", "issue"]}},
            PROBLEM: {"schema": {"type": "object", "required": ["type", "title", "status"]}},
        },
    }


def _get(summary: str, kind: str = "application/json", **more: Any) -> dict[str, Any]:
    failures = {status: {"$ref": f"#/components/responses/Failure{status}"} for status in _ALWAYS}
    responses = {"200": {"description": summary, "content": {kind: _content(kind)}}, **failures}
    return {"get": {"summary": summary, "responses": {**responses, **more.pop("responses", {})}, **more}}


_CODE = {"name": "code", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^(IMGDA-)?[0-9]{4}$"}}
_UNKNOWN = {"404": {"$ref": "#/components/responses/Failure404"}}

_PAGE = {"200": {"description": "What this is.", "content": {kind: _content(kind) for kind in ("application/json", "text/html")}}}
_UNACCEPTABLE = {"406": {"$ref": "#/components/responses/Failure406"}}

_ABOUT: Mapping[str, Any] = {
    "/": _get("What this is, and its addresses.", responses={**_PAGE, **_UNACCEPTABLE}),
    "/metadata": _get("CapabilityStatement.", FHIR_JSON),
    "/OperationDefinition/imgda-convert": _get("OperationDefinition of $imgda-convert.", FHIR_JSON),
    "/models": _get("Versions of the model, of the program and of its mapping."),
    "/issues": _get("Every finding that the bridge can make."),
    "/issues/{code}": _get("One finding: what it means, what to do.", parameters=[_CODE], responses=_UNKNOWN),
    "/healthz": _get("The process is alive."),
    "/readyz": _get("A sample was converted."),
    "/metrics": _get("Counters for Prometheus.", "text/plain"),
    "/openapi.json": _get("This description."),
}
"""The addresses that tell something of the service."""
