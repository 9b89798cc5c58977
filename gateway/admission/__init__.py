"""Which requests are let in: how many at once (overload), and how many from whom (rate limits).

It knows requests only as something that begins and ends, and clients only as names. See docs/resilience.md.
"""
