"""An event that cannot be applied stands aside with its aggregate, and nothing else waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest
from sqlalchemy import update

from gateway.events import Aggregate, Event, Position, SnapshotPage
from gateway.projections import bookkeeping
from gateway.projections.policy import Policy
from gateway.projections.projector import Projector, TooManyLetters
from gateway.projections.transaction import Row
from tests.unit.projections.plain import PlainWriter
from tests.unit.projections.shelf import Shelf, batch, changed, event, events, made

NAMES = bookkeeping.letters.columns.keys()


class Rig:
    """A projector whose clock the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.shelf = Shelf()
        self.writer = PlainWriter(self.shelf.projection)
        self.open()
        for stream in ("people", "stock"):
            self.projector.begin(stream, {stream: Position("", 0)})

    def open(self, *, max_parked: int = 100) -> None:
        """As another process does that takes over."""
        policy = Policy(max_parked=max_parked)
        self.projector = Projector(
            self.shelf.projection, self.writer, policy, clock=lambda: self.now, jitter=lambda: 1.0
        )

    def tell(self, *told: Event, stream: str = "stock") -> None:
        self.projector.apply(stream, stream, batch(told))

    def letters(self) -> list[Row]:
        return [dict(zip(NAMES, row, strict=True)) for row in self.writer.rows(bookkeeping.letters)]

    def states(self) -> dict[tuple[str, int], str]:
        return {(row["subject"], row["version"]): row["state"] for row in self.letters()}

    def mark(self, mark: str, subject: str, reason: str = "") -> None:
        letters = bookkeeping.letters
        with self.writer.transaction() as tx:
            tx.run(update(letters).where(letters.c.subject == subject).values(mark=mark, reason=reason))

    def things(self) -> dict[str, str]:
        """Histories by id."""
        return {row[0]: row[-1] for row in self.writer.tables()["things"]}

    def wait_until_dead(self) -> list[float]:
        """Attend whenever a letter is due. Gives when."""
        times: list[float] = []
        while (due := self.projector.attend().next_at) is not None:
            self.now = due
            times.append(due)
        return times


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.writer.close()


POISONED = events(
    ("t1", made()), ("t2", made()), ("t1", changed("bad")), ("t2", changed("a")), ("t1", changed("b")),
    ("t2", changed("c")),
)  # fmt: skip


def test_a_poisonous_event_is_tried_four_times_with_growing_gaps(rig: Rig) -> None:
    """One and three attempts, no more, and what its handler had written is undone."""
    rig.shelf.broken = {"bad"}
    rig.tell(*POISONED)
    assert rig.shelf.calls.count(("t1", 2)) == 1
    times = [1000.0, *rig.wait_until_dead()]
    assert [after - before for before, after in pairwise(times)] == [1.0, 2.0, 4.0]
    assert rig.shelf.calls.count(("t1", 2)) == 4
    assert rig.states() == {("t1", 2): "dead", ("t1", 3): "waiting"}
    rig.now += 1e6
    rig.projector.attend()
    assert rig.shelf.calls.count(("t1", 2)) == 4
    assert rig.things()["t1"] == "made"


def test_only_its_own_aggregate_waits(rig: Rig) -> None:
    rig.shelf.broken = {"bad"}
    rig.tell(*POISONED)
    assert rig.things() == {"t1": "made", "t2": "made,a,c"}
    rig.tell(event(*_changed("t2", 4, "d"), position=7))
    assert rig.things()["t2"] == "made,a,c,d"
    assert rig.projector.positions()["stock"].number == 7


def test_attempts_are_shaken(rig: Rig) -> None:
    """Those of many events must not come all at once."""
    rig.projector = Projector(rig.shelf.projection, rig.writer, Policy(), clock=lambda: rig.now)
    rig.shelf.broken = {"bad"}
    rig.tell(*[each for n in range(20) for each in events((f"x{n}", made()), (f"x{n}", changed("bad")), first=n * 2)])
    waits = {row["retry_at"] - rig.now for row in rig.letters()}
    assert len(waits) > 10
    assert all(0.9 <= wait <= 1.1 for wait in waits)


def test_a_letter_tells_what_failed_but_no_data(rig: Rig) -> None:
    rig.shelf.broken = {"bad"}
    rig.tell(*POISONED)
    failed = rig.letters()[0]
    assert failed["error"].startswith("Broken at shelf.py:")
    assert "secret" not in failed["error"]


def test_data_of_another_shape_is_set_aside(rig: Rig) -> None:
    told = events(("t1", made()), ("t1", ("thing.changed.v1", {"status": 7})), ("t2", made()))
    rig.tell(*told)
    (letter,) = rig.letters()
    assert (letter["state"], letter["error"]) == ("retrying", "data does not fit its type at $.status")
    assert set(rig.things()) == {"t1", "t2"}


def test_data_that_is_not_json_is_set_aside(rig: Rig) -> None:
    """In its own letter, tried as often as any other."""
    rig.tell(event("thing.made.v2", "t1", 1, b"\xff{", 1), *events(("t2", made()), first=2))
    assert rig.letters()[0]["error"] == "data is not JSON"
    assert len(rig.wait_until_dead()) == 3
    assert rig.states() == {("t1", 1): "dead"}
    assert set(rig.things()) == {"t2"}


def test_a_retry_with_a_mended_handler_leaves_nothing_behind(rig: Rig) -> None:
    rig.shelf.broken = {"bad"}
    rig.tell(*POISONED)
    rig.wait_until_dead()
    rig.shelf.broken = set()
    rig.mark("retry", "t1")
    rig.projector.attend()
    assert rig.letters() == []
    assert rig.things() == {"t1": "made,bad,b", "t2": "made,a,c"}
    rig.tell(event(*_changed("t1", 4, "z"), position=7))
    assert rig.things()["t1"] == "made,bad,b,z"


def test_a_retry_in_vain_counts_its_attempts_anew(rig: Rig) -> None:
    rig.shelf.broken = {"bad"}
    rig.tell(*POISONED)
    rig.wait_until_dead()
    rig.mark("retry", "t1")
    rig.projector.attend()
    assert rig.letters()[0]["attempts"] == 1
    assert len(rig.wait_until_dead()) == 3
    assert rig.shelf.calls.count(("t1", 2)) == 8


def test_a_handler_that_mends_itself_needs_nobody(rig: Rig) -> None:
    rig.shelf.broken = {"bad"}
    rig.tell(*POISONED)
    rig.shelf.broken = set()
    rig.wait_until_dead()
    assert rig.letters() == []
    assert rig.things()["t1"] == "made,bad,b"


def test_skipping_passes_over_one_event_and_keeps_a_record_without_data(rig: Rig) -> None:
    rig.shelf.broken = {"bad"}
    rig.tell(*POISONED)
    rig.wait_until_dead()
    rig.mark("skip", "t1", "known mistake")
    rig.projector.attend()
    assert rig.things()["t1"] == "made,b"
    (record,) = rig.letters()
    assert (record["state"], record["reason"], record["event"]) == ("skipped", "known mistake", "")
    rig.tell(POISONED[2])
    assert rig.states() == {("t1", 2): "skipped"}
    assert rig.things()["t1"] == "made,b"


def test_a_second_failure_behind_the_first_is_an_event_of_its_own(rig: Rig) -> None:
    rig.shelf.broken = {"bad", "b"}
    rig.tell(*POISONED)
    rig.shelf.broken = {"b"}
    rig.mark("retry", "t1")
    rig.projector.attend()
    assert rig.states() == {("t1", 3): "retrying"}
    assert rig.letters()[0]["attempts"] == 1


def test_early_ones_wait_behind_a_failure(rig: Rig) -> None:
    first, second, third = events(("t1", made()), ("t1", changed("bad")), ("t1", changed("b")))
    rig.shelf.broken = {"bad"}
    rig.tell(third)
    assert rig.states() == {("t1", 3): "early"}
    rig.tell(first, second)
    assert rig.states() == {("t1", 2): "retrying", ("t1", 3): "waiting"}


def test_duplicates_of_letters_change_nothing(rig: Rig) -> None:
    rig.shelf.broken = {"bad"}
    rig.tell(*POISONED)
    before = rig.letters()
    rig.now += 0.5
    rig.tell(*POISONED)
    assert rig.letters() == before


def test_another_owner_goes_on_with_the_letters(rig: Rig) -> None:
    """Attempts that were made count, and the aggregate stays where it is."""
    rig.shelf.broken = {"bad"}
    rig.tell(*POISONED)
    rig.open()
    rig.tell(event(*_changed("t1", 4, "z"), position=7))
    assert rig.states() == {("t1", 2): "retrying", ("t1", 3): "waiting", ("t1", 4): "waiting"}
    assert len(rig.wait_until_dead()) == 3


def test_with_too_many_letters_it_stops(rig: Rig) -> None:
    """Nothing of the batch is kept, and nothing lost: it is read again when there is room."""
    rig.open(max_parked=3)
    rig.shelf.broken = {"bad"}
    told = [each for n in range(5) for each in events((f"x{n}", made()), (f"x{n}", changed("bad")), first=n * 2 + 1)]
    rig.tell(*told[:6])
    with pytest.raises(TooManyLetters, match="dead-letters"):
        rig.tell(*told[6:])
    assert len(rig.letters()) == 3
    assert rig.projector.positions()["stock"].number == 6
    rig.shelf.broken = set()
    rig.wait_until_dead()
    rig.tell(*told[6:])
    assert (len(rig.things()), rig.letters()) == (5, [])


def test_what_is_erased_is_erased_from_letters_too(rig: Rig) -> None:
    """At once, though an event before it fails: nobody has to mend anything first."""
    told = events(
        ("o1", ("owner.named.v1", {"name": 7, "note": "Ada Lovelace"})),
        ("o1", ("owner.named.v1", {"name": "Ada Lovelace"})),
        ("o2", ("owner.named.v1", {"name": "Bob"})),
    )
    rig.tell(*told, stream="people")
    assert "Ada" in "".join(row["event"] for row in rig.letters())
    rig.tell(event("owner.erased.v1", "o1", 3, {"id": "o1"}, 4), stream="people")
    assert rig.letters() == []
    rig.tell(*told, stream="people")
    assert rig.letters() == []
    assert [row[1] for row in rig.writer.tables()["owners"]] == ["Bob"]


def test_an_erasure_that_comes_early_is_not_parked(rig: Rig) -> None:
    told = events(("o1", ("owner.named.v1", {"name": "Ada"})), ("o1", ("owner.named.v1", {"name": "Eve"})))
    rig.tell(told[0], stream="people")
    rig.tell(event("owner.erased.v1", "o1", 3, {"id": "o1"}, 3), stream="people")
    rig.tell(told[1], stream="people")
    assert rig.letters() == []
    assert rig.writer.tables()["owners"] == []


def test_a_newer_state_replaces_letters(rig: Rig) -> None:
    """A repair brings what they would have brought; those behind it are applied."""
    rig.shelf.broken = {"bad"}
    rig.tell(*POISONED)
    state = Aggregate("t1", 2, _raw(b'{"owner":"o1","amount":5,"status":"bad","history":"fetched"}'))
    rig.projector.repair("stock", ["t1"], SnapshotPage([state], Position("h", 6), None))
    assert rig.letters() == []
    assert rig.things()["t1"] == "fetched,b"


def test_a_letter_behind_a_repair_that_went_back_is_early_again(rig: Rig) -> None:
    """A service was restored to before it. Nobody tries it until those between have come."""
    rig.shelf.broken = {"c"}
    rig.tell(*events(("t1", made()), ("t1", changed("a")), ("t1", changed("b")), ("t1", changed("c"))))
    state = Aggregate("t1", 1, _raw(b'{"owner":"o1","amount":5,"status":"made","history":"restored"}'))
    rig.projector.repair("stock", ["t1"], SnapshotPage([state], Position("h", 4), None))
    rig.now += 100
    rig.projector.attend()
    assert rig.states() == {("t1", 4): "early"}
    assert rig.projector.attend().next_at is None
    assert rig.things()["t1"] == "restored"


def _changed(subject: str, version: int, status: str) -> tuple[str, str, int, object]:
    type, data = changed(status)
    return type, subject, version, data


def _raw(data: bytes) -> msgspec.Raw:
    return msgspec.Raw(data)
