"""FHIR on its side of the order: read into an :class:`bridge.order.Order`, and written from one. Knows nothing of CDA."""
