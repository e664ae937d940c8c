// What the numbers on the screen are made of: a snapshot, and every event behind its position exactly once.
import { api } from './session.js';
import { instant } from './dom.js';
import { isBehind, position } from './ledger.js';

const SECONDS = 60;
/** Lines of the list of last clicks. */
const LINES = 20;
/** Lives of the log that are looked through for the last clicks. */
const EPOCHS = 3;
/** Clicks that the busiest links are counted among. */
export const WINDOW = 500;
/** Events kept to bring a snapshot up to date that was taken a moment ago. */
const KEPT = 4096;
export const RANGES = { '24h': { title: '24 hours', step: 3600e3, span: 86400e3 }, '7d': { title: '7 days', step: 86400e3, span: 7 * 86400e3 }, '30d': { title: '30 days', step: 86400e3, span: 30 * 86400e3 } };

/** Clicks in each of the last 60 seconds and in the running one. */
class Seconds {
  #ring = new Float64Array(SECONDS + 1);
  #now = Math.floor(Date.now() / 1000);
  /** How far the server's clock is behind ours, in ms, as the live events tell. */
  #skew = null;

  add(at, isLive) {
    const now = Date.now();
    if (isLive && !isNaN(at)) this.#skew = Math.min(this.#skew ?? Infinity, now - at);
    const second = Math.floor((isLive ? now : Number(at) + Math.min(this.#skew ?? 0, now - at)) / 1000);
    this.#roll();
    if (second > this.#now - SECONDS - 1 && second <= this.#now) this.#ring[second % (SECONDS + 1)]++;
  }

  /** Oldest first, without the running second. */
  get past() {
    this.#roll();
    return Array.from({ length: SECONDS }, (_, i) => this.#ring[(this.#now + 1 + i) % (SECONDS + 1)]);
  }

  #roll() {
    const now = Math.floor(Date.now() / 1000);
    for (let s = Math.max(this.#now + 1, now - SECONDS); s <= now; s++) this.#ring[s % (SECONDS + 1)] = 0;
    this.#now = now;
  }
}

/** The last lines, newest first: clicks, and in their place what is missing. */
class Lines {
  #all = [];
  get all() { return this.#all; }

  /** `line` has `epoch` and `n`, the number it stands at. */
  add(line) {
    const all = this.#all;
    let i = 0;
    while (i < all.length && isBehind(line, all[i])) i++;
    if (i < all.length && line.kind === 'click' && all[i].kind === 'click' && all[i].n === line.n && all[i].epoch === line.epoch) return;
    if (i >= LINES) return;
    all.splice(i, 0, line);
    if (all.length > LINES) all.length = LINES;
  }

  remove(test) { this.#all = this.#all.filter(line => !test(line)); }
}

/** Which links the last numbers of a feed were clicks on. */
class Window {
  #slots = new Array(WINDOW).fill(null);
  #last = 0;
  counts = new Map();
  total = 0;

  /** Numbers are never far below the last: what has fallen out is not counted again. */
  add({ n, payload: { shortCode } }) {
    this.reach(n);
    if (n <= this.#last - WINDOW) return;
    this.#clear(n % WINDOW);
    this.#slots[n % WINDOW] = shortCode;
    this.counts.set(shortCode, (this.counts.get(shortCode) ?? 0) + 1);
    this.total++;
  }

  /** Moves on to `n`, of whose predecessors some may come late. */
  reach(n) {
    for (let i = Math.max(this.#last + 1, n - WINDOW + 1); i <= n; i++) this.#clear(i % WINDOW);
    this.#last = Math.max(this.#last, n);
  }

  #clear(slot) {
    const code = this.#slots[slot];
    if (code === null) return;
    this.#slots[slot] = null;
    this.total--;
    const left = this.counts.get(code) - 1;
    if (left) this.counts.set(code, left); else this.counts.delete(code);
  }
}

/** Counts by country, device, browser and hour over a range of time, exact at every event. */
export class Stats {
  constructor(range, code) {
    this.range = range;
    this.code = code;
    this.base = null;
  }

  async load() {
    const query = new URLSearchParams({ range: this.range });
    if (this.code) query.set('shortCode', this.code);
    const { data } = await api('GET', '/api/v1/analytics/stats?' + query);
    const { stats } = data;
    this.base = position(data.position);
    this.total = stats.totalClicks;
    this.by = {
      countries: new Map(Object.entries(stats.clicksByCountry)),
      devices: new Map(Object.entries(stats.clicksByDevice)),
      browsers: new Map(Object.entries(stats.clicksByBrowser)),
    };
    this.over = new Map(stats.clicksOverTime.map(({ timestamp, count }) => [this.#step(instant(timestamp) - 1), count]));
    return this;
  }

  /** When the hour or the day begins that `at` is in, in ms. */
  #step(at) { const { step } = RANGES[this.range]; return Math.floor(at / step) * step; }

  apply(event) {
    if (!isBehind(this.base, event)) return;
    const { country, deviceType, browser, timestamp } = event.payload;
    this.total++;
    for (const [map, key] of [[this.by.countries, country], [this.by.devices, deviceType], [this.by.browsers, browser]]) map.set(key, (map.get(key) ?? 0) + 1);
    const step = this.#step(instant(timestamp));
    this.over.set(step, (this.over.get(step) ?? 0) + 1);
  }

  /** `[{at: ms, count}]`, oldest first, empty steps too. */
  get series() {
    const { step, span } = RANGES[this.range];
    const first = this.#step(Date.now()) - span + step;
    return Array.from({ length: span / step }, (_, i) => ({ at: first + i * step, count: this.over.get(first + i * step) ?? 0 }));
  }
}

/** Everything one feed shows: its total, its last minute, its last clicks and the statistics of a range. */
export class Counts {
  #kept = [];
  #oldest = 0; // where the ring of kept events begins
  #forgotten = { epoch: 0, n: 0 }; // the newest that is no longer among them
  #begun = 0;
  #asked = 0;

  /** @param code null for all links. */
  constructor(code) {
    this.code = code;
    this.total = null;
    this.range = '24h';
    this.stats = null;
    this.seconds = new Seconds();
    this.lines = new Lines();
    this.recent = new Window();
    /** Called for each event, after it was counted. */
    this.changed = () => {};
  }

  /** Takes a snapshot and the clicks before it; answers the position to follow from, or null when another snapshot was asked for meanwhile. */
  async begin() {
    const turn = ++this.#begun;
    const stats = await new Stats(this.range, this.code).load();
    const { epoch, n } = stats.base;
    const before = await this.#before(stats.base);
    if (turn !== this.#begun) return null;
    this.#kept = [];
    this.#oldest = 0;
    this.#forgotten = stats.base;
    this.#asked++;
    this.lines.remove(line => line.kind === 'gap');
    this.recent = new Window();
    for (const event of before) {
      if (this.total === null) this.seconds.add(instant(event.payload.timestamp), false);
      this.lines.add({ kind: 'click', ...event });
      this.recent.add(event);
    }
    this.stats = stats;
    this.total = n;
    this.changed();
    return `${epoch}:${n}`;
  }

  /** The last clicks up to a position, oldest first. After a crash most of them are of an earlier epoch, under the numbers before. */
  async #before({ epoch, n }) {
    const room = this.code ? `room=url:${this.code}&` : '', events = [];
    for (let e = epoch; e > Math.max(0, epoch - EPOCHS) && events.length < Math.min(n, WINDOW); e--) {
      const { data } = await api('GET', `/api/v1/events?${room}from=${e}:${Math.max(1, n - WINDOW + 1)}&to=${e}:${n}&limit=${WINDOW}`);
      events.unshift(...data.events);
    }
    return events;
  }

  /** Another range, or the same anew, since time moves on. False when another was asked for meanwhile. */
  async look(range) {
    const turn = ++this.#asked;
    for (let tries = 0; tries < 5; tries++) {
      const stats = await new Stats(range, this.code).load();
      if (turn !== this.#asked) return false;
      // What came behind the snapshot is here, unless so much came that its beginning is gone: then a newer one is due.
      if (isBehind(stats.base, this.#forgotten)) continue;
      for (const event of this.#kept) stats.apply(event);
      this.range = range;
      this.stats = stats;
      this.changed();
      return true;
    }
    throw new Error('Clicks come faster than their statistics can be read.');
  }

  event(event, isLate, isLive) {
    const at = instant(event.payload.timestamp);
    if (this.#kept.length < KEPT) this.#kept.push(event);
    else {
      const old = this.#kept[this.#oldest];
      if (isBehind(this.#forgotten, old)) this.#forgotten = old;
      this.#kept[this.#oldest] = event;
      this.#oldest = (this.#oldest + 1) % KEPT;
    }
    if (!isLate) this.total = event.n;
    this.seconds.add(at, isLive);
    this.stats.apply(event);
    this.lines.add({ kind: 'click', ...event });
    this.recent.add(event);
    this.changed();
  }

  gap(gap) {
    this.total = gap.to;
    this.recent.reach(gap.to);
    this.lines.add({ kind: 'gap', epoch: gap.epoch, n: gap.to, gap });
    this.changed();
  }

  /** The gap's line says from now on that its clicks came late. */
  filled(gap, count) {
    this.lines.remove(line => line.gap === gap);
    this.lines.add({ kind: 'filled', epoch: gap.epoch, n: gap.to, gap, count });
    this.changed();
  }

  hole(hole) {
    // What the log has lost is no longer among the last clicks either.
    this.lines.remove(line => line.epoch === hole.epoch && line.n >= hole.from && (hole.to === null || line.n <= hole.to));
    this.lines.add({ kind: 'hole', epoch: hole.epoch, n: hole.to ?? hole.from, hole });
    this.changed();
  }
}
