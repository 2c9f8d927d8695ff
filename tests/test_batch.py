"""One call's end is never the others': errors and dying workers."""

from __future__ import annotations

import os

import pytest

from pipeline.batch import CrashError, run


def _work(job: str) -> str:
    if job == "bad":
        raise ValueError("no good")
    if job == "killer":
        os._exit(9)
    return job.upper()


@pytest.mark.parametrize("workers", [1, 2])
def test_each_job_is_accounted_for(workers: int) -> None:
    jobs = ["a", "bad", "b", "killer", "c", "d", "killer", "e"]
    done = list(run(jobs, _work, workers=workers))
    assert sorted(each.job for each in done) == sorted(jobs)
    assert {each.result for each in done if each.result} == {"A", "B", "C", "D", "E"}
    assert [type(each.error) for each in done if each.job == "bad"] == [ValueError]
    assert [type(each.error) for each in done if each.job == "killer"] == [CrashError, CrashError]


def test_no_jobs() -> None:
    assert list(run([], _work, workers=2)) == []
