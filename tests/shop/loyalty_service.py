"""An eighth service, as somebody else's: points by customer, over HTTP. It imports nothing of ours.

python loyalty_service.py        prints the address that it listens on
"""

import collections
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

calls: collections.Counter[str] = collections.Counter()


def account(customer_id: str) -> dict[str, object]:
    """Every customer with an even number has one."""
    return {"customer_id": customer_id, "points": int(customer_id[2:]) * 10}


async def accounts(request: Request) -> JSONResponse:
    calls["GET /accounts"] += 1
    if "customer_ids" not in request.query_params:
        best = [account(f"c-{number:06}") for number in (2000, 1998, 1996)]
        return JSONResponse({"items": best[: int(request.query_params["limit"])], "next": None})
    asked = request.query_params["customer_ids"].split(",")
    known = [id for id in asked if int(id[2:]) % 2 == 0]
    return JSONResponse({"items": [account(id) for id in known], "missing": [id for id in asked if id not in known]})


async def counted(_: Request) -> JSONResponse:
    return JSONResponse({"routes": calls})


app = Starlette(routes=[Route("/accounts", accounts), Route("/_calls", counted)])

if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
