"""Workers under supervision."""

from __future__ import annotations

import json
import subprocess

from bundles import order_of

from bridge.run.workers.pool import Pool
from bridge.run.workers.tasks import Task
from bridge.settings import Settings


def test_a_worker_that_could_not_be_started_is_started_later(monkeypatch):
    refusals = [OSError(24, "Too many open files"), OSError(12, "Cannot allocate memory")]
    started = subprocess.Popen

    def launch(*arguments, **options):
        if refusals:
            raise refusals.pop()
        return started(*arguments, **options)

    monkeypatch.setattr("bridge.run.workers.pool.subprocess.Popen", launch)
    pool = Pool(Settings(), 1)
    try:
        assert pool.submit(Task("to-cda", json.dumps(order_of()).encode())).result(timeout=60).output
        assert not refusals
    finally:
        pool.close()
