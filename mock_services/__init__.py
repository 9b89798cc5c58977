"""The shop: seven services, each its own process, port and database. No import of the gateway. See README.md."""
