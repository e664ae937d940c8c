"""A headless Chromium, driven over the DevTools protocol: nothing but `websockets` and the standard library."""
import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile

import websockets

# Long enough for a machine that does much else at the same time; nothing waits this long when all is well.
PATIENCE = 120


def program():
    """Where Chromium is; None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Tab:
    """One page and what it said: console errors, exceptions, and every address it asked for."""

    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        self.errors, self.requests = [], []
        self.awaited = {}

    async def send(self, method, **params):
        return await self.browser.send(method, self.session, **params)

    def wait(self, method):
        """A future of the next event of this name."""
        future = asyncio.get_running_loop().create_future()
        self.awaited.setdefault(method, []).append(future)
        return future

    def hear(self, method, params):
        for future in self.awaited.pop(method, []):
            future.set_result(params)
        if method == "Runtime.exceptionThrown":
            self.errors.append(json.dumps(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.errors.append(json.dumps(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requests.append(params["url"])

    async def open(self, url):
        await self.send("Page.navigate", url=url)

    async def run(self, script):
        """The value of an expression, awaited if it is a promise."""
        answer = await self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {json.dumps(answer['exceptionDetails'])}")
        return answer["result"].get("value")

    async def until(self, script, what=None):
        """Waits until an expression is true; looked at with each change of the document."""
        watch = """new Promise((done, fail) => {
            const look = () => { let v; try { v = (%s) } catch { v = false } if (v) { end(); done(v) } };
            const watcher = new MutationObserver(look), timer = setInterval(look, 200);
            const limit = setTimeout(() => { end(); fail(new Error('waited in vain')) }, %d);
            const end = () => { watcher.disconnect(); clearInterval(timer); clearTimeout(limit) };
            watcher.observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
            look();
        })""" % (script, PATIENCE * 1000)
        try:
            return await self.run(watch)
        except AssertionError:
            seen = await self.run("document.body.innerText")
            raise AssertionError(f"waited in vain for {what or script}; the page says:\n{seen}\n{self.errors}") from None

    async def text(self, selector):
        return await self.run(f"document.querySelector({json.dumps(selector)})?.textContent")

    async def click(self, selector):
        await self.run(f"document.querySelector({json.dumps(selector)}).click()")

    async def key(self, key, code=None, shift=False):
        about = dict(key=key, code=code or key, windowsVirtualKeyCode={"Tab": 9, "Enter": 13}.get(key, 0), modifiers=8 if shift else 0)
        await self.send("Input.dispatchKeyEvent", type="keyDown", **about, **({"text": "\r"} if key == "Enter" else {}))
        await self.send("Input.dispatchKeyEvent", type="keyUp", **about)

    async def type(self, text):
        await self.send("Input.insertText", text=text)

    async def busy(self):
        """Seconds its main thread has worked."""
        await self.send("Performance.enable")
        metrics = (await self.send("Performance.getMetrics"))["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    async def look(self, width, height=900, dark=False, calm=False, phone=False):
        await self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if phone else 1, mobile=phone)
        await self.send("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"}])

    async def picture(self, path, whole=False):
        shot = await self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))


class Browser:
    def __init__(self, socket):
        self.socket = socket
        self.numbers = itertools.count(1)
        self.waiting, self.tabs = {}, {}

    async def listen(self):
        async for message in self.socket:
            message = json.loads(message)
            if "id" in message:
                future = self.waiting.pop(message["id"])
                if future.done():
                    continue
                if "error" in message:
                    future.set_exception(AssertionError(message["error"]["message"]))
                else:
                    future.set_result(message["result"])
            elif (tab := self.tabs.get(message.get("sessionId"))) is not None:
                tab.hear(message["method"], message["params"])

    async def send(self, method, session=None, **params):
        number = next(self.numbers)
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})))
        return await asyncio.wait_for(future, PATIENCE + 30)

    async def tab(self):
        context = (await self.send("Target.createBrowserContext"))["browserContextId"]
        target = (await self.send("Target.createTarget", url="about:blank", browserContextId=context))["targetId"]
        session = (await self.send("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = self.tabs[session] = Tab(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            await tab.send(domain + ".enable")
        return tab


@contextlib.asynccontextmanager
async def chromium():
    """Starts a browser with a profile of its own and ends it."""
    profile = tempfile.mkdtemp(prefix="quikko-chromium-")
    # Debian's wrapper script would outlive its child; root may not use the sandbox.
    process = subprocess.Popen(
        [program(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
         "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    try:
        loop = asyncio.get_running_loop()
        while True:
            line = (await asyncio.wait_for(loop.run_in_executor(None, process.stderr.readline), PATIENCE)).decode()
            if not line:
                raise RuntimeError("chromium did not start")
            if line.startswith("DevTools listening on "):
                address = line.split()[-1]
                break
        # Nobody reads what else it says: the pipe must not fill up.
        drain = loop.run_in_executor(None, process.stderr.read)
        async with websockets.connect(address, max_size=None, ping_interval=None) as socket:
            browser = Browser(socket)
            listener = asyncio.create_task(browser.listen())
            try:
                yield browser
            finally:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(browser.send("Browser.close"), 10)
                listener.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait()
        with contextlib.suppress(Exception):
            await drain
        shutil.rmtree(profile, ignore_errors=True)
