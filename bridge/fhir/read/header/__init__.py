"""The administrative half of an order: document, requester, participants, context of care."""
