"""How the fields of the shop's graph get their data: one module per service, and nothing of GraphQL in it.

A module holds the service's rows as msgspec Structs, a loader of about five lines for each way of asking, and functions
for schema/. It calls its own service only: what belongs to another service is declared in schema/ by its key.
"""
