"""No document, and no order read from one, carries another patient's data: the short version of benchmarks/threads.py."""

from __future__ import annotations

import sys

import threads


def test_eight_threads_with_forced_switches_never_mix_two_patients():
    interval = sys.getswitchinterval()
    assert threads.run(300, threads=8, distinct=24) == (300, 0)
    assert sys.getswitchinterval() == interval


def test_the_patients_of_the_measure_differ():
    source = (threads.ROOT / "fixtures" / "knee-radiograph" / "bundle.json").read_bytes()
    assert len(set(threads.patients(source, 10))) == 10
