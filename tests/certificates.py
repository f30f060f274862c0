"""Certificates for the tests of TLS, made by openssl for the time of one test."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key. Skips the test where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    key, found = folder / f"{name}-key.pem", folder / f"{name}-cert.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1".split()
    subprocess.run([*command, "-keyout", key, "-out", found], check=True, capture_output=True)
    return found, key
