"""What the tests share: fixtures, the official examples where they are, the official suites where they are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
sys.path.insert(0, str(TESTS))
sys.path.insert(0, str(ROOT / "benchmarks"))

REFERENCE = Path(os.environ.get("IMGDA_REFERENCE", ROOT.parent / "shared" / "reference"))
STORIES = sorted(path.parent for path in (ROOT / "fixtures").glob("*/bundle.*"))


def input_of(story: Path) -> Path:
    """The FHIR input of a fixture, JSON or XML."""
    return next(story.glob("bundle.*"))


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of the official examples and our samples."""
    if not REFERENCE.is_dir():
        pytest.skip(f"no reference documents: set IMGDA_REFERENCE (looked in {REFERENCE})")
    return REFERENCE
