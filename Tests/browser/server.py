"""A quikko server of one's own, and clicks at it."""
import http.client
import json
import os
import signal
import socket
import subprocess
import urllib.request

MOBILE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"
# Enough variety for every list of the page, the same in each run.
VISITORS = [("DE", MOBILE), ("DE", DESKTOP), ("US", MOBILE), ("FR", DESKTOP), ("PE", MOBILE)]


class Server:
    """`quikko serve` on a port that stays the same through restarts, in a directory that is somebody else's to remove."""

    def __init__(self, program, directory, *arguments):
        self.program, self.directory, self.arguments, self.port = program, directory, arguments, 0
        self.clicks = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "serve", "--print-ready", "--port", str(self.port), "--data-dir", self.directory + "/data", *self.arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | {"HOME": self.directory})
        ready = json.loads(self.process.stdout.readline())
        self.url, self.port = ready["url"], ready["port"]
        with open(ready["keyFile"]) as file:
            self.key = json.load(file)["keys"][self.url]

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait()
        self.process.stdout.close()

    def call(self, method, path, body=None, credential=None):
        request = urllib.request.Request(
            self.url + path, None if body is None else json.dumps(body).encode(), method=method,
            headers={"Authorization": "Bearer " + (credential or self.key), "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["data"]

    def shorten(self, url, code=None, credential=None):
        return self.call("POST", "/api/v1/urls", {"originalUrl": url} | ({"customAlias": code} if code else {}), credential)["shortCode"]

    def page(self, kind="start"):
        """Where the dashboard opens by itself, once."""
        return f"{self.url}/#ticket={self.call('POST', '/api/v1/tickets', {'kind': kind})['ticket']}"

    def status(self, path):
        """The status of a GET that follows nothing."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def click(self, code, count=1, strangers=False):
        """As many clicks on one connection, a hundred at a time; returns when all were answered. Strangers are quicker served: nothing
        is believed of them, so that all are from nowhere."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            while count > 0:
                batch = min(count, 100)
                count -= batch
                requests = b""
                for _ in range(batch):
                    country, agent = VISITORS[self.clicks % len(VISITORS)]
                    owner = "" if strangers else f"Authorization: Bearer {self.key}\r\nX-Country: {country}\r\n"
                    requests += f"GET /{code} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{owner}User-Agent: {agent}\r\n\r\n".encode()
                    self.clicks += 1
                connection.sendall(requests)
                answers = b""
                while answers.count(b"\r\n\r\n") < batch:
                    more = connection.recv(65536)
                    assert more, "the server hung up"
                    answers += more
                assert answers.count(b"HTTP/1.1 302 ") == batch, answers[:400]
