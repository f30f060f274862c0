"""What the service says to who opens its first page: what it is, and where everything stands. Source: docs/http.md."""

from __future__ import annotations

from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from bridge.findings.issues import Language
from bridge.run.server.calls import refused
from bridge.run.server.conversions import ENDPOINTS, PAGE_POLICY
from bridge.run.server.negotiation import choose
from bridge.run.workers.versions import VERSION
from bridge.tables.shipped import models

__all__ = ["welcome"]

_FORMS = ("application/json", "text/html")
_WHAT: dict[Language, str] = {
    "fr": "Convertit les demandes d'actes d'imagerie entre FHIR et CDA (volet IMG-DA-IMG du CI-SIS).",
    "en": "Converts French imaging orders between FHIR and CDA (CI-SIS IMG-DA-IMG).",
}
_ABOUT: dict[str, dict[Language, str]] = {
    "/openapi.json": {
        "fr": "La description de chaque adresse (OpenAPI 3.1).",
        "en": "The description of every address (OpenAPI 3.1).",
    },
    "/metadata": {"fr": "CapabilityStatement.", "en": "CapabilityStatement."},
    "/OperationDefinition/imgda-convert": {
        "fr": "L'opération $imgda-convert et ses paramètres.",
        "en": "The operation $imgda-convert and its parameters.",
    },
    "/issues": {"fr": "Chaque constat : ce qu'il veut dire, que faire.", "en": "Every finding: what it means, what to do."},
    "/models": {"fr": "Les versions du modèle et du programme.", "en": "The versions of the model and of the program."},
    "/readyz": {"fr": "Un exemple se convertit-il ?", "en": "Whether a sample converts."},
    "/metrics": {"fr": "Compteurs pour Prometheus.", "en": "Counters for Prometheus."},
}
_LABELS: dict[Language, tuple[str, str, str]] = {
    "fr": ("Envoyer (POST)", "Lire", "Essayer"),
    "en": ("Send (POST)", "Read", "Try"),
}


def welcome(request: Request, language: Language) -> Response:
    """The first page, as JSON, or as HTML for a browser. Raises a refusal 406."""
    accepted = ", ".join(request.headers.getlist("accept")) or "*/*"
    kind = choose(accepted, request.query_params.get("_format"), _FORMS)
    if kind is None:
        raise refused(406, "IMGDA-1802", expected=", ".join(_FORMS))
    about = _about(str(request.base_url).rstrip("/"), language)
    if kind == "application/json":
        return JSONResponse(about)
    return HTMLResponse(_page(about, language), headers={"content-security-policy": PAGE_POLICY})


def _about(base: str, language: Language) -> dict[str, Any]:
    sent = [
        {"method": "POST", "path": known.path, "takes": list(known.takes), "says": known.says[language]} for known in ENDPOINTS
    ]
    read = [{"method": "GET", "path": path, "says": says[language]} for path, says in _ABOUT.items()]
    return {
        "name": "imgda-bridge",
        "version": VERSION,
        "says": _WHAT[language],
        "models": list(models()),
        "documentation": f"{base}/openapi.json",
        "addresses": [*sent, *read],
    }


def _page(about: dict[str, Any], language: Language) -> str:
    send, read, attempt = _LABELS[language]
    rows = {"POST": "", "GET": ""}
    for known in about["addresses"]:
        path = escape(known["path"])
        shown = f'<a href="{path}">{path}</a>' if known["method"] == "GET" else f"<code>{path}</code>"
        rows[known["method"]] += f"<tr><td>{shown}</td><td>{escape(known['says'])}</td></tr>"
    example = "curl --data-binary @order.json -H 'Content-Type: application/fhir+json' " + about["documentation"].replace(
        "/openapi.json", "/convert"
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>imgda-bridge</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><style>'
        "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}td{padding:.2rem 1rem .2rem 0;"
        "vertical-align:top}pre{overflow-x:auto}</style></head><body>"
        f"<h1>imgda-bridge {escape(about['version'])}</h1><p>{escape(about['says'])} IMG-DA-IMG {', '.join(about['models'])}.</p>"
        f"<h2>{send}</h2><table>{rows['POST']}</table><h2>{read}</h2><table>{rows['GET']}</table>"
        f"<h2>{attempt}</h2><pre>{escape(example)}</pre></body></html>"
    )
