"""Tries the service against its own description: ``python benchmarks/fuzz.py [--examples 200]``.

Starts ``imgda serve`` on a free port of loopback and runs schemathesis on its ``/openapi.json``; everything after ``--`` goes to
schemathesis. Needs ``pip install -e '.[fuzz]'``. ``positive_data_acceptance`` is left out: no schema describes a whole order.
The exit code is that of schemathesis, or 1 when the service ends otherwise than it was told to.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from load import start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("more", nargs="*", help="arguments for schemathesis")
    arguments = parser.parse_args()
    server, port = start(arguments.workers)
    command = [
        *("schemathesis", "run", f"http://127.0.0.1:{port}/openapi.json"),
        *("--checks", "all", "--exclude-checks", "positive_data_acceptance"),
        *("--max-examples", str(arguments.examples)),
        *arguments.more,
    ]
    try:
        found = subprocess.run(command, check=False).returncode
    finally:
        server.terminate()
        code = server.wait()
    sys.exit(found or bool(code))


if __name__ == "__main__":
    main()
