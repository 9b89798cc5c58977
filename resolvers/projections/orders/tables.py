"""What the projection keeps.

Names are in `customers` and `products` alone: giving somebody another name changes one row, and forgetting it one, too.
Orders have copies of what they are found and sorted by. All times are microseconds since 1970, all amounts cents.

Customers' summaries are kept here rather than in a projection of their own: that would read all orders a second time
and keep each order's total and status again, where here they cost a tenth of what applying an event costs.

An order may come before its customer or its products. Then these have rows without a name, and what comes later fills
in what the orders lack: until then their country or category is unknown, which is stored as "", so that it sorts.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

from gateway.projections.search import SearchTable

UNKNOWN = ""
ALL = "*"
"""Instead of a category: of orders as wholes."""

tables = MetaData()

# Bytewise, as Python and SQLite order texts: PostgreSQL would do as its database's language does.
_Word = Text().with_variant(Text(collation="C"), "postgresql")


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _word(name: str, *, primary_key: bool = False) -> Column[str]:
    return Column(name, _Word, nullable=False, primary_key=primary_key)


customers = Table(
    "customers",
    tables,
    _word("id", primary_key=True),
    # Its number in the full text; see numbers.py.
    Column("number", BigInteger, nullable=False),
    Column("name", Text),
    _word("country"),
    Index("customers_by_number", "number"),
    sqlite_with_rowid=False,
)

products = Table(
    "products",
    tables,
    _word("id", primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("name", Text),
    _word("category"),
    Index("products_by_number", "number"),
    sqlite_with_rowid=False,
)

# categories: a bit for each category of its products, see numbers.py. category: the first of them by the alphabet.
# items: JSON, for reading only.
order_views = Table(
    "order_views",
    tables,
    _word("id", primary_key=True),
    _word("customer_id"),
    _word("country"),
    _word("status"),
    _word("category"),
    Column("categories", Integer, nullable=False),
    _count("placed_at"),
    _count("total"),
    _word("currency"),
    Column("items", Text, nullable=False),
    Index("orders_by_country_time", "country", "status", "placed_at", "id", "categories", "total"),
    Index("orders_by_country_total", "country", "status", "total", "id", "categories", "placed_at"),
    Index("orders_by_time", "status", "placed_at", "id", "categories", "total"),
    Index("orders_by_total", "status", "total", "id", "categories", "placed_at"),
    Index("orders_by_category", "category", "status", "placed_at", "id", "categories", "total", "country"),
    Index("orders_by_customer", "customer_id", "placed_at", "id"),
    sqlite_with_rowid=False,
)

# Which orders hold a product; what they hold of it is in order_views.
order_items = Table(
    "order_items",
    tables,
    _word("order_id", primary_key=True),
    _word("product_id", primary_key=True),
    Index("items_by_product", "product_id", "order_id"),
    sqlite_with_rowid=False,
)

order_counts = Table(
    "order_counts",
    tables,
    _word("country", primary_key=True),
    _word("status", primary_key=True),
    _count("orders"),
    sqlite_with_rowid=False,
)

# Orders that hold something of a category; one is counted in each of its categories.
category_counts = Table(
    "category_counts",
    tables,
    _word("category", primary_key=True),
    _word("country", primary_key=True),
    _word("status", primary_key=True),
    _count("orders"),
    sqlite_with_rowid=False,
)

# Orders with exactly these categories; so one is counted once.
mix_counts = Table(
    "mix_counts",
    tables,
    Column("categories", Integer, primary_key=True, autoincrement=False),
    _word("country", primary_key=True),
    _word("status", primary_key=True),
    _count("orders"),
    sqlite_with_rowid=False,
)

# Without cancelled orders. Category ALL: an order is counted once; the others: once in each of its categories.
revenue = Table(
    "revenue",
    tables,
    _word("category", primary_key=True),
    _word("country", primary_key=True),
    # 2026-09, UTC.
    _word("month", primary_key=True),
    _count("revenue"),
    _count("pieces"),
    _count("orders"),
    sqlite_with_rowid=False,
)

# lifetime: what the customer's orders come to, without cancelled ones. Then how many there are in each status.
customer_summaries = Table(
    "customer_summaries",
    tables,
    _word("customer_id", primary_key=True),
    _count("lifetime"),
    _count("placed"),
    _count("confirmed"),
    _count("shipped"),
    _count("delivered"),
    _count("returned"),
    _count("cancelled"),
    sqlite_with_rowid=False,
)

customer_names = SearchTable("customer_names", ("name",))
product_names = SearchTable("product_names", ("name",))
