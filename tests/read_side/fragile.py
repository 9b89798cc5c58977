"""The ledger's projection, with a handler that one name is too much for; shop_log.py is the mended one."""

from __future__ import annotations

import os
import time

from gateway.projections.projection import Change, Projection
from gateway.projections.transaction import Transaction
from tests.chaos.ledger import shop_log
from tests.chaos.ledger.shop_log import CustomerData, OrderData, StatusData

POISON = "Robert'); DROP TABLE customers;--"
CALLS_VARIABLE = "READ_SIDE_CALLS"
"""Names a file, to which the time of each call with poison is added."""

projection = Projection(shop_log.NAME, version=1, tables=shop_log.tables, streams=("customers", "orders"))


@projection.on("customers", "customer.renamed.v1", CustomerData)
def renamed(change: Change[CustomerData], tx: Transaction) -> None:
    if change.data.name == POISON:
        with open(os.environ[CALLS_VARIABLE], "a") as calls:
            calls.write(f"{time.time()}\n")
        raise ValueError(change.data.name)
    shop_log.customer(change, tx)


projection.state("customers", CustomerData)(shop_log.customer)
projection.on("customers", "customer.registered.v1", CustomerData)(shop_log.customer)
projection.state("orders", OrderData)(shop_log.placed)
projection.on("orders", "order.placed.v1", OrderData)(shop_log.placed)
for type in ("order.confirmed.v1", "order.shipped.v1", "order.cancelled.v1"):
    projection.on("orders", type, StatusData)(shop_log.moved)
