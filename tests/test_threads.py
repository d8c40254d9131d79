"""Work over threads: each part once, the same result for every number of threads, errors and forks survived."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest

from tlbench.io import threads


@pytest.fixture(params=[1, 2, 5])
def eager(request, monkeypatch):
    """So many threads, which share even the smallest work, whatever the machine has."""
    monkeypatch.setattr(threads, "thread_count", lambda: request.param)
    monkeypatch.setattr(threads, "_most_threads", lambda: request.param)
    monkeypatch.setattr(threads, "WORTHWHILE", -1.0)
    threads._pool.cache_clear()
    yield request.param
    threads._pool().shutdown()
    threads._pool.cache_clear()


def count_rows(first: int, step: int, out: np.ndarray) -> None:
    """Add one to each of the rows."""
    out[first::step] += 1


@pytest.mark.parametrize("n_rows", [0, 1, 2, 3, 63, 64, 65, 1000])
@pytest.mark.parametrize("worthwhile", [-1.0, np.inf])
def test_over_rows_does_every_row_once(eager, n_rows, worthwhile, monkeypatch):
    monkeypatch.setattr(threads, "WORTHWHILE", worthwhile)
    out = np.zeros(n_rows, dtype=np.int64)
    threads.over_rows(count_rows, n_rows, out)
    assert (out == 1).all()


@pytest.mark.parametrize("pays_after", range(1, 8))
def test_over_rows_does_every_row_once_whenever_sharing_begins_to_pay(monkeypatch, pays_after):
    """The clock stands still until some calls are made, so that the rest is shared from there on."""
    calls = []
    monkeypatch.setattr(threads, "thread_count", lambda: 2)
    monkeypatch.setattr(time, "thread_time", lambda: 0.0 if len(calls) < pays_after else 10.0)
    out = np.zeros(130, dtype=np.int64)

    def kernel(first: int, step: int) -> None:
        calls.append(first)
        out[first::step] += 1

    threads.over_rows(kernel, 130)
    assert (out == 1).all()


@pytest.mark.parametrize("heavy", [False, True])
@pytest.mark.parametrize("n_parts", [0, 1, 2, 100])
def test_in_threads_does_every_part_once(eager, n_parts, heavy):
    done = []
    threads.in_threads(done.append, iter(range(n_parts)), heavy=heavy)
    assert sorted(done) == list(range(n_parts))


def test_parts_run_at_the_same_time_on_as_many_threads_as_are_allowed(monkeypatch):
    monkeypatch.setattr(threads, "thread_count", lambda: 2)
    meet, met = threading.Barrier(2, timeout=10), []
    threads.in_threads(lambda part: met.append(meet.wait()), range(4), heavy=True)
    assert sorted(met) == [0, 0, 1, 1]


def test_small_work_stays_on_the_calling_thread(monkeypatch):
    monkeypatch.setattr(threads, "thread_count", lambda: 2)
    monkeypatch.setattr(threads, "WORTHWHILE", np.inf)
    where = set()
    threads.in_threads(lambda part: where.add(threading.get_ident()), range(1000))
    assert where == {threading.get_ident()}


def test_threads_are_kept(eager):
    names = set()

    def work(part: int) -> None:
        names.add(threading.current_thread().name)
        time.sleep(0.001)

    for _ in range(20):
        threads.in_threads(work, range(8), heavy=True)
    assert len(names) <= eager


def test_work_inside_work_stays_on_its_thread_and_ends(eager):
    done = []

    def outer(part: int) -> None:
        here = threading.get_ident()

        def inner(piece: int) -> None:
            done.append((part, piece, threading.get_ident() == here))

        threads.in_threads(inner, range(3), heavy=True)

    threads.in_threads(outer, range(10), heavy=True)
    assert sorted(done) == [(part, piece, True) for part in range(10) for piece in range(3)]


def test_an_error_is_raised_and_leaves_out_what_nobody_has_begun(eager):
    begun = []

    def work(part: int) -> None:
        begun.append(part)
        if part == 3:
            raise ValueError("part 3")
        time.sleep(0.001)

    with pytest.raises(ValueError, match="part 3"):
        threads.in_threads(work, range(1000), heavy=True)
    assert len(begun) < 1000
    done = []
    threads.in_threads(done.append, range(20), heavy=True)
    assert sorted(done) == list(range(20))


def test_many_callers_share_the_kept_threads(eager):
    found = [0] * 8

    def call(number: int) -> None:
        for _ in range(20):
            out = np.zeros(100, dtype=np.int64)
            threads.over_rows(count_rows, 100, out)
            found[number] += int(out.sum())

    callers = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert found == [2000] * 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own(eager):
    threads.in_threads(lambda part: None, range(10), heavy=True)
    child = os.fork()
    if child == 0:
        done: list[int] = []
        threads.in_threads(done.append, range(10), heavy=True)
        os._exit(0 if sorted(done) == list(range(10)) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_linear_algebra_is_bound_until_the_last_who_asked_has_ended():
    import scipy.linalg  # noqa: F401  (only libraries that are loaded are counted)
    from threadpoolctl import threadpool_info, threadpool_limits

    def blas_threads() -> set[int]:
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        first, second = threads.one_blas_thread(), threads.one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == before
