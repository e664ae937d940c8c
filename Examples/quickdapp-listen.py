#!/usr/bin/env python3
"""Be a tab of QuickDapp with a WebSocket library that knows nothing of quikko.

    pip install websockets
    quikko serve --temp --run -- python3 Examples/quickdapp-listen.py 3

Trades the key in $QUIKKO_TOKEN for a session, opens the socket, registers, and prints so many messages as they come: `connected`, `registered`, then
notifications. A token that QuickDapp's own login made does as well as the session.
"""
import asyncio
import json
import os
import sys
import urllib.request

import websockets


def session(server, key):
    request = urllib.request.Request(
        server + "/api/v1/tickets", data=b'{"kind":"session"}', headers={"Authorization": "Bearer " + key}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["data"]["token"]


async def listen(server, key, count):
    async with websockets.connect(server.replace("http", "ws", 1) + "/ws") as socket:
        await socket.send(json.dumps({"type": "register", "jwtToken": session(server, key)}))
        for _ in range(count):
            print(await socket.recv(), flush=True)


asyncio.run(listen(os.environ["QUIKKO_URL"], os.environ["QUIKKO_TOKEN"], int(sys.argv[1]) if len(sys.argv) > 1 else 3))
