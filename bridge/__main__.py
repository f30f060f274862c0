"""``python -m bridge`` is ``imgda``."""

from bridge.cli import main

main(prog_name="imgda")
