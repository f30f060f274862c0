"""Extensions that are read and written alike.

Source: HL7 extensions pack; docs/fhir.md, 2.6, for our own.
"""

__all__ = ["ADDITIONAL_NAME", "EFFECTIVE", "FURTHER_IDENTIFIER", "NAME_QUALIFIER", "REPLACED_VERSION"]

_OWN = "https://example.org/fhir/img-da/StructureDefinition"
EFFECTIVE = f"{_OWN}/effective"
"""Extension with the time of an answer that is no Observation, such as an orderDetail; no guide has one (docs/fhir.md, 2.6)."""
REPLACED_VERSION = f"{_OWN}/replaced-version"
"""Extension of relatesTo with the version of the document replaced; R4 has no element for it."""
FURTHER_IDENTIFIER = f"{_OWN}/further-identifier"
"""Extension of a Reference by identifier with another identifier of the same thing."""
NAME_QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"
"""Extension of the parts of a HumanName that tells birth names from used ones (HL7 extensions pack)."""
ADDITIONAL_NAME = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Patient.contact.additionalName"
"""Patient.contact has room for one name in R4 (FHIR R5, Patient.contact.additionalName)."""
