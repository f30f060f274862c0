"""Reads CDA documents IMG-DA-IMG."""
