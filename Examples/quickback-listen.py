#!/usr/bin/env python3
"""Listen to an organization's rows and broadcasts with a WebSocket library that knows nothing of quikko.

    pip install websockets
    quikko serve --temp --run -- python3 Examples/quickback-listen.py 2

Trades the session in $QUIKKO_TOKEN (the server's API key will do) for a ticket, opens the socket, prints `listening`, and then so many messages as
they come.
"""
import asyncio
import json
import os
import sys
import urllib.request

import websockets


def ticket(server, session):
    request = urllib.request.Request(
        server + "/realtime/v1/ws-ticket", method="POST", headers={"Authorization": "Bearer " + session}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["wsTicket"]


async def listen(server, session, count):
    address = server.replace("http", "ws", 1) + "/realtime/v1/websocket?ws_ticket=" + ticket(server, session)
    async with websockets.connect(address) as socket:
        print("listening", flush=True)
        for _ in range(count):
            print(await socket.recv(), flush=True)


asyncio.run(listen(os.environ["QUIKKO_URL"], os.environ["QUIKKO_TOKEN"], int(sys.argv[1]) if len(sys.argv) > 1 else 1))
