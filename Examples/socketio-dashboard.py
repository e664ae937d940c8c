#!/usr/bin/env python3
"""Watch an entity's metrics with a Socket.IO client that knows nothing of quikko.

    pip install 'python-socketio[asyncio_client]'
    quikko serve --temp --run -- python3 Examples/socketio-dashboard.py all 2

Trades the API key in $QUIKKO_TOKEN for a ticket, joins /dashboard with it, subscribes to the entity, prints which transport carries it, `dashboard:initial`, and
then so many events as they come. A third argument chooses the transport: polling, websocket, or both, which is what clients do by themselves.
"""
import asyncio
import json
import os
import sys
import urllib.request

import socketio

NAMESPACE = "/dashboard"


def ticket(server, key):
    request = urllib.request.Request(
        server + "/api/v1/tickets",
        method="POST",
        data=b"{}",
        headers={"Authorization": "Bearer " + key, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["data"]["ticket"]


async def watch(server, key, entity, count, transports):
    client = socketio.AsyncClient(reconnection=False)
    events = asyncio.Queue()

    async def hear(event, *arguments):
        await events.put((event, *arguments))

    client.on("*", hear, namespace=NAMESPACE)
    # The namespace's own connect and disconnect have names of their own and are not heard here.
    await client.connect(
        server, auth={"token": ticket(server, key)}, namespaces=[NAMESPACE], transports=transports, wait_timeout=60
    )
    print("transport", client.transport(), flush=True)
    answer = await client.call(
        "subscribe", {"entityId": entity, "entityType": "event"}, namespace=NAMESPACE, timeout=60
    )
    print("subscribed", json.dumps(answer), flush=True)
    for _ in range(count + 1):
        print(*[part if isinstance(part, str) else json.dumps(part) for part in await events.get()], flush=True)
    await client.disconnect()


asyncio.run(
    watch(
        os.environ["QUIKKO_URL"],
        os.environ["QUIKKO_TOKEN"],
        sys.argv[1] if len(sys.argv) > 1 else "all",
        int(sys.argv[2]) if len(sys.argv) > 2 else 1,
        {"polling": ["polling"], "websocket": ["websocket"]}.get(sys.argv[3] if len(sys.argv) > 3 else "", None),
    )
)
