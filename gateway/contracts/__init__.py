"""Contracts: what the graph needs of each REST service, as Pact files that the service can be held to.

    operations ── record ── calls ── write ── NAME.json ── verify ── what no longer holds
                  run on the         by pact-python         against a running service,
                  real graph                                maybe a later version of it

A contract holds exactly what is in use: the calls that the resolvers made for some operations, and of each answer the
members that the resolver's type demands, with their types. What a service has beyond that is its own affair.
Remote GraphQL subgraphs have no contract here: their schema is one, and composition holds them to it.
"""
