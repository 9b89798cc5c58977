"""A process that owns a generation, to be killed and put to sleep: `python -m owner WHERE PREFIX LEASE_S NUMBER`.

It says `ready`, does what it is told by lines, and answers each by one: `claim`, `write STATUS`, `begin STATUS` (and
stays within the transaction), `commit`, `renew`.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

from gateway.errors import BraidError
from gateway.projections.store import Writer
from gateway.projections.stores import open_store
from tests.unit.projections.stores.shop import order, orders, shop


def main(where: str, prefix: str, lease_s: float, number: int) -> None:
    store = open_store(where, prefix=prefix, lease_s=lease_s)
    (generation,) = [each for each in store.generations("orders") if each.number == number]
    writers: list[Writer] = []
    open_transaction = ExitStack()
    print("ready", flush=True)
    for line in sys.stdin:
        what, _, status = line.strip().partition(" ")
        try:
            match what:
                case "claim":
                    writers.append(store.writer(generation, shop(generation.version), "a process"))
                case "write":
                    with writers[0].transaction() as tx:
                        tx.put(orders, order(1, status))
                case "begin":
                    tx = open_transaction.enter_context(writers[0].transaction())
                    tx.put(orders, order(1, status))
                    tx.get(orders, "o-2")
                case "commit":
                    open_transaction.close()
                case "renew":
                    writers[0].renew()
                case _:
                    raise SystemExit(f"unknown: {what}")
            print("done", flush=True)
        except BraidError as error:
            print(error.code, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
