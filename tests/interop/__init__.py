"""Braid over subgraphs written with four server libraries, as real processes on real sockets: `make interop`."""
