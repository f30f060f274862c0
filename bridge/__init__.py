"""FHIR ⇄ IMG-DA-IMG: converts French imaging orders between FHIR and the CI-SIS document *demande d'actes d'imagerie*.

>>> import bridge
>>> conversion = bridge.to_cda(open("bundle.json", "rb").read())        # doctest: +SKIP
>>> conversion.document                                                  # doctest: +SKIP
b'<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument …'
"""

from bridge.checks import Report, check
from bridge.checks.fhir import FhirReport, check_fhir
from bridge.convert import Bridge, to_cda, to_fhir
from bridge.findings.errors import BridgeError, OrderError, SettingsError, SourceError, StylesheetError
from bridge.findings.issues import Issue
from bridge.order import xml as order_xml  # noqa: F401 - documented
from bridge.results import Conversion, DocumentReading, FhirConversion, Normalization
from bridge.settings import Settings
from bridge.settings import load as load_settings
from bridge.tables.shipped import models
from bridge.version import __version__ as __version__
from bridge.views.paper.render import Rendering, render

__all__ = [
    "Bridge",
    "BridgeError",
    "Conversion",
    "DocumentReading",
    "FhirConversion",
    "FhirReport",
    "Issue",
    "Normalization",
    "OrderError",
    "Rendering",
    "Report",
    "Settings",
    "SettingsError",
    "SourceError",
    "StylesheetError",
    "check",
    "check_fhir",
    "load_settings",
    "models",
    "render",
    "to_cda",
    "to_fhir",
]
