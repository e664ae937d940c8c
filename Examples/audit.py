#!/usr/bin/env python3
"""Recounts a run of quikko from the outside; shares no code with it.

    audit.py                        start a server, click, listen, stop, recount
    audit.py --kill                 the same, with a kill -9 and a restart under load
    audit.py --with-loadtest        the same, with `quikko loadtest smoke` beside its own readers; checks its report too
    audit.py --recount DIR          the recount alone, from the files of an earlier run

Needs Python 3.11, `pip install websockets` (not for --recount) and quikko on the PATH, or its path in $QUIKKO.

A run leaves in its directory what was seen, and nothing computed from it:

    run.json            links, lives of the server, the server's own books before it stopped
    http.ndjson         a line for every click: what was answered, or that nothing was
    reader-NAME.ndjson  every text frame as it came, with the time, and where its connections began and ended
    quikko.sqlite       the click log, copied after the server stopped
    loadtest/           with --with-loadtest: what the load test wrote

From these alone it is decided whether every click is accounted for: exit status 0 if so, 1 if not, with what is unexplained.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Iterable, Iterator

# A click's place in a feed, `EPOCH:N` on the wire. Tuples sort the way the log does: by epoch, then by number.
Position = tuple[int, int]

END_BARRIER_SECONDS = 60
COUNTRY = "NZ"  # sent with the key, so that a row can be told from one that was clicked without


# ---------------------------------------------------------------------------------------------------------------- the server


class Server:
    """`quikko serve` as a process of our own, with a home of its own; it can be killed and started again in its place."""

    def __init__(self, home: Path, strict: bool) -> None:
        self.home = home
        self.program = os.environ.get("QUIKKO") or shutil.which("quikko")
        if not self.program:
            sys.exit("quikko is not on the PATH; name it in $QUIKKO")
        # Nothing of the caller's configuration: a key or an address from there would make this another server's audit.
        kept = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": str(home)}
        self.durability = ["--durability", "strict"] if strict else []
        self.port = 0
        self.lives: list[dict[str, Any]] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.is_abandoned = False

    def start(self) -> None:
        """Returns once connections are accepted. The port stays the same over all lives."""
        arguments = ["--data-dir", str(self.home / "data"), "--port", str(self.port), "--print-ready", *self.durability]
        with open(self.home / "serve.log", "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "serve", *arguments], env=self.environment, stdout=subprocess.PIPE, stderr=log
            )
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the server did not start: {(self.home / 'serve.log').read_text()}")
        ready = json.loads(line)
        self.port, self.url = ready["port"], ready["url"]
        self.key = json.loads(Path(ready["keyFile"]).read_text())["keys"][self.url]
        self.lives.append({"epoch": self.ask("GET", "/api/v1/server")["epoch"], "ended": None})

    def kill(self) -> None:
        self.lives[-1] |= {"ended": "kill", "at": time.monotonic_ns()}
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.lives[-1] |= {"ended": "term", "at": time.monotonic_ns()}
        self.process.send_signal(signal.SIGTERM)
        self.lives[-1]["status"] = self.process.wait(timeout=30)

    def abandon(self) -> None:
        """Whatever happened, no process of ours is left behind, and nobody waits for one."""
        self.is_abandoned = True
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One API call; the envelope's data."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            headers = {"Authorization": f"Bearer {self.key}"}
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if not answer["success"]:
            raise RuntimeError(f"{method} {path}: {answer['error']}")
        return answer["data"]


class Journal:
    """Lines of JSON in a file, from any thread."""

    def __init__(self, path: Path) -> None:
        self.file = open(path, "w", encoding="utf-8")
        self.lock = threading.Lock()

    def write(self, **record: Any) -> None:
        line = json.dumps({"at": time.monotonic_ns()} | record) + "\n"
        with self.lock:
            self.file.write(line)

    def close(self) -> None:
        self.file.close()


# ---------------------------------------------------------------------------------------------------------------- the clicks


class Clickers:
    """Keep-alive connections that click, a thread each; every second one with the owner's key, whose answers carry a position."""

    def __init__(self, server: Server, codes: list[str], journal: Journal, count: int) -> None:
        self.server = server
        self.codes = codes
        self.journal = journal
        self.remaining = iter(range(count))  # shared: taking the next is one step in CPython
        self.life = 0
        self.answered = 0

    def click_until_done(self, index: int) -> None:
        headers = {"Authorization": f"Bearer {self.server.key}", "X-Country": COUNTRY} if index % 2 else {}
        life, connection = self.connect()
        for number in self.remaining:
            code = self.codes[number % len(self.codes)]
            try:
                connection.request("GET", f"/{code}", headers=headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                # Sent, perhaps counted, never answered: the one thing that may be a row or not.
                self.journal.write(life=life, code=code, keyed=bool(headers), status=None)
                life, connection = self.connect()
                continue
            position = answer.getheader("X-Quikko-Position")
            self.journal.write(life=life, code=code, keyed=bool(headers), status=answer.status, position=position)
            self.answered += 1
        connection.close()

    def connect(self) -> tuple[int, http.client.HTTPConnection]:
        """A connection, and the life of the server it is to: known only if none began while it was made."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not self.server.is_abandoned:
            life = self.life
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
            try:
                connection.connect()
                if life == self.life:
                    return life, connection
            except OSError:
                time.sleep(0.02)
            connection.close()
        raise RuntimeError("the server does not accept connections")


# --------------------------------------------------------------------------------------------------------------- the readers


@dataclass
class Reader:
    """One client of a numbered feed that writes down every frame before it looks at it, and resumes whenever it was cut off."""

    name: str
    rooms: list[str]  # empty: the own user: room, as the server has it by itself
    overflow: str  # drop or replay
    stalls: bool = False
    resets_after: list[int] = field(default_factory=list)  # frames
    places: dict[str, Position] = field(default_factory=dict)
    connections: int = 0
    frames: int = 0
    is_over: bool = False

    async def follow(self, server: Server, journal: Journal, may_read: asyncio.Event) -> None:
        import websockets  # only here: a recount needs nothing but Python

        while not self.is_over:
            try:
                connection = await self.open(server)
            except (OSError, RuntimeError, http.client.HTTPException, websockets.WebSocketException):
                await asyncio.sleep(0.05)
                continue
            self.connections += 1
            headers = connection.response.headers
            journal.write(
                connection=self.connections,
                opened=headers.get("X-Quikko-Connection"),
                positions=headers.get_all("X-Quikko-Position"),
            )
            for line in headers.get_all("X-Quikko-Position"):
                room, position = line.rsplit(" ", 1)
                self.places[room] = parse(position)
            if self.stalls:
                await may_read.wait()
            await self.read(connection, journal)

    async def open(self, server: Server) -> Any:
        import websockets

        token = server.ask("POST", "/api/v1/tickets", {"kind": "session"})["token"]
        query = f"positions=1&overflow={self.overflow}&token={token}".replace("overflow=drop&", "")
        if self.rooms:
            query += "&rooms=" + ",".join(self.rooms)
        if self.places:
            query += "&since=" + ",".join(show(self.places[room]) for room in self.rooms or self.places)
        end = socket.socket()
        if self.stalls:
            # Before connect: afterwards the window has been offered, and a stall would fill megabytes unnoticed.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        end.setblocking(False)
        await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", server.port))
        address = f"ws://127.0.0.1:{server.port}/ws?{query}"
        return await websockets.connect(address, sock=end, compression=None, ping_interval=None, proxy=None)

    async def read(self, connection: Any, journal: Journal) -> None:
        import websockets

        try:
            while True:
                frame = await connection.recv()
                journal.write(connection=self.connections, frame=frame)
                self.frames += 1
                if place := place_told(json.loads(frame)):
                    self.places[place[0]] = place[1]
                if self.resets_after and self.frames >= self.resets_after[0]:
                    self.resets_after.pop(0)
                    return self.reset(connection, journal)
        except websockets.ConnectionClosed as error:
            journal.write(connection=self.connections, closed=error.rcvd.code if error.rcvd else None)

    def reset(self, connection: Any, journal: Journal) -> None:
        """Ends the connection with a TCP reset: what was on its way is gone, and the server is not told."""
        end = connection.transport.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.transport.abort()
        journal.write(connection=self.connections, closed="reset")

    def has(self, heads: dict[str, Position]) -> bool:
        return bool(self.places) and all(place >= heads[room] for room, place in self.places.items())


def place_told(message: dict[str, Any]) -> tuple[str, Position] | None:
    """Up to where a message accounts for its room: the rule for resuming in docs/wire.md."""
    payload = message["payload"]
    match message["type"]:
        case "click_event":
            return message["room"], (message["epoch"], message["n"])
        case "gap" | "hole" if payload["to"] is not None:
            return payload["room"], (payload["epoch"], payload["to"])
        case "recovered":
            return payload["room"], parse(payload["to"])
        case "position":
            return payload["room"], (payload["epoch"], payload["n"])
    return None


def parse(position: str) -> Position:
    epoch, number = position.split(":")
    return int(epoch), int(number)


def show(position: Position) -> str:
    return f"{position[0]}:{position[1]}"


# ------------------------------------------------------------------------------------------------------------------- the run


def readers_of(options: argparse.Namespace, rooms: list[str]) -> list[Reader]:
    """Both kinds of feed and both ways to overflow, in turn."""
    readers = []
    for index in range(options.fast):
        readers.append(Reader(f"fast-{index + 1}", rooms if index % 2 else [], "drop"))
    for index in range(options.stalled):
        overflow = "replay" if index % 2 else "drop"
        readers.append(Reader(f"stalled-{index + 1}", rooms if index // 2 % 2 else [], overflow, stalls=True))
    quarter = options.clicks // 4
    readers.append(Reader("reset", rooms, "drop", resets_after=[quarter, 2 * quarter, 3 * quarter]))
    return readers


async def run(options: argparse.Namespace, out: Path) -> None:
    """Everything that happens; leaves the files in `out`."""
    with tempfile.TemporaryDirectory(prefix="audit-") as home:
        server = Server(Path(home), options.strict)
        try:
            server.start()
            await run_against(server, options, out)
        finally:
            server.abandon()


async def run_against(server: Server, options: argparse.Namespace, out: Path) -> None:
    codes = ["audit-a", "audit-b"]
    for code in codes:
        server.ask("POST", "/api/v1/urls", {"originalUrl": f"https://example.com/{code}", "customAlias": code})
    readers = readers_of(options, [f"url:{code}" for code in codes])
    journals = [Journal(out / f"reader-{reader.name}.ndjson") for reader in readers]
    may_read = asyncio.Event()
    facts: dict[str, Any] = {"codes": codes, "strict": options.strict, "lives": server.lives}

    async with asyncio.TaskGroup() as group:
        for reader, journal in zip(readers, journals):
            group.create_task(reader.follow(server, journal, may_read))
        await until(lambda: all(reader.connections for reader in readers), "readers connect")

        answers = Journal(out / "http.ndjson")
        clickers = Clickers(server, codes, answers, options.clicks)
        clicking = [asyncio.to_thread(clickers.click_until_done, index) for index in range(options.clickers)]
        await asyncio.gather(*clicking, kill_half_way(server, clickers, options))
        answers.close()
        if options.with_loadtest:
            facts["loadtest_status"] = await asyncio.to_thread(run_loadtest, server, out)

        may_read.set()
        heads = {room: parse(head_of(server, room)) for reader in readers for room in reader.places}
        # What has not come by then is for the recount to name.
        await until(lambda: all(reader.has(heads) for reader in readers), "readers reach the head", fails=False)
        facts["server"] = server.ask("GET", "/api/v1/server")
        facts["connections"] = server.ask("GET", "/api/v1/server/connections?limit=10000")
        for reader in readers:
            reader.is_over = True
        await asyncio.to_thread(server.stop)

    for journal in journals:
        journal.close()
    copy_log(server.home / "data" / "quikko.sqlite", out / "quikko.sqlite")
    (out / "run.json").write_text(json.dumps(facts, indent=1))


async def kill_half_way(server: Server, clickers: Clickers, options: argparse.Namespace) -> None:
    if not options.kill:
        return
    await until(lambda: clickers.answered >= options.clicks // 2, "half of the clicks")
    await asyncio.to_thread(server.kill)
    clickers.life += 1  # before the next one accepts anything
    await asyncio.to_thread(server.start)


def run_loadtest(server: Server, out: Path) -> int:
    """Beside our readers, of whom some are stalled. Its own words go to the terminal's error output."""
    environment = server.environment | {"QUIKKO_TOKEN": server.key}
    arguments = ["loadtest", "smoke", "--url", server.url, "--out", str(out / "loadtest")]
    return subprocess.run([server.program, *arguments], env=environment, stdout=sys.stderr, timeout=300).returncode


def head_of(server: Server, room: str) -> str:
    return server.ask("GET", f"/api/v1/events?room={room}&limit=0")["head"]


def copy_log(database: Path, copy: Path) -> None:
    copy.unlink(missing_ok=True)
    source, target = sqlite3.connect(f"file:{database}?mode=ro", uri=True), sqlite3.connect(copy)
    source.backup(target)
    target.execute("PRAGMA journal_mode = DELETE")  # one file, that a reader leaves alone
    source.close()
    target.close()


async def until(condition: Any, what: str, fails: bool = True) -> None:
    deadline = time.monotonic() + END_BARRIER_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            if fails:
                raise RuntimeError(f"waited too long: {what}")
            return
        await asyncio.sleep(0.02)


# ------------------------------------------------------------------------------------------------------------ recount: the log


@dataclass
class Click:
    code: str
    country: str | None
    device: str
    browser: str
    at: int  # microseconds since 1970

    def payload(self) -> dict[str, str]:
        """As the wire has it."""
        time = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=self.at)
        return {
            "shortCode": self.code,
            "country": self.country or "unknown",
            "deviceType": self.device,
            "browser": self.browser,
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }


@dataclass
class Feed:
    """One room's numbers, from the log."""

    room: str
    clicks: dict[Position, Click]
    holes: set[Position]
    missing: set[Position] = field(default_factory=set)
    ends: dict[int, int] = field(default_factory=dict)  # of epochs that a crash ended: the last durable number

    def numbers(self) -> set[Position]:
        """All that readers are owed. What is missing in the log is owed too, and is the log's failure, told once."""
        return self.clicks.keys() | self.holes | self.missing

    def is_behind_an_end(self, position: Position) -> bool:
        return position[0] in self.ends and position[1] > self.ends[position[0]]


class Log:
    """The SQLite file, read only."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.problems = problems
        self.database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        for (line,) in self.database.execute("PRAGMA integrity_check"):
            if line != "ok":
                problems.append(f"log: integrity: {line}")
        self.codes = dict(self.database.execute("SELECT key, code FROM links"))
        epochs = list(self.database.execute("SELECT epoch, ended_at FROM epochs ORDER BY epoch"))
        # The server was stopped in order at the end, so an epoch without an end is one that crashed.
        self.crashed = [epoch for epoch, ended in epochs if ended is None]
        self.feeds: dict[str, Feed] = {}
        for key, name, total in list(self.database.execute("SELECT key, id, clicks FROM users")):
            self.add(f"user:{name}", 0, "owner", key, total)
        for key, name, total in list(self.database.execute("SELECT key, code, clicks FROM links")):
            self.add(f"url:{name}", 1, "link", key, total)
        self.links = Counter((self.codes[link], epoch) for link, epoch in self.query("SELECT link, epoch FROM clicks"))

    def query(self, sql: str, *values: Any) -> Iterator[Any]:
        return self.database.execute(sql, values)

    def add(self, room: str, kind: int, column: str, key: int, total: int) -> None:
        feed = Feed(room, {}, set())
        previous: Position = (0, 0)
        rows = self.query(
            f"SELECT epoch, {column}_number, link, country, device, browser, at FROM clicks WHERE {column} = ? ORDER BY row", key
        )
        for epoch, number, link, *rest in rows:
            position = (epoch, number)
            if position <= previous:
                self.problems.append(f"log: {room}: {show(position)} is stored behind {show(previous)}")
            feed.clicks[position] = Click(self.codes[link], *rest)
            previous = max(previous, position)
        holes = self.query("SELECT epoch, first, last FROM holes WHERE kind = ? AND feed = ?", kind, key)
        for epoch, first, last in holes:
            feed.holes |= {(epoch, number) for number in range(first, last + 1)}
        self.check(feed, total)
        self.feeds[room] = feed

    def check(self, feed: Feed, total: int) -> None:
        """Numbers go on from one to the next, over epochs too; an epoch's end is the last number that is in the log."""
        for both in sorted(feed.clicks.keys() & feed.holes):
            self.problems.append(f"log: {feed.room}: {show(both)} is in the log and in a hole")
        last = 0
        for epoch, number in sorted(feed.clicks.keys() | feed.holes):
            if number <= last:
                self.problems.append(f"log: {feed.room}: {epoch}:{number} follows the number {last}")
            feed.missing |= {(epoch, lost) for lost in range(last + 1, number)}
            last = max(last, number)
        if feed.missing:
            self.problems.append(f"log: {feed.room}: no row and no hole for {ranges(feed.missing)}")
        if total != last:
            self.problems.append(f"log: {feed.room}: {total} is stored as its total, and its last number is {last}")
        for crash in self.crashed:
            durable = (number for epoch, number in feed.numbers() if epoch <= crash)
            feed.ends[crash] = max(durable, default=0)


def ranges(positions: Iterable[Position]) -> str:
    """`1:4 to 7, 2:9`; at most a few, and how many more."""
    runs: list[list[Position]] = []
    for position in sorted(positions):
        if runs and runs[-1][-1] == (position[0], position[1] - 1):
            runs[-1].append(position)
        else:
            runs.append([position])
    words = [show(run[0]) + (f" to {run[-1][1]}" if len(run) > 1 else "") for run in runs[:8]]
    return ", ".join(words) + (f" and {len(runs) - 8} more stretches" if len(runs) > 8 else "")


# -------------------------------------------------------------------------------------------------------- recount: the answers


@dataclass
class AnswerTotals:
    answered: int = 0
    unanswered: int = 0
    logged: int = 0
    lost: int = 0
    oldest_lost: float | None = None  # milliseconds from its answer to the kill


def recount_answers(out: Path, facts: dict[str, Any], log: Log, problems: list[str]) -> AnswerTotals:
    """Every 302 is one row, or lies behind the end of an epoch that crashed.

    With a position that is looked up. Without, it is counted: a link's numbers are contiguous, so when more clicks were
    answered than its epoch has rows, those beyond have numbers beyond the last row, whichever they are.
    """
    totals = AnswerTotals()
    spoken_for: Counter[tuple[str, int]] = Counter()  # rows that an answer named by position
    anonymous: Counter[tuple[str, int]] = Counter()
    unanswered: Counter[tuple[str, int]] = Counter()
    owners = [feed for room, feed in log.feeds.items() if room.startswith("user:")]
    clicks = {position: click for feed in owners for position, click in feed.clicks.items()}
    seen: set[Position] = set()
    for answer in records(out / "http.ndjson"):
        life = facts["lives"][answer["life"]]
        place = (answer["code"], life["epoch"])
        if answer["status"] is None:
            unanswered[place] += 1
            continue
        if answer["status"] != 302:
            problems.append(f"answers: {answer['code']} was answered with {answer['status']}")
            continue
        totals.answered += 1
        if not answer["keyed"]:
            anonymous[place] += 1
            continue
        if not answer["position"]:
            problems.append(f"answers: a 302 of {answer['code']} has no position")
            continue
        position = parse(answer["position"])
        if position in seen:
            problems.append(f"answers: {show(position)} was answered twice")
        elif click := clicks.get(position):
            spoken_for[place] += 1
            if (click.code, click.country) != (answer["code"], COUNTRY):
                problems.append(f"answers: {show(position)} was a click on {answer['code']}, and its row says {click}")
        elif any(feed.is_behind_an_end(position) for feed in owners):
            totals.lost += 1
            age = (life["at"] - answer["at"]) / 1e6
            totals.oldest_lost = max(age, totals.oldest_lost or age)
        elif not any(position in feed.missing for feed in owners):
            problems.append(f"answers: {show(position)} was answered and is not in the log")
        seen.add(position)

    for place in {(code, life["epoch"]) for code in facts["codes"] for life in facts["lives"]}:
        rows = log.links[place] - spoken_for[place]
        where = f"answers: {place[0]} in epoch {place[1]}: {rows} rows without a position's answer"
        if rows > anonymous[place] + unanswered[place]:
            problems.append(f"{where}, and {anonymous[place]} answers without a position ({unanswered[place]} unanswered)")
        short = max(anonymous[place] - rows, 0)
        totals.lost += short
        if short and place[1] not in log.crashed:
            problems.append(f"{where}, and {anonymous[place]} answers: {short} clicks are not in the log, which never crashed")
        totals.logged += log.links[place]
    totals.unanswered = unanswered.total()
    if facts["strict"] and totals.lost:
        problems.append(f"answers: {totals.lost} clicks were answered and are not durable, although the durability is strict")
    return totals


def records(path: Path) -> Iterator[dict[str, Any]]:
    with open(path, encoding="utf-8") as file:
        yield from map(json.loads, file)


# -------------------------------------------------------------------------------------------------------- recount: the readers


class Ledger:
    """One room of one reader: what became of every number it was owed."""

    def __init__(self, reader: str, feed: Feed, start: Position, problems: list[str]) -> None:
        self.name = f"{reader}: {feed.room}"
        self.feed = feed
        self.start = self.place = start
        self.problems = problems
        self.received: set[Position] = set()
        self.named: set[Position] = set()
        self.told: set[Position] = set()  # in holes
        self.ends: dict[int, int] = {}

    def click(self, position: Position, payload: dict[str, str]) -> None:
        if position in self.received:
            return self.problem(f"{show(position)} came twice")
        if position in self.named:
            self.problem(f"{show(position)} came, and was named as missed")
        elif position <= self.place:
            self.problem(f"{show(position)} came behind {show(self.place)}")
        self.received.add(position)
        self.place = max(self.place, position)
        click = self.feed.clicks.get(position)
        if click and click.payload() != payload:
            self.problem(f"{show(position)} came as {payload}, and its row says {click}")

    def gap(self, gap: dict[str, Any]) -> None:
        numbers = {(gap["epoch"], number) for number in range(gap["from"], gap["to"] + 1)}
        if gap["count"] != len(numbers) or not numbers:
            self.problem(f"a notice names {ranges(numbers)} and counts {gap['count']}")
        if gap["reason"] not in ("slow_consumer", "overload"):
            self.problem(f"a notice has the reason {gap['reason']}")
        self.account(numbers, self.named, "named as missed")

    def hole(self, hole: dict[str, Any]) -> None:
        epoch, first = hole["epoch"], hole["from"]
        if hole["reason"] == "crash" and hole["to"] is None:
            end = self.feed.ends.get(epoch)
            if end != first - 1:
                self.problem(f"epoch {epoch} was told to have ended at {first - 1}; by the log it ended at {end}")
            self.ends[epoch] = first - 1
        elif hole["to"] is None:
            self.problem(f"a hole from {epoch}:{first} has no end: {hole['reason']}")
        else:
            numbers = {(epoch, number) for number in range(first, hole["to"] + 1)}
            if wrong := numbers & self.feed.clicks.keys():
                self.problem(f"told that the log lacks {ranges(wrong)}, which it has")
            self.account(numbers, self.told, "told as a hole")

    def recovered(self, payload: dict[str, Any], came: list[Position]) -> None:
        if payload["from"] is None:
            return
        count = sum(parse(payload["from"]) < position <= parse(payload["to"]) for position in came)
        if count != payload["count"]:
            self.problem(f"a replay up to {payload['to']} says {payload['count']} events, and {count} came")

    def account(self, numbers: set[Position], kind: set[Position], words: str) -> None:
        if again := numbers & (self.received | self.named | self.told):
            self.problem(f"{ranges(again)} was {words}, and came or was named before")
        elif numbers and min(numbers) <= self.place:
            self.problem(f"{ranges(numbers)} was {words} behind {show(self.place)}")
        kind |= numbers
        self.place = max(self.place, max(numbers, default=self.place))

    def close(self) -> Counter[str]:
        """What is left when the reader has heard everything."""
        owed = {position for position in self.feed.numbers() if position > self.start}
        unexplained = owed - self.received - self.named - self.told
        if unexplained:
            self.problem(f"{ranges(unexplained)} neither came nor was named")
        beyond = (self.received | self.named) - owed
        behind = {position for position in beyond if self.feed.is_behind_an_end(position)}
        if beyond - behind:
            self.problem(f"{ranges(beyond - behind)} came or was named, and the log does not have it")
        for epoch in self.feed.ends.keys() - self.ends.keys():
            if epoch >= self.start[0]:
                self.problem(f"epoch {epoch} ended at {self.feed.ends[epoch]}, and it was not told")
        return Counter(
            owed=len(owed),
            received=len(self.received & owed),
            named=len((self.named & owed) - self.received),
            holes=len((self.told & owed) - self.received - self.named),
            behind=len(behind),
            unexplained=len(unexplained),
        )

    def problem(self, words: str) -> None:
        self.problems.append(f"{self.name}: {words}")


@dataclass
class Connection:
    """What one connection got, to be held against the server's books of it."""

    name: str
    clicks: int = 0
    named: int = 0
    closed: Any = None
    came: dict[str, list[Position]] = field(default_factory=dict)


def recount_reader(path: Path, log: Log, problems: list[str]) -> tuple[Counter[str], list[Connection]]:
    name = path.stem.removeprefix("reader-")
    ledgers: dict[str, Ledger] = {}
    connections: list[Connection] = []
    for record in records(path):
        if "opened" in record:
            connections.append(Connection(record["opened"]))
            for line in record["positions"]:
                room, start = line.rsplit(" ", 1)
                if room not in ledgers:
                    ledgers[room] = Ledger(name, log.feeds[room], parse(start), problems)
                connections[-1].came[room] = []
        elif "closed" in record:
            connections[-1].closed = record["closed"]
        else:
            take(json.loads(record["frame"]), connections[-1], ledgers, problems)
    totals: Counter[str] = Counter(connections=len(connections))
    for ledger in ledgers.values():
        totals.update(ledger.close())
    return totals, connections


def take(message: dict[str, Any], connection: Connection, ledgers: dict[str, Ledger], problems: list[str]) -> None:
    payload = message["payload"]
    ledger = ledgers[message.get("room") or payload["room"]]
    match message["type"]:
        case "click_event":
            position = (message["epoch"], message["n"])
            connection.clicks += 1
            connection.came[message["room"]].append(position)
            ledger.click(position, payload)
        case "gap":
            connection.named += payload["count"]
            ledger.gap(payload)
        case "hole":
            ledger.hole(payload)
        case "recovered":
            ledger.recovered(payload, connection.came[payload["room"]])
        case "position":
            pass  # it claims what the end of the recount proves
        case other:
            problems.append(f"{ledger.name}: an unknown message {other}")


# ---------------------------------------------------------------------------------------------------------- recount: the books


def balance(books: dict[str, Any]) -> int:
    """Zero when `accepted = delivered + dropped + deferred + pending`."""
    gone = books["delivered"] + books["deferred"] + books["pending"] + sum(books["dropped"].values())
    return books["accepted"] - gone


def check_books(facts: dict[str, Any], log: Log, seen: dict[str, Connection], problems: list[str]) -> None:
    """The server's own books against themselves, the log and what its connections got. Earlier lives took theirs along."""
    totals, each = facts["server"], facts["connections"]
    if off := balance(totals["messages"]):
        problems.append(f"books: the totals are off by {off}")
    for column in ("accepted", "delivered", "deferred", "pending"):
        if (summed := sum(books[column] for books in each)) != totals["messages"][column]:
            problems.append(f"books: {column} is {totals['messages'][column]} in total, and {summed} over all connections")
    logged = sum(count for (_, epoch), count in log.links.items() if epoch == totals["epoch"])
    if totals["clicks"]["numbered"] != logged + totals["clicks"]["lost"]:
        problems.append(f"books: {totals['clicks']['numbered']} clicks were numbered, and {logged} are in the log")
    for books in each:
        if off := balance(books):
            problems.append(f"books: connection {books['id']} is off by {off}")
        connection = seen.get(books["id"])
        if connection is None:
            continue  # the load test's
        # Of one that was cut off, what was under way is in doubt until its resume; of the others nothing is.
        doubt = books["delivered"] - connection.clicks
        if doubt < 0 or doubt and connection.closed == 1001:
            problems.append(f"books: connection {books['id']}: {books['delivered']} delivered, {connection.clicks} received")
        if connection.closed == 1001 and connection.named != books["announced"]:
            problems.append(f"books: connection {books['id']}: {books['announced']} announced, {connection.named} named")


# ----------------------------------------------------------------------------------------------------- recount: the load test


def check_report(out: Path, facts: dict[str, Any], log: Log, seen: dict[str, Connection], problems: list[str]) -> None:
    """The load test's report against the log and the server's books: it was run beside readers who know better."""
    path = out / "loadtest" / "report.json"
    if not path.exists():
        return problems.append(f"report: none was written; quikko loadtest ended with {facts['loadtest_status']}")
    report = json.loads(path.read_text())
    accounting = report["accounting"]

    def same(words: str, reported: Any, found: Any) -> None:
        if reported is not None and reported != found:
            problems.append(f"report: {words}: it says {reported}, found {found}")

    same("exit status", report["exit_code"], facts["loadtest_status"])
    same("exit status", report["exit_code"], 0)
    rows = sum(count for (code, _), count in log.links.items() if code not in facts["codes"])
    same("published, against the rows of its links", accounting["published"], rows)

    parts = ("received", "named", "in_holes", "in_doubt", "unexplained")
    for client in report["clients"]:
        same(f"owed, client {client['id']}", client["owed"], sum(client[part] for part in parts))
    same("owed in total", accounting["owed"], sum(accounting[part] for part in parts))
    if report["client_count"] == len(report["clients"]):
        for part in ("owed", *parts, "duplicates", "order_violations"):
            same(f"{part}, against its clients", accounting[part], sum(client[part] for client in report["clients"]))
    for part in ("unexplained", "duplicates", "order_violations"):
        same(part, accounting[part], 0)

    strangers = {books["id"]: books for books in facts["connections"] if books["id"] not in seen}
    same("named, against the books", accounting["named"], sum(books["announced"] for books in strangers.values()))
    # What waited for a connection that broke is not dropped for slowness: its client resumes behind it.
    dropped = {
        name: sum(count for why, count in books["dropped"].items() if why != "closed")
        for name, books in strangers.items()
    }
    same("server_dropped, against the books", accounting.get("server_dropped"), sum(dropped.values()))
    delivered = sum(books["delivered"] for books in strangers.values())
    same("server_delivered, against the books", accounting.get("server_delivered"), delivered)
    for client in report["clients"]:
        if books := strangers.get(client.get("connection")):
            same(f"server_delivered, client {client['id']}", client.get("server_delivered"), books["delivered"])
            same(f"server_dropped, client {client['id']}", client.get("server_dropped"), dropped[books["id"]])


# --------------------------------------------------------------------------------------------------------------- the recount


def recount(out: Path) -> list[str]:
    """Prints the tables; returns what is unexplained."""
    problems: list[str] = []
    facts = json.loads((out / "run.json").read_text())
    log = Log(out / "quikko.sqlite", problems)
    check_ends(facts, log, problems)
    answers = recount_answers(out, facts, log, problems)
    seen: dict[str, Connection] = {}
    rows = []
    for path in sorted(out.glob("reader-*.ndjson")):
        totals, connections = recount_reader(path, log, problems)
        seen |= {connection.name: connection for connection in connections}
        rows.append((path.stem.removeprefix("reader-"), totals))
    check_books(facts, log, seen, problems)
    if "loadtest_status" in facts:
        check_report(out, facts, log, seen, problems)

    columns = ["connections", "owed", "received", "named", "holes", "unexplained", "behind"]
    print(f"{'reader':12}" + "".join(f"{column:>13}" for column in columns))
    for name, totals in rows:
        print(f"{name:12}" + "".join(f"{totals[column]:13}" for column in columns))
    print(f"\nclicks answered {answers.answered}, in the log {answers.logged}, without an answer {answers.unanswered}")
    if log.crashed:
        oldest = f", the oldest answered {answers.oldest_lost:.0f} ms before the kill" if answers.oldest_lost else ""
        print(f"answered, and behind the end of a crashed epoch: {answers.lost}{oldest}")
    return problems


def check_ends(facts: dict[str, Any], log: Log, problems: list[str]) -> None:
    killed = [life["epoch"] for life in facts["lives"] if life["ended"] == "kill"]
    if killed != log.crashed:
        problems.append(f"log: epochs without an end are {log.crashed}, and the server was killed in {killed}")
    for life in facts["lives"]:
        if life["ended"] == "term" and life["status"] != 0:
            problems.append(f"the server ended with status {life['status']}")


def conclude(problems: list[str]) -> int:
    if not problems:
        print("every click is accounted for")
        return 0
    print(f"unexplained, {len(problems)}:")
    for problem in problems[:40]:
        print(f"  {problem}")
    if len(problems) > 40:
        print(f"  and {len(problems) - 40} more")
    return 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Recounts a run of quikko from raw frames, HTTP answers and its log.")
    parser.add_argument("--recount", metavar="DIR", type=Path, help="recount the files of an earlier run, run nothing")
    parser.add_argument("--out", metavar="DIR", type=Path, help="keep the files there; otherwise only if something is wrong")
    parser.add_argument("--kill", action="store_true", help="kill -9 the server half-way and start it again")
    parser.add_argument("--strict", action="store_true", help="with serve --durability strict; then not one answer may be lost")
    parser.add_argument("--with-loadtest", action="store_true", help="run quikko loadtest smoke beside it, check its report")
    parser.add_argument("--clicks", type=int, default=6000)
    parser.add_argument("--clickers", type=int, default=4, help="keep-alive connections, every second one with the key")
    parser.add_argument("--fast", type=int, default=8, help="readers that read at once")
    parser.add_argument("--stalled", type=int, default=4, help="readers that read nothing until the end")
    options = parser.parse_args()
    if options.recount:
        return conclude(recount(options.recount))

    out = options.out or Path(tempfile.mkdtemp(prefix="audit-run-"))
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        parser.error(f"{out} is not empty")
    asyncio.run(run(options, out))
    status = conclude(recount(out))
    if options.out or status:
        print(f"files: {out}", file=sys.stderr)
    else:
        shutil.rmtree(out)
    return status


if __name__ == "__main__":
    sys.exit(main())
