"""The shop's graph: one Strawberry federation module per REST service, each with an attribute `schema`.

Rules that keep the graph whole when a service is not:

* A type that another service owns appears here with its key and the fields that this service adds, and calls nobody.
* An entity's fields are nullable, all but its key, and so are root fields and references to other services' entities:
  whoever cannot answer nulls its own fields only. What comes with its parent from the same service (items, money,
  paging) is non-null.
* `orders` gives the first few as a plain list; `ordersConnection` pages through all of them. So for every list.
"""
