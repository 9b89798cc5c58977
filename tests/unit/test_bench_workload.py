"""The measurement of the public workload: it counts what was answered, and stops at what is wrong."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import workload, wrk
from bench.measure import Measured, WrongAnswer
from bench.servers import Server

needs_wrk = pytest.mark.skipif(wrk.why_not() is not None, reason=str(wrk.why_not()))


class Answering(BaseHTTPRequestHandler):
    """Answers the n-th request as the server's `answers` say."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Upstream)
        self.rfile.read(int(self.headers["content-length"]))
        server.asked += 1
        body = server.changed if server.asked > server.changes_after else server.answer
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


class Upstream(ThreadingHTTPServer):
    answer, changed = b'{"data": {"a": 1}}', b'{"data": {"a": 2}}'
    asked, changes_after = 0, 1_000_000


@contextmanager
def upstream() -> Generator[tuple[Upstream, str]]:
    with Upstream(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server, f"http://127.0.0.1:{server.server_port}/graphql"
        server.shutdown()
        thread.join()


@needs_wrk
def test_every_answer_under_load_is_counted_and_compared() -> None:
    """A changed answer is noticed though it is as long as the others."""
    with upstream() as (server, url):
        measured = wrk.measure(url, os.getpid(), b"{}", 1)
        assert 0 < measured.answers <= server.asked
        assert measured.cpu_ms > 0
        server.changes_after = server.asked + 20
        with pytest.raises(WrongAnswer, match="changed under load"):
            wrk.load(url, b"{}", 1)


def test_an_answer_that_is_not_the_workloads_ends_the_run(tmp_path: Path) -> None:
    with upstream() as (server, url):
        gateway = Server("this one", url, os.getpid())
        wanted = workload.Workload(tmp_path, b"{}", {"a": 1}, tmp_path)
        workload.check_answer(gateway, wanted)
        server.changes_after = 0
        with pytest.raises(WrongAnswer, match="this one answers something else"):
            workload.check_answer(gateway, wanted)


def test_a_table_has_ratios_to_the_first() -> None:
    rows = [
        workload.Row("Braid", "1", 8, 8.0, Measured(4.0, 200, 250, 3000, 90)),
        workload.Row("another", "2", 16, 16.0, Measured(18.0, 50, 900, 800, 400)),
    ]
    assert workload.table(rows).splitlines()[-1] == "| another | 2 | 16 | 16.0 | 18.00 | 4.50 | 50 | 900 | 400 |"


def test_what_is_no_workload_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("supergraph.graphql", "body.json"):
        (tmp_path / name).write_text(json.dumps({}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["bench.workload", "--workload", str(tmp_path)])
        assert workload.main() == workload.CANNOT_RUN
    assert "no expected.json, no subgraphs/server.mjs" in capsys.readouterr().err
