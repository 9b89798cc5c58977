"""The process of one verification: a job as JSON on standard input, pact's results as JSON on standard output."""

from __future__ import annotations

import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit


def verify(job: dict[str, Any]) -> dict[str, Any]:
    """Pact's results. Raises RuntimeError when there are none, because the verifier could not run."""
    from pact import Verifier

    # Unless it is told the host, pact calls it localhost and refuses every other URL.
    url: str = job["url"]
    verifier = Verifier(job["service"], host=urlsplit(url).hostname).add_transport(url=url)
    verifier.add_source(job["file"]).add_custom_headers(job["headers"])
    verifier.set_coloured_output(enabled=False).set_error_on_empty_pact()
    try:
        verifier.verify()
    except RuntimeError:
        if not verifier.results.get("errors"):
            raise
    return verifier.results


def main() -> None:
    # Pact's library writes to the descriptor of standard output, which is for the results alone.
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    json.dump(verify(json.load(sys.stdin)), results)
    results.close()


if __name__ == "__main__":
    main()
