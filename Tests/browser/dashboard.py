#!/usr/bin/env python3
"""The dashboard in a real browser. `dashboard.py SCENARIO` runs one; `QUIKKO_PROGRAM` is the server, `HOME` an empty directory.

Every scenario ends with the same questions: did the console complain, and did the page ask anyone but its own server?
"""
import asyncio
import base64
import json
import os
import re
import signal
import socket
import statistics
import sys
from urllib.parse import urlsplit

from audit import contrast_faults, focus_order, nameless
from chromium import PATIENCE, chromium
from server import Server

LIVE = "document.getElementById('pill').textContent === 'live'"
TOTAL = "#live .total"
IN_RANGE = "[...document.querySelectorAll('#live .facts dd')].at(-1).textContent"


def shown(number):
    return f"document.querySelector('{TOTAL}')?.textContent === '{number:,}'"


def check(condition, *about):
    if not condition:
        raise AssertionError(" ".join(map(str, about)))


async def signed_in(browser, server):
    tab = await browser.tab()
    await tab.look(1440)
    await tab.open(server.page())
    await tab.until(LIVE)
    # Gone with a reload.
    await tab.run("window.sameDocument = true")
    return tab


async def finished(tab, server, *expected):
    """No reload, no word on the console but the expected ones, nobody else asked."""
    check(await tab.run("window.sameDocument"), "the page was reloaded")
    complaints = [error for error in tab.errors if not any(word in error for word in expected)]
    check(not complaints, "the console has", complaints)
    hosts = {urlsplit(url).netloc for url in tab.requests}
    check(hosts == {urlsplit(server.url).netloc}, "the page asked", hosts)


async def numbers(tab):
    return await tab.run("[...document.querySelectorAll('#live .clicks tbody tr:not(.notice) td:first-child')].map(e => Number(e.textContent.replaceAll(',', '')))")


async def ranking(tab, place, title):
    """`{name: number}` of one of the lists of a panel."""
    return await tab.run("""Object.fromEntries([...document.querySelectorAll(%s)]
        .find(rank => rank.querySelector('h3').firstChild.data === %s).querySelectorAll('li').values()
        .map(li => [li.children[0].textContent, Number(li.children[1].textContent.replaceAll(',', ''))]))""" % (json.dumps(place + " .rank"), json.dumps(title)))


async def first_click(browser, server):
    """Sign in, make a link, click it: the numbers move without a reload, in every view."""
    tab = await signed_in(browser, server)
    check(await tab.run("location.href") == server.url + "/", "the ticket is still in the address bar")
    check(await tab.text(TOTAL) == "0", "an empty server has clicks")
    await tab.click("#url")
    await tab.run("document.getElementById('url').focus()")
    await tab.type("example.com/a-page")
    await tab.key("Enter")
    short = await tab.until("!document.getElementById('made').hidden && document.getElementById('made-url').textContent")
    code = short.rsplit("/", 1)[1]
    server.click(code, 5)
    await tab.until(shown(5))
    await tab.until("document.querySelectorAll('#live .clicks tbody tr').length === 5")
    check(await numbers(tab) == [5, 4, 3, 2, 1], "the last clicks are", await numbers(tab))
    await tab.until("document.querySelector('#live .rank li .n')?.textContent === '5'")
    check(await ranking(tab, "#live", "Top links") == {code: 5})
    check(await ranking(tab, "#live", "Countries") == {"Germany": 2, "France": 1, "Peru": 1, "United States": 1})
    check(await ranking(tab, "#live", "Devices") == {"Mobile": 3, "Desktop": 2})
    check(await ranking(tab, "#live", "Browsers") == {"Safari": 3, "Firefox": 2})
    # The list of links, and one of them switched off and on.
    await tab.click("a[data-view=links]")
    await tab.until(f"document.querySelector('#links-rows th')?.textContent.startsWith('{code}')")
    check(await tab.run("document.activeElement.id") == "links-title", "the focus did not follow to the new view")
    server.click(code, 2)
    await tab.until("document.querySelector('#links-rows .count').textContent === '7'")
    await tab.click("#links-rows .actions button:last-child")
    await tab.until("document.querySelector('#links-rows .actions button:last-child').textContent === 'Resume'")
    check(server.status("/" + code) == 410, "a paused link leads somewhere")
    await tab.click("#links-rows .actions button:last-child")
    await tab.until("document.querySelector('#links-rows .actions button:last-child').textContent === 'Pause'")
    # One link by itself.
    await tab.click("#links-rows th a")
    await tab.until("document.querySelector('#link .total')?.textContent === '7'")
    server.click(code, 3)
    await tab.until("document.querySelector('#link .total').textContent === '10'")
    await tab.until("document.querySelector('#link .rank li .n')?.textContent === '4'")
    check((await ranking(tab, "#link", "Countries"))["Germany"] == 4)
    await tab.click("a[data-view=live]")
    await tab.until(shown(10))
    await finished(tab, server)


async def sign_in(browser, server):
    """A ticket works once; the gate says what to do; a session survives a reload and ends with signing out."""
    address = server.page()
    tab = await browser.tab()
    await tab.open(address)
    await tab.until(LIVE)
    await tab.send("Page.reload")
    await tab.until(LIVE)
    await tab.run("window.sameDocument = true")
    await tab.click("#leave")
    await tab.until("!document.getElementById('gate').hidden")
    check(await tab.run("sessionStorage.length") == 0, "signing out left something behind")
    await tab.run(f"location.hash = {json.dumps(urlsplit(address).fragment)}")
    await tab.until("document.getElementById('reason').textContent.includes('not accepted')")
    check("ticket" not in await tab.run("location.href"), "the ticket is still in the address bar")
    check(await tab.text("#cmd") == "quikko ticket new --open")
    await finished(tab, server, "401")


async def account(browser, server):
    """E-mail and password; a token that has run out is renewed without a word; nobody but administrators sees the server."""
    ana = {"email": "ana@example.com", "password": "correct horse"}
    token = server.call("POST", "/api/v1/auth/register", ana)["accessToken"]
    code = server.shorten("https://example.com/", "anas", token)
    tab = await browser.tab()
    await tab.open(server.url)
    await tab.until("!document.getElementById('gate').hidden")
    await tab.run("window.sameDocument = true")
    for password, outcome in (("wrong horse", "document.getElementById('login-error').textContent !== ''"), (ana["password"], LIVE)):
        for field, text in (("email", ana["email"]), ("password", password)):
            await tab.run(f"document.getElementById('{field}').focus(), document.getElementById('{field}').select()")
            await tab.type(text)
        await tab.key("Enter")
        await tab.until(outcome)
    server.click(code, 3)
    await tab.until(shown(3))
    # The list is refused once, as it is when the token has run out.
    await tab.send("Fetch.enable", patterns=[{"urlPattern": "*/api/v1/urls?*"}])
    held = tab.wait("Fetch.requestPaused")
    await tab.click("a[data-view=links]")
    request = await asyncio.wait_for(held, PATIENCE)
    refusal = {"success": False, "data": None, "error": {"code": "AUTH_TOKEN_EXPIRED", "message": "expired"}}
    await tab.send("Fetch.fulfillRequest", requestId=request["requestId"], responseCode=401, body=base64.b64encode(json.dumps(refusal).encode()).decode())
    await tab.send("Fetch.disable")
    await tab.until(f"document.querySelector('#links-rows th')?.textContent.startsWith('{code}')")
    check(any(url.endswith("/api/v1/auth/refresh") for url in tab.requests), "the token was not renewed")
    check(await tab.run("document.getElementById('nav-server').hidden"), "a user is offered the server's view")
    await finished(tab, server, "401")


async def restart(browser, server):
    """Stopped, then killed, and started again with clicks before the page is back: it catches up exactly."""
    tab = await signed_in(browser, server)
    code = server.shorten("https://example.com/", "steady")
    server.click(code, 10)
    await tab.until(shown(10))
    for turn, number in enumerate((signal.SIGTERM, signal.SIGKILL), 1):
        server.end(number)
        await tab.until("!(%s)" % LIVE, "the loss of the connection to be shown")
        server.start()
        server.click(code, 7)
        await tab.until(shown(10 + 7 * turn))
        await tab.until(LIVE)
    server.click(code, 1)
    await tab.until(shown(25))
    await tab.until("document.querySelector('#live .clicks td').textContent === '25'")
    seen = await numbers(tab)
    check(seen == list(range(25, 25 - len(seen), -1)), "the last clicks are", seen)
    await tab.until("document.querySelector('#live .rank li .n')?.textContent === '25'")
    await finished(tab, server, "ERR_", "WebSocket")


async def gap(browser, server):
    """A page that does not keep up is told what it missed, shows it, and fetches it; then the numbers are exact."""
    tab = await signed_in(browser, server)
    code = server.shorten("https://example.com/", "flood")
    server.click(code, 1)
    await tab.until(shown(1))
    # Thousands of frames need not be told one by one.
    await tab.send("Network.disable")
    # The page stands still; what it asks for when it goes on is held until the gap has been looked at.
    await tab.send("Fetch.enable", patterns=[{"urlPattern": "*/api/v1/events?from=*"}])
    await tab.send("Debugger.enable")
    paused = tab.wait("Debugger.paused")
    await tab.send("Debugger.pause")
    server.click(code, 1)
    await asyncio.wait_for(paused, PATIENCE)
    count = 2
    # Until the server says that it has dropped something for this page.
    while not any(one["dropped"]["full"] for one in server.call("GET", "/api/v1/server/connections?state=open")):
        await asyncio.to_thread(server.click, code, 2000, strangers=True)
        count += 2000
        check(count < 100_000, "the page took it all")
    held = tab.wait("Fetch.requestPaused")
    await tab.send("Debugger.resume")
    await tab.send("Debugger.disable")
    request = await asyncio.wait_for(held, PATIENCE)
    missed = await tab.until("document.querySelector('#live tr.notice.gap')?.textContent")
    check(re.search(r"[\d,]+ clicks missed, [\d,]+ to [\d,]+: this page was too slow. Fetching them", missed), missed)
    check(await tab.run(IN_RANGE) != f"{count:,}", "the gap was counted before it was filled")
    await tab.send("Fetch.disable")
    check(request, "nothing was fetched")
    await tab.until("document.querySelector('#live tr.notice.filled') && !document.querySelector('#live tr.notice.gap') || !document.querySelector('#live tr.notice')")
    server.click(code, 1)
    await tab.until(shown(count + 1))
    await tab.until(f"{IN_RANGE} === '{count + 1:,}'")
    await tab.until(LIVE)
    await finished(tab, server)
    print(f"{count + 1} clicks; {missed}")


async def pace(browser, server):
    """200 clicks a second for 10 s: every one is counted, and the document changes at most once a frame."""
    tab = await signed_in(browser, server)
    code = server.shorten("https://example.com/", "busy")
    await tab.run("""{
        const frames = window.frames_ = [], changed = window.changed_ = [];
        let last = 0, number = 0;
        const frame = now => { if (last) frames.push(now - last); last = now; number++; requestAnimationFrame(frame) };
        requestAnimationFrame(frame);
        new MutationObserver(() => changed.push(number)).observe(document.getElementById('live'), {subtree: true, childList: true, characterData: true});
    }""")
    loop = asyncio.get_running_loop()
    before = await tab.busy()
    start, clicks = loop.time(), 2000
    for i in range(clicks // 10):
        await asyncio.to_thread(server.click, code, 10, strangers=True)
        await asyncio.sleep(max(0, start + (i + 1) / 20 - loop.time()))
    took = loop.time() - start
    await tab.until(shown(clicks))
    busy = await tab.busy() - before
    frames, changed, rows = await tab.run("[frames_, changed_, document.querySelectorAll('#live .clicks tbody tr').length]")
    check(rows == 20, rows, "lines of last clicks")
    check(len(changed) == len(set(changed)), "the document changed more than once in a frame")
    await tab.until(f"{IN_RANGE} === '{clicks:,}'")
    await finished(tab, server)
    frames.sort()
    print(json.dumps({
        "clicks": clicks, "seconds": round(took, 2), "frames": len(frames), "medianMilliseconds": round(statistics.median(frames), 2),
        "p99Milliseconds": round(frames[int(len(frames) * .99)], 2), "longestMilliseconds": round(frames[-1], 2),
        "over25Milliseconds": sum(frame > 25 for frame in frames), "mainThreadBusy": f"{busy / took:.0%}"}))


async def books(browser, server):
    """An administrator sees the server, and a client that stalls, as it happens."""
    tab = await signed_in(browser, server)
    code = server.shorten("https://example.com/", "ledger")
    await tab.until("!document.getElementById('nav-server').hidden")
    await tab.click("#nav-server")
    await tab.until("document.querySelector('#server .verdict')?.textContent.startsWith('The books balance')")
    await tab.until("document.querySelectorAll('.consumers tbody tr').length === 1")
    # One that never reads.
    ticket = server.call("POST", "/api/v1/tickets", {"kind": "ticket"})["ticket"]
    with socket.socket() as stalled:
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.connect(("127.0.0.1", server.port))
        stalled.sendall((f"GET /ws?positions=1&ticket={ticket} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
        check(stalled.recv(12) == b"HTTP/1.1 101", "the stalled client was refused")
        await tab.until("document.querySelectorAll('.consumers tbody tr').length === 2")
        while not await tab.run("document.querySelector('.consumers .tag.slow') !== null"):
            await asyncio.to_thread(server.click, code, 500, strangers=True)
            check(server.clicks < 100_000, "nobody was slow")
        await tab.until("document.querySelector('.consumers tbody tr').children[5].textContent !== '0'")
        check(await tab.run("document.querySelector('.consumers tbody tr .tag').textContent") == "slow", "it is not the first")
    await tab.until("document.querySelectorAll('.consumers tbody tr').length === 1")
    check((await tab.text("#server .verdict")).startswith("The books balance"))
    await finished(tab, server)


async def access(browser, server):
    """Contrast of every text, names of every control, focus in the order of reading: in every view, in both themes, at three widths."""
    tab = await signed_in(browser, server)
    for code in ("reading", "writing"):
        server.click(server.shorten(f"https://example.com/{code}", code), 6)
    await tab.until(shown(12))
    await tab.until("!document.getElementById('nav-server').hidden")
    ready = {
        "": "document.querySelectorAll('#live .rank li').length > 3", "links": "document.querySelector('#links-rows button') !== null",
        "links/reading": "document.querySelector('#link .total')?.textContent === '6'", "server": "document.querySelector('.consumers td') !== null"}
    for view, is_ready in ready.items():
        await tab.run(f"location.hash = '#/{view}'")
        await tab.until(is_ready)
        await audited(tab, view)
    await tab.click("#leave")
    await tab.until("!document.getElementById('gate').hidden")
    await audited(tab, "gate")
    await finished(tab, server)


async def audited(tab, view):
    for width in (390, 820, 1440):
        for dark in (False, True):
            # Still, so that no colour is seen on its way to another.
            await tab.look(width, dark=dark, calm=True)
            check(not (faults := await contrast_faults(tab)), view, width, "dark" if dark else "light", "low contrast:", faults)
        wide = await tab.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        check(wide <= 0, view, width, "is", wide, "px too wide")
    check(not (names := await nameless(tab)), view, "controls without a name:", names)
    order, expected, unseen = await focus_order(tab)
    check(order == expected, view, "the focus goes", order, "and not", expected)
    check(not unseen, view, "the focus cannot be seen on", unseen)


SCENARIOS = {scenario.__name__: scenario for scenario in (first_click, sign_in, account, restart, gap, pace, books, access)}


async def main(name):
    server = Server(os.environ["QUIKKO_PROGRAM"], os.environ["HOME"], "--durability", "strict", "--allow-registration")
    try:
        async with chromium() as browser:
            await SCENARIOS[name](browser, server)
    finally:
        server.end()


if __name__ == "__main__":
    # Whoever runs this reads one stream.
    sys.stderr = sys.stdout
    asyncio.run(main(sys.argv[1]))
