"""The medical data that travel beside a request."""
