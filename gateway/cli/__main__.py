"""`python -m gateway.cli` is `braid`."""

from gateway.cli.main import app

app()
