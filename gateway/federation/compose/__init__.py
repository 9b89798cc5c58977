"""Composition: subgraph SDL in, supergraph SDL out. Pure; knows neither planning nor services."""
