"""Work in the background: one at a time, with its progress; it ends with a result or a failure, or is stopped."""

from threading import Event

import pytest

from console.exchange import Refused
from console.job import Job, Progress
from tests.support.fakes import until_now


def test_a_job_shows_how_far_it_is_and_gives_its_result() -> None:
    job, go = Job[str](), Event()

    def work(show: Progress) -> str:
        show(2, 5)
        go.wait()
        return "done"

    job.start(work)
    until_now(lambda: job.all == 5)
    assert (job.running, job.done, job.result) == (True, 2, None)
    go.set()
    until_now(lambda: not job.running)
    assert (job.result, job.failure, job.stopped) == ("done", "", False)


def test_a_second_job_waits_for_nobody_and_does_not_start() -> None:
    job, go, second = Job[object](), Event(), Event()
    job.start(lambda _: go.wait())
    job.start(lambda _: second.set())
    assert job.running
    go.set()
    until_now(lambda: not job.running)
    assert not second.is_set()


def test_a_job_that_is_stopped_ends_at_its_next_step() -> None:
    job = Job[None]()

    def work(show: Progress) -> None:
        while True:
            show(1, 2)

    job.start(work)
    until_now(lambda: job.all == 2)
    job.stop()
    until_now(lambda: not job.running)
    assert job.stopped
    assert job.result is None


@pytest.mark.parametrize("error", [Refused("no copy"), OSError("no copy")])
def test_a_job_that_fails_says_why_and_the_next_one_forgets_it(error: Exception) -> None:
    job = Job[int]()

    def work(_: Progress) -> int:
        raise error

    job.start(work)
    until_now(lambda: not job.running)
    assert job.failure == "no copy"
    job.start(lambda _: 1)
    until_now(lambda: not job.running)
    assert (job.failure, job.result) == ("", 1)
