"""What a hostile client may send, each with a line on what it tries, and what the gateway may spend on it.

`python -m tests.hostile.attacks` sends all of it to a gateway over the shop and prints a table. The corpus is data:
`documents.py` (GraphQL texts), `values.py` (variables and JSON), `requests.py` (HTTP), and `families.py`, whose grow.
"""
