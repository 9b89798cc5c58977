"""`braid` with every logger turned up to DEBUG, ours and the libraries', written to standard error.

python -m tests.secrets.loud serve ...
"""

from __future__ import annotations

import logging

from gateway.cli.main import app

if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG)
    app()
