"""Law 6 in full: ``python benchmarks/law_6.py [KIND ...] [--share PART] [--show 20]``.

The kinds are those of tests/meaning_trials.py: ``modality``, ``site``, ``answer`` and ``concept`` put every row of a table or
value set as a second coding beside samples, in both orders; ``planted`` puts critical codes where they do not belong; ``words``
gives each code of each fixture the label of another concept; ``permuted`` shuffles the codings of each fixture. Prints for each
kind how many orders were tried and how many became something else than the tables say, with some of these. Exit code 1 if any.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def kinds() -> dict[str, Callable[[], Iterator[Callable[[], str | None]]]]:
    """For each kind its trials, each a call that gives a complaint or None."""
    tests, trials = import_module("conftest"), import_module("meaning_trials")
    stories = [source for story in tests.STORIES if (source := tests.input_of(story)).suffix == ".json"]

    def words() -> Iterator[Callable[[], str | None]]:
        return (trial.complaint for source in stories for trial in trials.wrong_words(source))

    def shuffled() -> Iterator[Callable[[], str | None]]:
        found = itertools.chain.from_iterable(trials.permuted(source, seeds=20) for source in stories)
        return (lambda case=case: trials.permuted_complaint(*case) for case in found)  # type: ignore[misc]

    second = {name: (lambda make=make: (trial.complaint for trial in make())) for name, make in trials.SECOND.items()}
    return {**second, "planted": lambda: (trial.complaint for trial in trials.planted()), "words": words, "permuted": shuffled}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = kinds()
    parser.add_argument("kind", nargs="*", help=f"{', '.join(known)} (default: all)")
    parser.add_argument(
        "--share", type=float, default=1.0, help="part of the trials of each kind, always the same (default: all)"
    )
    parser.add_argument("--show", type=int, default=20, help="how many complaints of a kind are printed")
    arguments = parser.parse_args()
    failed = 0
    for kind in arguments.kind or known:
        draw, start = random.Random(6), time.process_time()
        chosen = [trial for trial in known[kind]() if draw.random() < arguments.share]
        complaints = [complaint for trial in chosen if (complaint := trial())]
        failed += len(complaints)
        print(f"{kind}: {len(chosen)} tried, {len(complaints)} wrong, {time.process_time() - start:.0f} s")
        print(*(f"    {complaint}" for complaint in complaints[: arguments.show]), sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
