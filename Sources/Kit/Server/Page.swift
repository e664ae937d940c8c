/// The live page served at `GET /`: one self-contained HTML document, no outside request.
///
/// It holds exactly one inline `<style>` and one inline `<script>` and no `style=` or `on…=` attribute, so that the content
/// security policy can name each by its SHA-256; `PageRoute` computes them.
enum Page {
    static let html: StaticString = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="referrer" content="no-referrer">
        <title>quikko</title>
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='9' fill='%23136556'/%3E%3Ccircle cx='15' cy='15' r='7' fill='none' stroke='%23fff' stroke-width='3.4'/%3E%3Cpath d='M19 19l6 6' stroke='%23fff' stroke-width='3.4' stroke-linecap='round'/%3E%3C/svg%3E">
        <style>
        :root { color-scheme: light dark; --bg: #f6f5f1; --card: #fffefb; --ink: #1b1d1b; --soft: #5f625d; --line: #dedcd4; --edge: #85877f; --accent: #136556; --on: #fff; --tint: #d9ece5; --bad: #9c2b1c; }
        @media (prefers-color-scheme: dark) { :root { --bg: #121513; --card: #1a1e1b; --ink: #ebece6; --soft: #a2a69e; --line: #2d322e; --edge: #6f766f; --accent: #77d3bb; --on: #0d1f1a; --tint: #20352e; --bad: #ff9d8b; } }
        *, ::before { box-sizing: border-box; margin: 0; }
        [hidden] { display: none !important; }
        body { background: var(--bg); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; max-width: 46rem; margin: 0 auto; padding: 1.25rem clamp(1rem, 4vw, 2rem) 4rem; }
        header, .ends { display: flex; justify-content: space-between; align-items: center; min-height: 2rem; }
        h1 { font-size: 1.125rem; font-weight: 650; letter-spacing: -.01em; }
        h2 { font-size: .9375rem; font-weight: 600; margin: 2.75rem 0 .625rem; }
        .soft, .pill, th { color: var(--soft); font-size: .875rem; }
        .pill { display: inline-flex; align-items: center; gap: .5rem; padding: .1875rem .75rem; border: 1px solid var(--line); border-radius: 9rem; background: var(--card); color: var(--ink); }
        .pill::before { content: ""; width: .625rem; height: .625rem; border-radius: 50%; border: 2px solid var(--soft); }
        .pill[data-state=live]::before { border: .3125rem solid var(--accent); }
        .pill[data-state=offline]::before { height: 0; border-width: 1.5px; border-radius: 0; border-color: var(--bad); }
        .hero { container-type: inline-size; text-align: center; padding-top: clamp(2rem, 8vw, 4.5rem); }
        #total { --n: 1; font-size: min(9.5rem, 30cqi, calc(150cqi / var(--n))); font-weight: 300; line-height: 1.05; letter-spacing: -.035em; white-space: nowrap; margin-bottom: .5rem; }
        #bars { display: block; width: 100%; height: 3rem; margin: 2.25rem 0 .25rem; overflow: visible; color: var(--accent); }
        #path { fill: none; stroke: currentColor; stroke-width: 3; stroke-linecap: round; vector-effect: non-scaling-stroke; }
        .row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
        .box { flex-wrap: nowrap; justify-content: space-between; background: var(--card); border: 1px solid var(--line); border-radius: .875rem; padding: .875rem 1rem; margin: .875rem 0; }
        input, button { font: inherit; color: inherit; border-radius: .625rem; border: 1px solid var(--edge); padding: .5625rem .875rem; background: var(--card); }
        input { flex: 999 1 14rem; min-width: 0; }
        input::placeholder { color: var(--soft); opacity: 1; }
        button { cursor: pointer; flex: none; min-width: 5.75rem; }
        button:hover { background: var(--tint); }
        button[aria-disabled=true] { opacity: .6; cursor: progress; }
        #make { flex: 1 0 auto; background: var(--accent); border-color: var(--accent); color: var(--on); font-weight: 600; }
        #make:hover { filter: brightness(1.12); }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        a { color: var(--accent); font-weight: 600; text-underline-offset: .2em; border-radius: .25rem; }
        a, .bad, #who { overflow-wrap: anywhere; }
        .bad:not(:empty) { color: var(--bad); margin: .875rem 0; padding-left: .75rem; border-left: 3px solid; }
        table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
        th, td { text-align: left; font-weight: 400; padding: .4375rem .75rem .4375rem 0; border-bottom: 1px solid var(--line); max-width: 9.5rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
        td:nth-child(2), code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .9em; }
        code { white-space: nowrap; }
        td[data-name]::after { content: "\2002" attr(data-name); color: var(--soft); }
        .new td { animation: land 1.4s ease-out; }
        @keyframes land { from { background: var(--tint); } }
        #gate { max-width: 33rem; margin: clamp(2rem, 10vw, 6rem) auto 0; }
        #gate h2 { font-size: 1.625rem; letter-spacing: -.02em; line-height: 1.25; margin: 0 0 .75rem; outline: 0; }
        .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        @media (max-width: 36rem) { table { table-layout: fixed; } table, th { font-size: .8125rem; } th, td { padding-right: .375rem; } th:first-child { width: 21%; } th:nth-child(2) { width: 22.5%; } code { font-size: .8rem; } td[data-name]::after { content: none; } }
        @media (prefers-reduced-motion: reduce) { .new td { animation: none; } }
        </style>
        </head>
        <body>
        <header><h1>quikko</h1><span class="pill" id="pill" hidden></span></header>
        <noscript><p>This page counts clicks as they happen and needs JavaScript for that.</p></noscript>
        <p class="sr" id="said" role="status" aria-live="polite"></p>
        <main>
        <section id="gate" aria-labelledby="gate-title" hidden><h2 id="gate-title" tabindex="-1">Open this page with a ticket</h2>
        <p class="bad" id="reason" role="alert"></p><button id="again" type="button" hidden>Try again</button>
        <div class="box row"><code id="cmd">quikko ticket new --open</code><button id="copy-cmd" type="button">Copy</button></div>
        <p class="soft">Run it in a terminal on the machine where quikko is installed. It opens this page with a ticket that works once; the tab then stays signed in for up to twelve hours.</p></section>
        <div id="app" hidden>
        <section class="hero" aria-label="Clicks in total"><p id="total">&ndash;</p><p>clicks on all your links</p><p class="soft" id="who">&nbsp;</p>
        <svg id="bars" viewBox="0 0 60 20" preserveAspectRatio="none" aria-hidden="true"><path id="path"/></svg><p class="soft ends"><span>last 60 seconds</span><span id="peak"></span></p></section>
        <section><h2><label for="url">Make a link</label></h2>
        <form id="form" class="row" novalidate><input id="url" inputmode="url" placeholder="https://a-long-address.example/page" autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="error"><button id="make">Shorten</button></form>
        <p class="bad" id="error" role="alert"></p><div class="box row" id="made" hidden><a id="short" target="_blank" rel="noopener"></a><button id="copy" type="button">Copy</button></div></section>
        <section><h2 id="last">Last clicks</h2><p class="soft" id="none">Nothing yet. Open one of your links and the click appears here.</p>
        <table id="table" aria-labelledby="last" hidden><thead><tr><th scope="col">Time</th><th scope="col">Link</th><th scope="col">Country</th><th scope="col">Device</th><th scope="col">Browser</th></tr></thead><tbody id="rows"></tbody></table></section>
        </div>
        </main>
        <script>
        'use strict';
        const $ = id => document.getElementById(id), KEY = 'quikko.session', MAX = 50, calm = matchMedia('(prefers-reduced-motion: reduce)');
        const num = new Intl.NumberFormat(), clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', hourCycle: 'h23' }), places = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
        const count = (n, one) => num.format(n) + ' ' + one + (n === 1 ? '' : 's'), safely = f => { try { return f(); } catch { return null; } };
        let token = null, ws = null, state = '', tries = 0, retryAt = 0, retryTimer = 0, tickAt = Date.now(), saidAt = 0, saidTotal = null;
        let total = null, since = 0, me = null, fresh = [], frame = 0, drawnAt = 0, listedAt = 0, barsDue = true, sec = 0; // since: clicks heard on the open socket
        const ring = new Float64Array(61); // clicks in each of 60 whole seconds and in the running one

        function remember(value) { token = value; safely(() => value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)); }
        async function api(method, path, bearer, data) {
          const headers = { Authorization: 'Bearer ' + bearer, ...(data && { 'Content-Type': 'application/json' }) };
          const res = await fetch(path, { method, headers, body: data && JSON.stringify(data), cache: 'no-store', signal: AbortSignal.timeout(15000) }).catch(() => null);
          const json = res && await res.json().catch(() => null);
          if (res?.ok && json?.success) return json.data;
          throw Object.assign(new Error(!res ? 'The server could not be reached.' : json?.error?.message || 'The server answered with status ' + res.status + '.'), { status: res?.status });
        }

        // Signing in: the ticket leaves the address bar first, then buys a session token for this tab.
        function start() {
          const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');
          if (ticket) { history.replaceState(null, '', location.pathname + location.search); return redeem(ticket); }
          if (token) return;
          remember(safely(() => sessionStorage.getItem(KEY)));
          token ? enter() : leave('');
        }
        async function redeem(ticket) {
          hangUp(); remember(null); show(true); setState('wait', 'connecting');
          try { remember((await api('POST', '/api/v1/tickets', ticket, { kind: 'session', ttl: 43200 })).token); enter(); }
          catch (e) { e.status === 401 ? leave('This ticket was not accepted: ' + e.message) : leave(e.message, () => redeem(ticket)); }
        }
        function enter() {
          total = saidTotal = me = null; fresh = []; tries = 0; ring.fill(0); $('rows').replaceChildren();
          $('table').hidden = $('made').hidden = true; $('none').hidden = false; $('error').textContent = '';
          $('who').textContent = '\u00a0'; drawTotal(); drawBars(); show(true); connect();
        }
        function leave(reason, again) {
          const inside = $('app').contains(document.activeElement);
          hangUp(); remember(null); show(false); document.title = 'quikko';
          $('reason').textContent = reason; $('again').hidden = !again; $('again').onclick = again || null;
          if (inside) $('gate-title').focus();
        }
        function show(app) { state = ''; $('app').hidden = $('pill').hidden = !app; $('gate').hidden = app; }

        // The live line: socket first, then the summary; every loss leads to another try, 1, 2, 4 ... 30 s apart.
        function hangUp() { clearTimeout(retryTimer); retryAt = 0; const old = ws; ws = null; old?.close(); }
        function connect() {
          hangUp();
          if (!token) return;
          setState('wait', tries || state === 'live' ? 'reconnecting' : 'connecting');
          const s = ws = new WebSocket(location.origin.replace(/^http/, 'ws') + '/ws?token=' + encodeURIComponent(token));
          let opened = false;
          const lost = () => { clearTimeout(slow); if (s !== ws) return; wait(); if (!opened) sync(null); }; // a refused handshake may mean 401: ask
          const slow = setTimeout(lost, 10000);
          s.onopen = () => { clearTimeout(slow); if (s !== ws) return; opened = true; tries = since = 0; setState('live', 'live'); sync(s); };
          s.onclose = lost;
          s.onmessage = e => { const m = s === ws && safely(() => JSON.parse(e.data)); if (m?.type === 'click_event' && m.payload) heard(m.payload); };
        }
        function wait() {
          hangUp();
          const ms = Math.min(30, 2 ** tries++) * 1000 * (1 + Math.random() * .2);
          retryAt = Date.now() + ms; retryTimer = setTimeout(connect, ms); label();
        }
        function label() {
          if (!retryAt) return;
          navigator.onLine === false ? setState('offline', 'offline') : setState('wait', 'reconnecting in ' + Math.max(1, Math.round((retryAt - Date.now()) / 1000)) + ' s');
        }
        function setState(next, text) {
          if ($('pill').textContent !== text) $('pill').textContent = text;
          if (state === next) return;
          if (state && total !== null) say(next === 'live' ? 'Connected again.' : next === 'offline' ? 'Offline.' : 'Connection lost, trying again.');
          state = $('pill').dataset.state = next;
        }
        async function sync(s) { // s: the open socket the number starts from; null: only a probe
          const used = token;
          try {
            const d = await api('GET', '/api/v1/auth/me/summary', used);
            if (used !== token || (s !== ws && total !== null)) return;
            me = d; total = d.totalClicks + (s ? since : 0); about(); schedule();
          } catch (e) {
            if (used !== token) return;
            if (e.status === 401) return leave('The session has ended: ' + e.message);
            if (s && s === ws) { $('who').textContent = e.message; setTimeout(() => s === ws && sync(s), 5000); }
          }
        }
        function about() {
          const links = me.activeUrlsLimit == null ? count(me.activeUrlsCount, 'active link') : num.format(me.activeUrlsCount) + ' of ' + count(me.activeUrlsLimit, 'active link');
          $('who').textContent = [links, me.email].filter(Boolean).join(' \u00b7 ');
        }

        // Counting is cheap and immediate; drawing happens at most once a frame, and not at all in a hidden tab.
        function heard(click) {
          since++; if (total !== null) total++;
          ring[roll() % 61]++;
          if (fresh.push(click) > MAX) fresh.shift();
          schedule();
        }
        function roll() { const now = Math.floor(performance.now() / 1000); for (let i = Math.max(sec + 1, now - 60); i <= now; i++) ring[i % 61] = 0; return sec = now; }
        function schedule() { frame ||= requestAnimationFrame(draw); }
        function draw(t) {
          frame = 0;
          if (t - drawnAt >= (calm.matches ? 500 : 0)) { drawnAt = t; drawTotal(); }
          if (fresh.length && t - listedAt >= (calm.matches ? 500 : 150)) { listedAt = t; drawRows(); }
          if (barsDue) { barsDue = false; drawBars(); }
          if (fresh.length || drawnAt !== t) schedule();
        }
        function drawTotal() {
          const text = total === null ? '\u2013' : num.format(total), el = $('total');
          if (el.textContent === text) return;
          el.style.setProperty('--n', text.length); el.textContent = text;
        }
        function drawRows() {
          const body = $('rows'), few = fresh.length < 4;
          $('table').hidden = false; $('none').hidden = true;
          for (const c of fresh) {
            const tr = body.children.length < MAX ? document.createElement('tr') : body.lastElementChild;
            const at = new Date(String(c.timestamp).replace(/(\.\d{3})\d+/, '$1')), place = safely(() => places.of(c.country));
            while (tr.children.length < 5) tr.append(document.createElement('td'));
            [isNaN(at) ? '' : clock.format(at), c.shortCode, c.country, c.deviceType, c.browser].forEach((v, i) => { tr.children[i].textContent = v || '\u2013'; });
            place ? tr.children[2].dataset.name = place : delete tr.children[2].dataset.name;
            tr.className = few ? 'new' : ''; body.prepend(tr);
          }
          fresh = [];
        }
        function drawBars() {
          const now = roll(), past = Array.from({ length: 60 }, (_, i) => ring[(now + i + 1) % 61]), top = Math.max(...past);
          $('path').setAttribute('d', past.map((n, i) => 'M' + (i + .5) + ' 20v' + (-.01 - 20 * n / Math.max(top, 4)).toFixed(2)).join(''));
          $('peak').textContent = 'peak ' + num.format(top) + ' per second';
        }
        function say(text) { $('said').textContent = text; saidAt = Date.now(); }
        function tick() {
          const now = Date.now(), asleep = now - tickAt > 90000; tickAt = now;
          if (!token) return;
          if (asleep || (retryAt && now > retryAt + 1500)) connect(); // the machine slept or timers were held back: trust no old line
          label(); barsDue = true; schedule();
          if (total === null) return;
          document.title = num.format(total) + ' \u00b7 quikko';
          if (total !== saidTotal && now - saidAt > 20000) { say(count(total, 'click') + ' in total' + (saidTotal !== null && total > saidTotal ? ', ' + num.format(total - saidTotal) + ' new.' : '.')); saidTotal = total; }
        }

        $('form').onsubmit = async e => {
          e.preventDefault();
          const make = $('make'), typed = $('url').value.trim(), used = token;
          if (make.ariaDisabled === 'true') return;
          $('error').textContent = '';
          if (!typed) { $('error').textContent = 'Paste the address the link should lead to.'; return $('url').focus(); }
          make.ariaDisabled = 'true';
          try {
            const d = await api('POST', '/api/v1/urls', used, { originalUrl: /^[a-z][a-z\d+.-]*:\/\//i.test(typed) ? typed : 'https://' + typed });
            if (used !== token) return;
            $('short').textContent = d.shortUrl; /^https?:\/\//i.test(d.shortUrl) ? $('short').href = d.shortUrl : $('short').removeAttribute('href');
            $('made').hidden = false; $('url').value = ''; say('Short link ready: ' + d.shortUrl);
            if (me) { me.activeUrlsCount++; about(); }
          } catch (err) {
            if (used !== token) return;
            if (err.status === 401) leave('The session has ended: ' + err.message); else { $('made').hidden = true; $('error').textContent = err.message; }
          } finally { make.ariaDisabled = 'false'; }
        };
        async function copy(from, button) {
          let ok = true;
          try { await navigator.clipboard.writeText(from.textContent); } catch { getSelection().selectAllChildren(from); ok = document.execCommand('copy'); } // plain http has no clipboard object
          button.textContent = ok ? 'Copied' : 'Selected'; say(ok ? 'Copied.' : 'Selected. Copy it with the keyboard.');
          setTimeout(() => { button.textContent = 'Copy'; }, 2000);
        }
        $('copy').onclick = e => copy($('short'), e.currentTarget);
        $('copy-cmd').onclick = e => copy($('cmd'), e.currentTarget);
        addEventListener('hashchange', start);
        addEventListener('online', () => { tries = 0; connect(); });
        addEventListener('offline', connect); // a fresh try: a server on this very machine answers even now
        document.addEventListener('visibilitychange', () => { if (!document.hidden) tick(); });
        setInterval(tick, 1000);
        start();
        </script>
        </body>
        </html>

        """#
}
