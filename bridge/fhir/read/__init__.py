"""FHIR read into the order."""
