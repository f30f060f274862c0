"""The datatypes of FHIR read into those of the order."""
