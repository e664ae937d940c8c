// The page: who looks, at which view, and the line to the server that keeps it alive.
import { $, write, show, number, count, copy, say, dateOf, instant } from './dom.js';
import * as session from './session.js';
import { Screen } from './screen.js';
import { LinkList, create, find, mark, setActive } from './links.js';
import { ServerView } from './server.js';

let home = null, single = null, list = null, books = null, seesServer = false, view = '', frame = 0;

// Signing in and out.

async function start() {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');
  if (ticket) {
    // The ticket leaves the address bar before anything else.
    history.replaceState(null, '', location.pathname + location.search);
    return redeem(ticket);
  }
  if (session.isSignedIn()) return route();
  if (session.restore()) enter(); else leave('');
}

async function redeem(ticket) {
  close();
  connection('connecting');
  try {
    await session.redeem(ticket);
    enter();
  } catch (error) {
    leave(error.status === 401 ? 'This ticket was not accepted: ' + error.message : error.message,
      error.status === 401 ? null : () => redeem(ticket));
  }
}

async function enter() {
  show($('gate'), false);
  show($('nav'), true);
  show($('leave'), true);
  show($('pill'), true);
  home = new Screen(null, $('live-panel'), {
    event: e => { if (list?.event(e) && view === 'links') frame ||= requestAnimationFrame(() => { frame = 0; list.draw(); }); },
    state: name => {
      connection(name);
      // What was missed is in the numbers of the list, too.
      if (name === 'live' && view === 'links') list.load();
    },
  });
  list ??= new LinkList();
  home.begin();
  route();
  try {
    seesServer = await session.seesServer();
    show($('nav-server'), seesServer);
    route();
  } catch { /* the feed says what is wrong */ }
}

function close() {
  home?.end();
  single?.end();
  books?.stop();
  home = single = null;
  seesServer = false;
  view = '';
  for (const id of ['live', 'links', 'link', 'server', 'nav', 'nav-server', 'leave', 'pill']) show($(id), false);
}

function leave(reason, again) {
  const inside = document.activeElement !== document.body;
  close();
  session.forget();
  document.title = 'quikko';
  write($('reason'), reason);
  show($('again'), Boolean(again));
  $('again').onclick = again ?? null;
  show($('gate'), true);
  if (inside) $('gate-title').focus();
}

// Views.

function route() {
  if (!home) return;
  const [, name = '', code] = location.hash.split('/');
  const next = name === 'links' ? code ? 'link' : 'links' : name === 'server' && seesServer ? 'server' : 'live';
  const to = next === 'link' ? 'link ' + code : next;
  if (to === view) return;
  const isFirst = !view;
  view = to;
  for (const id of ['live', 'links', 'link', 'server']) show($(id), id === next);
  for (const link of $('nav').children) {
    if (link.dataset.view === (next === 'link' ? 'links' : next)) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
  }
  single?.end();
  single = null;
  books?.stop();
  if (next === 'links') list.load();
  if (next === 'link') open(decodeURIComponent(code));
  if (next === 'server') (books ??= new ServerView()).start();
  home.schedule();
  title();
  if (!isFirst) {
    scrollTo(0, 0);
    $(next + '-title').focus({ preventScroll: true });
  }
}

async function open(code) {
  const here = view;
  write($('link-title'), code);
  write($('link-about'), '\u00a0');
  write($('link-error'), '');
  $('link-panel').replaceChildren();
  for (const id of ['link-state', 'link-copy', 'link-toggle']) show($(id), false);
  let link;
  try { link = await find(code); } catch (error) { if (view === here) write($('link-error'), error.message); return; }
  if (view !== here) return;
  const url = document.createElement('a');
  Object.assign(url, { href: link.originalUrl, textContent: link.originalUrl, rel: 'noopener', target: '_blank' });
  $('link-about').replaceChildren('leads to ', url, `, made ${dateOf(instant(link.createdAt))}`);
  const short = document.createElement('span');
  short.textContent = link.shortUrl;
  const state = () => {
    mark($('link-state'), link);
    write($('link-toggle'), link.isActive ? 'Pause' : 'Resume');
  };
  state();
  for (const id of ['link-state', 'link-copy', 'link-toggle']) show($(id), true);
  $('link-copy').onclick = event => copyText(link.shortUrl, event.currentTarget);
  $('link-toggle').onclick = async () => {
    $('link-toggle').disabled = true;
    try { await setActive(link, !link.isActive); write($('link-error'), ''); } catch (error) { write($('link-error'), error.message); }
    $('link-toggle').disabled = false;
    if (view === here) state();
    $('link-toggle').focus();
  };
  single = new Screen(code, $('link-panel'));
  single.begin();
}

function copyText(text, button) {
  const node = document.createElement('span');
  node.className = 'sr';
  node.textContent = text;
  button.after(node);
  copy(node, button).finally(() => node.remove());
}

// The line to the server, always in sight.

let told = '';

function connection(name) {
  const wait = home?.feed.retryAt ? Math.max(1, Math.round((home.feed.retryAt - Date.now()) / 1000)) : 0;
  const text = name !== 'reconnecting' ? name : navigator.onLine === false ? 'offline' : wait ? `reconnecting in ${wait} s` : 'reconnecting';
  const kind = name === 'live' ? 'live' : text === 'offline' ? 'offline' : 'wait';
  write($('pill'), text);
  if ($('pill').dataset.state === kind) return;
  $('pill').dataset.state = kind;
  if (told && home?.counts.total != null) say(kind === 'live' ? 'Connected again.' : kind === 'offline' ? 'Offline.' : 'Connection lost, trying again.');
  if (kind !== 'wait' || told) told = kind;
}

let tickedAt = Date.now(), saidAt = 0, saidTotal = null;

function title() {
  const total = home?.counts.total;
  document.title = total == null ? 'quikko' : `${number(total)} \u00b7 quikko`;
}

function tick() {
  const now = Date.now(), slept = now - tickedAt > 90000;
  tickedAt = now;
  if (!home) return;
  // The machine slept, or timers were held back: no old line is to be trusted.
  if (slept) { home.feed.distrust(); single?.feed.distrust(); }
  if (home.feed.state !== 'closed') connection(home.feed.state);
  title();
  const { total } = home.counts;
  if (total === null || document.hidden || total === saidTotal || now - saidAt < 20000) return;
  say(count(total, 'click') + ' in total' + (saidTotal !== null && total > saidTotal ? `, ${number(total - saidTotal)} new.` : '.'));
  saidAt = now;
  saidTotal = total;
}

// Making a link.

$('make').onsubmit = async event => {
  event.preventDefault();
  const button = $('make-button'), typed = $('url').value.trim(), error = $('make-error');
  if (button.ariaDisabled === 'true') return;
  write(error, '');
  if (!typed) {
    write(error, 'Paste the address the link should lead to.');
    return $('url').focus();
  }
  button.ariaDisabled = 'true';
  try {
    const link = await create(typed);
    write($('made-url'), link.shortUrl);
    $('made-url').href = link.shortUrl;
    show($('made'), true);
    $('url').value = '';
    say('Short link ready: ' + link.shortUrl);
  } catch (problem) {
    show($('made'), false);
    write(error, problem.message);
  } finally { button.ariaDisabled = 'false'; }
};
$('made-copy').onclick = event => copy($('made-url'), event.currentTarget);
$('login').onsubmit = async event => {
  event.preventDefault();
  const button = $('login-button'), error = $('login-error'), [email, password] = [$('email'), $('password')];
  if (button.ariaDisabled === 'true') return;
  write(error, '');
  const missing = !email.value.trim() ? email : !password.value ? password : null;
  if (missing) {
    write(error, missing === email ? 'Type the e-mail address of your account.' : 'Type your password.');
    return missing.focus();
  }
  button.ariaDisabled = 'true';
  try {
    await session.signIn(email.value.trim(), password.value);
    password.value = '';
    write($('reason'), '');
    enter();
    $('main').focus({ preventScroll: true });
  } catch (problem) { write(error, problem.message); } finally { button.ariaDisabled = 'false'; }
};
$('copy-cmd').onclick = event => copy($('cmd'), event.currentTarget);
$('leave').onclick = () => leave('');

session.whenEnded(leave);
addEventListener('hashchange', start);
addEventListener('online', () => { home?.hurry(); single?.hurry(); });
addEventListener('offline', () => { home?.feed.distrust(); });
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  tick();
  home?.schedule();
  single?.schedule();
});
setInterval(tick, 1000);
start();
