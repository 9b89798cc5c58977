"""The services by name, with the port each listens on unless told otherwise. Adding a service adds a line."""

PORTS = {
    "customers": 7101,
    "catalog": 7102,
    "orders": 7103,
    "inventory": 7104,
    "payments": 7105,
    "support": 7106,
    "reviews": 7107,
}
