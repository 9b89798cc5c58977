"""Braid: one GraphQL graph over services that each own their data.

Read `pipeline.py` first: it names the stages a request passes through, in order.
"""

__version__ = "0.1.0"
