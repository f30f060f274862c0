"""From bytes to FHIR that keeps its structure."""
