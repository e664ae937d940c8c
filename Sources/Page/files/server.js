// The server's own view, for administrators: connections, the books, and who is slow, once a second while it is looked at.
import { $, el, write, show, number, count, compact, bytes, duration, rate } from './dom.js';
import { api } from './session.js';
import { Lines } from './charts.js';

const PACE = 1000;
const MOST = 50;

export class ServerView {
  #timer = 0;
  #life = 0;
  #before = null;
  #clicks = new Lines('Clicks and messages per second', ['clicks', 'messages']);
  #facts = new Facts(['Connections', 'Slow now', 'Replaying', 'Rooms', 'Links', 'Memory']);
  #latency = new Facts(['median', '99 %', '99.9 %', 'longest']);
  #log = new Facts(['commits', 'waiting', 'holes', 'oldest']);
  #books = new Books();
  #consumers = new Consumers(() => this.#poll());

  constructor() {
    this.reasons = el('p.notice', { role: 'alert', hidden: true });
    $('server-panel').append(this.reasons, this.#facts.node,
      el('div.halves', {},
        el('section', {}, this.#clicks.node),
        el('section', {}, el('h2', {}, 'The books'), this.#books.node)),
      el('div.halves', {},
        el('section', {}, el('h2', {}, 'From click to socket'), this.#latency.node),
        el('section', {}, el('h2', {}, 'Click log'), this.#log.node)),
      this.#consumers.node);
  }

  start() {
    this.stop();
    this.#poll();
  }

  stop() {
    this.#life++;
    this.#before = null;
    clearTimeout(this.#timer);
  }

  async #poll() {
    const life = ++this.#life;
    clearTimeout(this.#timer);
    if (document.hidden) return this.#later();
    try {
      const [{ data: server }, { data: consumers }] = await Promise.all([
        api('GET', '/api/v1/server'), api('GET', `/api/v1/server/connections?limit=${MOST}${this.#consumers.query}`),
      ]);
      if (life !== this.#life) return;
      write($('server-error'), '');
      this.#draw(server, performance.now());
      this.#consumers.draw(consumers);
    } catch (error) {
      if (life !== this.#life || error.status === 401) return;
      this.#before = null;
      write($('server-error'), error.message + ' Trying again.');
    }
    this.#later();
  }

  #later() { this.#timer = setTimeout(() => this.#poll(), PACE); }

  #draw(server, now) {
    const { messages, clicks, log, latency } = server;
    write($('server-about'), `quikko ${server.version}, up ${duration(server.uptimeSeconds)}, epoch ${server.epoch}`);
    show(this.reasons, server.reasons.length > 0);
    write(this.reasons, server.reasons.length ? `Degraded: ${server.reasons.join('; ')}.` : '');
    this.#facts.draw([number(server.connections), number(server.slow), number(server.replaying), number(server.rooms), number(server.links), bytes(server.memoryBytes)]);
    this.#facts.mark(1, server.slow > 0);
    this.#books.draw(messages);
    const milliseconds = value => !latency.count ? '–' : value < 10 ? `${value.toFixed(2)} ms` : value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
    this.#latency.draw([milliseconds(latency.p50), milliseconds(latency.p99), milliseconds(latency.p999), milliseconds(latency.max)]);
    this.#log.draw([number(log.commits), number(clicks.unlogged), number(log.holes), `${number(log.oldestMilliseconds)} ms`]);
    this.#log.mark(2, log.holes > 0);
    const before = this.#before;
    this.#before = { at: now, clicks: clicks.numbered, messages: messages.delivered, uptime: server.uptimeSeconds };
    // The counters of a server that was restarted begin anew.
    if (!before || before.uptime > server.uptimeSeconds) return;
    const seconds = (now - before.at) / 1000;
    this.#clicks.add([(clicks.numbered - before.clicks) / seconds, (messages.delivered - before.messages) / seconds].map(n => Math.max(0, n)),
      value => value >= 10000 ? compact(value) : rate(value));
  }
}

class Facts {
  #values;
  constructor(titles) {
    this.#values = titles.map(() => el('dd', {}, '–'));
    this.node = el('dl.facts.wide', {}, ...titles.map((title, i) => el('div', {}, el('dt', {}, title), this.#values[i])));
  }

  draw(texts) { texts.forEach((text, i) => write(this.#values[i], text)); }
  mark(i, on) { this.#values[i].classList.toggle('warn', on); }
}

/** `accepted = delivered + dropped + read later + waiting`, and whether it holds. */
class Books {
  #parts = [['delivered', 0], ['dropped', 2], ['read later', 1], ['waiting', 3]]; // and the colour of each
  #bar = el('div.bar', { 'aria-hidden': 'true' });
  #rows;
  #sum = el('p.verdict');

  constructor() {
    this.#bar.append(...this.#parts.map(([, colour]) => el(`i.l${colour}`)));
    this.#rows = this.#parts.map(([name, colour]) => el('tr', {}, el('th', { scope: 'row' }, el(`i.l${colour}`, { 'aria-hidden': 'true' }), name), el('td.r', {}, '–'), el('td.soft')));
    this.accepted = el('td.r', {}, '–');
    this.node = el('div.books', {}, this.#bar,
      el('table.table.plain', { 'aria-label': 'The books' }, el('tbody', {}, ...this.#rows, el('tr.sum', {}, el('th', { scope: 'row' }, 'accepted'), this.accepted, el('td')))), this.#sum);
  }

  draw({ accepted, delivered, dropped, pending, deferred }) {
    const lost = dropped.full + dropped.closed + dropped.overload;
    const values = [delivered, lost, deferred, pending];
    values.forEach((value, i) => {
      write(this.#rows[i].children[1], number(value));
      this.#bar.children[i].style.flexGrow = value;
    });
    const why = [[dropped.full, 'too slow'], [dropped.closed, 'closed'], [dropped.overload, 'server busy']].filter(([n]) => n);
    write(this.#rows[1].children[2], why.map(([n, reason]) => `${compact(n)} ${reason}`).join(', '));
    write(this.accepted, number(accepted));
    const off = accepted - delivered - lost - deferred - pending;
    this.#sum.classList.toggle('warn', off !== 0);
    write(this.#sum, off === 0 ? 'The books balance: every message is accounted for.' : `The books do not balance: ${number(off)} unaccounted for.`);
  }
}

/** The books of each connection, those that lost most first. */
class Consumers {
  #rows = el('tbody');
  #empty = el('p.empty', {}, 'No connection is like that.');
  #state = 'open';

  constructor(changed) {
    const states = { open: 'Open', slow: 'Slow', replaying: 'Replaying', closed: 'Closed', '': 'All' };
    const choice = el('fieldset.choice', { onchange: e => { this.#state = e.target.value; changed(); } }, el('legend.sr', {}, 'Show connections'),
      ...Object.entries(states).map(([value, name]) => el('label', {}, el('input', { type: 'radio', name: 'consumers', value, checked: value === 'open' }), el('span', {}, name))));
    const headings = [['Connection'], ['Protocol'], ['State'], ['Open'], ['Delivered', 'r'], ['Dropped', 'r'], ['Read later', 'r'], ['Waiting', 'r'], ['Oldest', 'r']];
    this.node = el('section', {}, el('div.head', {}, el('h2', {}, 'Connections'), el('p.soft', {}, 'those that lost most first'), choice),
      el('div.scroll', { tabindex: 0, role: 'region', 'aria-label': 'Connections' }, el('table.table.consumers', {}, el('thead', {}, el('tr', {}, ...headings.map(([name, side]) => el('th' + (side ? '.r' : ''), { scope: 'col' }, name)))), this.#rows)), this.#empty);
  }

  get query() { return this.#state && '&state=' + this.#state; }

  draw(consumers) {
    show(this.#empty, consumers.length === 0);
    while (this.#rows.children.length > consumers.length) this.#rows.lastChild.remove();
    consumers.forEach((one, i) => {
      const row = this.#rows.children[i] ?? this.#rows.appendChild(this.#row());
      const dropped = one.dropped.full + one.dropped.closed + one.dropped.overload;
      const state = one.state === 'closed' ? `closed${one.closeCode ? ' ' + one.closeCode : ''}` : one.state;
      write(row.children[0].firstChild, one.id);
      write(row.children[1], one.protocol);
      const tag = row.children[2].firstChild;
      write(tag, state);
      tag.className = `tag ${one.state}`;
      const cells = [duration(one.openedSeconds), number(one.delivered), number(dropped), number(one.deferred), number(one.pending), one.oldestMilliseconds ? `${number(one.oldestMilliseconds)} ms` : '–'];
      cells.forEach((text, j) => write(row.children[3 + j], text));
      row.children[5].classList.toggle('warn', dropped > 0);
    });
  }

  #row() {
    return el('tr', {}, el('th', { scope: 'row' }, el('span.code', {}, '')), el('td'), el('td', {}, el('span.tag')), el('td.soft'), ...Array.from({ length: 5 }, () => el('td.r')));
  }
}
