"""``python -m bridge`` is ``imgda``."""

from bridge.cli import run

run()
