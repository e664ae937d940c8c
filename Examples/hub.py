#!/usr/bin/env python3
"""A live feed as people write it on Python's `websockets`, to hold quikko's load test against.

    hub.py [--fan-out broadcast|await|gather] [--port N]

Prints one line of JSON with its addresses. Whoever connects to ws://…/feed gets every message; `{"type":"subscribe","channel":…}`
is answered and changes nothing. Two ways to publish `{"n":…,"t":…,"text":…}` to all:

    GET http://…/publish?n=1&t=123                  one connection for each: websockets closes it behind its answer
    {"type":"publish","n":1,"t":123}                over a WebSocket, as often as one likes; answered with "published"

n is the event's number from 1, t its intended time; both go out as they came. Then, for example:

    quikko loadtest --url ws://127.0.0.1:PORT/feed --publish 'GET http://127.0.0.1:PORT/publish?n={n}&t={time}' \\
        --hello '{"type":"subscribe","channel":"c"}' --number '$.n' --time '$.t'

What to expect when a reader stalls: `broadcast` never waits and buffers for it without bound. `await` and `gather` wait for it, and so
does everybody else. The keepalive does not end that: a ping waits for the same full buffer. A publisher over HTTP is cut off after
10 s (the handshake's timeout), and whoever was behind the stalled one in the loop never gets that message.

Needs Python 3.11 and `pip install websockets`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from http import HTTPStatus
from typing import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

FanOut = Callable[[set[ServerConnection], str], Awaitable[None]]


async def fan_out_by_broadcast(readers: set[ServerConnection], message: str) -> None:
    """The library's own: into every connection's write buffer, however full that is."""
    broadcast(readers, message)


async def fan_out_by_await(readers: set[ServerConnection], message: str) -> None:
    """One after the other; a full write buffer is waited for."""
    for reader in list(readers):
        try:
            await reader.send(message)
        except ConnectionClosed:
            pass  # its own handler takes it out


async def fan_out_by_gather(readers: set[ServerConnection], message: str) -> None:
    """All at once; the slowest is waited for."""
    await asyncio.gather(*(reader.send(message) for reader in readers), return_exceptions=True)


FAN_OUTS: dict[str, FanOut] = {
    "broadcast": fan_out_by_broadcast,
    "await": fan_out_by_await,
    "gather": fan_out_by_gather,
}


class Hub:
    def __init__(self, fan_out: FanOut, text: str) -> None:
        self.readers: set[ServerConnection] = set()
        self.fan_out = fan_out
        self.text = text

    async def publish(self, number: int, time: int) -> None:
        await self.fan_out(self.readers, json.dumps({"n": number, "t": time, "text": self.text}))

    async def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Plain HTTP before the upgrade; None goes on with it."""
        address = urlsplit(request.path)
        if address.path == "/feed":
            return None
        if address.path != "/publish":
            return connection.respond(HTTPStatus.NOT_FOUND, "there are /feed and /publish\n")
        query = parse_qs(address.query)
        try:
            number, time = int(query["n"][0]), int(query["t"][0])
        except (KeyError, ValueError):
            return connection.respond(HTTPStatus.BAD_REQUEST, "n and t are whole numbers\n")
        await self.publish(number, time)
        return connection.respond(HTTPStatus.OK, "published\n")

    async def serve(self, connection: ServerConnection) -> None:
        """One client. Whoever publishes is not sent what is published: it would have to read it all."""
        self.readers.add(connection)
        try:
            async for text in connection:
                await self.receive(connection, json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            self.readers.discard(connection)

    async def receive(self, connection: ServerConnection, message: dict[str, object]) -> None:
        match message:
            case {"type": "publish", "n": int(number), "t": int(time)}:
                self.readers.discard(connection)
                await self.publish(number, time)
                await connection.send(json.dumps({"type": "published", "number": number}))
            case {"type": "subscribe", "channel": channel}:
                await connection.send(json.dumps({"type": "subscribed", "channel": channel}))
            case _:
                await connection.send(json.dumps({"type": "error", "message": "subscribe or publish"}))


async def main() -> None:
    parser = argparse.ArgumentParser(description="A WebSocket hub as people write it, for quikko loadtest.")
    parser.add_argument("--fan-out", choices=FAN_OUTS, default="broadcast")
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--text-bytes", type=int, default=100, help="length of each message's text")
    options = parser.parse_args()

    hub = Hub(FAN_OUTS[options.fan_out], "x" * options.text_bytes)
    async with serve(hub.serve, "127.0.0.1", options.port, process_request=hub.answer) as server:
        port = server.sockets[0].getsockname()[1]
        addresses = {"feed": f"ws://127.0.0.1:{port}/feed", "publish": f"http://127.0.0.1:{port}/publish"}
        print(json.dumps({"port": port, **addresses, "fan_out": options.fan_out}), flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
