"""The attack corpus against a gateway process, and that its judgement would see each kind of harm."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.hostile.attacks.__main__ import attacked_gateway
from tests.hostile.attacks.attack import Attack, Family, post
from tests.hostile.attacks.corpus import CORPUS
from tests.hostile.attacks.families import FAMILIES
from tests.hostile.attacks.gauge import Gauge, Reading
from tests.hostile.attacks.verdict import Growth, grow, judge, judge_shot

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CPU and memory of a process are read from /proc")

HARMLESS = Reading(400, b'{"errors": []}', cpu_s=0.001, grown_bytes=0, health_s=0.001, logged="")
ATTACK = Attack("x", "x", (post({"query": "{ x }"}),))


@pytest.fixture(scope="module")
def gauge() -> Iterator[Gauge]:
    """Of a gateway as configured for the demo, over a small shop."""
    with attacked_gateway() as found:
        yield found


def test_the_corpus_is_large_and_each_attack_says_what_it_tries() -> None:
    """At least 60 attacks; all names different, so that a fault can be found."""
    assert len(CORPUS) >= 60
    assert len({attack.name for attack in CORPUS}) == len(CORPUS)
    assert all(attack.tries and attack.shots for attack in CORPUS)
    ways = {shot.way for attack in CORPUS for shot in attack.shots}
    assert {"POST", "GET", "explorer", "page"} <= ways


def test_no_attack_does_harm(gauge: Gauge) -> None:
    """No 5xx, no traceback, at most 0.3 CPU seconds and 20 MB each, health checks answered within 250 ms meanwhile."""
    verdicts = list(judge(CORPUS, gauge))
    faults = [f"{found.attack.name} by {found.shot.way}: {fault}" for found in verdicts for fault in found.faults]
    assert faults == []
    # Proof that they got through to what they attack: some are answered, most are refused, none by a busy server.
    statuses = [verdict.reading.status for verdict in verdicts]
    assert statuses.count(200) > 50
    assert sum(status in (400, 404, 405, 406, 413, 414, 415, 431) for status in statuses) > 100
    assert set(statuses) <= {200, 400, 404, 405, 406, 413, 414, 415, 431}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_twice_the_size_costs_at_most_two_and_a_half_times_as_much(family: Family, gauge: Gauge) -> None:
    """Whatever a client sends, the work for it grows with its length."""
    assert grow(family, gauge).faults == ()


@pytest.mark.parametrize(
    ("reading", "fault"),
    [
        (replace(HARMLESS, status=500), "status 500"),
        (replace(HARMLESS, status=0), "no answer"),
        (replace(HARMLESS, answer=b'{"errors": [{"message": "Traceback (most"}]}'), "a traceback in the answer"),
        (replace(HARMLESS, answer=b'{"errors": "INTERNAL_SERVER_ERROR"}'), "an internal error in the answer"),
        (replace(HARMLESS, logged='{"event": "request failed"}'), "a failure of our own in the log"),
        (replace(HARMLESS, logged="Traceback (most recent call last)"), "a failure of our own in the log"),
        (replace(HARMLESS, cpu_s=0.31), "0.31 CPU seconds, at most 0.3"),
        (replace(HARMLESS, grown_bytes=21_000_000), "2.1e+07 bytes of memory, at most 2e+07"),
        (replace(HARMLESS, health_s=0.26), "0.26 seconds for a health check, at most 0.25"),
        (replace(HARMLESS, logged="x" * 2001), "2e+03 bytes logged, at most 2e+03"),
        (replace(HARMLESS, answer=b"x" * 100_001), "1e+05 bytes answered to a bad request, at most 1e+05"),
    ],
)
def test_each_kind_of_harm_is_seen(reading: Reading, fault: str) -> None:
    """The judgement is what the corpus rests on."""
    assert judge_shot(ATTACK, ATTACK.shots[0], lambda: reading).faults == (fault,)
    assert judge_shot(ATTACK, ATTACK.shots[0], lambda: HARMLESS).faults == ()


def test_a_budget_is_exceeded_only_when_it_is_exceeded_every_time() -> None:
    """Another program's turn on the machine is not the gateway's fault; a status of 500 is, once."""
    slow = replace(HARMLESS, health_s=1.0)
    readings = iter([slow, slow, HARMLESS])
    assert judge_shot(ATTACK, ATTACK.shots[0], lambda: next(readings)).faults == ()
    failures = iter([replace(HARMLESS, status=500), HARMLESS])
    assert judge_shot(ATTACK, ATTACK.shots[0], lambda: next(failures)).faults == ("status 500",)


@pytest.mark.parametrize(
    ("costs_s", "harmful"),
    [
        ((0.01, 0.02, 0.04, 0.08), False),
        ((0.01, 0.02, 0.09, 0.09), False),
        ((0.01, 0.04, 0.16, 0.64), True),
        ((0.0001, 0.0004, 0.0016, 0.0064), False),
        ((0.02, 0.06, 0.18, 0.54), True),
    ],
)
def test_growth_is_judged_by_all_sizes_together(costs_s: tuple[float, ...], harmful: bool) -> None:
    """A square grows by four for each doubling, noise by anything, once."""
    assert bool(Growth(FAMILIES[0], costs_s).faults) == harmful


def test_work_inside_a_request_is_measured(gauge: Gauge) -> None:
    """A question with an answer costs CPU of the process; so the figures above are not those of an idle one."""
    reading = gauge.fire(post({"query": "{ orders(first: 200) { id customer { name } } }"}))
    assert reading.status == 200
    assert b'"customer"' in reading.answer
    assert reading.cpu_s > 0.001
