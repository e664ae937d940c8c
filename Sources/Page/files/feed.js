// One numbered socket and its recovery: live events, gaps fetched from the log, resumes after any loss.
import { api } from './session.js';
import { Ledger, position } from './ledger.js';

/** Above so many missed clicks a new snapshot is quicker than reading them one by one. */
const MOST = 20000;
const PAGE = 1000;
/** Stretches that wait to be fetched. */
const GAPS = 100;
/** An idle socket is pinged after 54 s and told its position: whoever hears nothing for so long is not connected. */
const SILENCE = 90000;
const LONGEST_WAIT = 30000;

export class Feed {
  #socket = null;
  #retry = 0;
  #tries = 0;
  #quiet = 0;
  #life = 0; // counts starts and stops, so that what was begun before one knows that it is late
  #filling = false;

  /**
   * @param room null for the own feed of all links.
   * @param on `{event(e, late), gap(gap), filled(gap, count, holes), hole(hole), state(name, until), stale()}`:
   *   `stale` when so much was missed that a snapshot is due.
   */
  constructor(room, on) {
    this.room = room;
    this.on = on;
    this.ledger = null;
    this.state = 'closed';
    this.retryAt = 0;
  }

  /** Follows from a position, `EPOCH:N`; everything behind it comes exactly once. */
  start(at) {
    this.stop();
    this.ledger = new Ledger(position(at));
    this.#tries = 0;
    this.#connect();
  }

  stop() {
    this.#life++;
    this.#hangUp();
    this.ledger = null;
    this.#become('closed');
  }

  /** At once instead of at the end of the wait. */
  hurry() {
    if (this.state === 'closed' || this.state === 'live') return;
    this.#tries = 0;
    this.#connect();
  }

  /** The machine slept: what looks like an open socket may be a dead one. */
  distrust() {
    if (this.state !== 'closed') this.#connect();
  }

  #hangUp() {
    clearTimeout(this.#retry);
    clearTimeout(this.#quiet);
    this.retryAt = 0;
    const old = this.#socket;
    this.#socket = null;
    old?.close();
  }

  #become(state) {
    this.state = state;
    this.on.state(state);
  }

  async #connect() {
    this.#hangUp();
    const life = ++this.#life;
    this.#become(this.#tries ? 'reconnecting' : 'connecting');
    let ticket;
    try {
      const head = await this.#events('limit=0');
      if (life !== this.#life) return;
      if (this.#isFarBehind(position(head.head))) return this.on.stale();
      ticket = (await api('POST', '/api/v1/tickets', { kind: 'ticket' })).data.ticket;
    } catch (error) {
      if (life === this.#life && error.status !== 401) this.#wait();
      return;
    }
    if (life === this.#life) this.#open(ticket);
  }

  #isFarBehind(head) {
    return head.epoch < this.ledger.epoch || head.n - this.ledger.n > MOST
      || (head.epoch === this.ledger.epoch && head.n < this.ledger.n);
  }

  #open(ticket) {
    const query = new URLSearchParams({ ticket, positions: 1, since: this.ledger.position });
    if (this.room) query.set('rooms', this.room);
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws?${query}`);
    this.#socket = socket;
    const lost = () => { if (socket === this.#socket) this.#wait(); };
    const listen = () => { clearTimeout(this.#quiet); this.#quiet = setTimeout(lost, SILENCE); };
    this.#quiet = setTimeout(lost, 10000);
    socket.onopen = () => { if (socket === this.#socket) { listen(); this.#become('catching up'); this.#fill(); } };
    socket.onclose = lost;
    socket.onmessage = message => {
      if (socket !== this.#socket) return;
      listen();
      let frame = null;
      try { frame = JSON.parse(message.data); } catch { return; }
      this.#hear(frame);
    };
  }

  #wait() {
    this.#hangUp();
    // The first try comes soon: most often a server that was restarted is there again.
    const wait = Math.min(LONGEST_WAIT, 500 * 2 ** this.#tries++) * (1 + Math.random() * 0.2);
    this.retryAt = Date.now() + wait;
    this.#retry = setTimeout(() => this.#connect(), wait);
    this.#become('reconnecting');
  }

  #hear(frame) {
    const { type, payload } = frame;
    if (type === 'click_event') {
      const { isNew, gap } = this.ledger.take(frame);
      if (gap) this.#missed(gap);
      if (isNew) this.on.event(frame, false);
    } else if (type === 'gap') {
      const gap = this.ledger.miss(payload);
      if (gap) this.#missed(gap);
    } else if (type === 'hole') {
      this.ledger.lose(payload);
      this.on.hole(payload);
    } else if (type === 'recovered') {
      const gap = this.ledger.reach(position(payload.to));
      if (gap) this.#missed(gap);
      this.#tries = 0;
      this.#become('live');
    } else if (type === 'position') {
      const gap = this.ledger.reach(payload);
      if (gap) this.#missed(gap);
    }
  }

  #missed(gap) {
    this.on.gap(gap);
    if (gap.to - gap.from >= MOST || this.ledger.gaps.length > GAPS) return this.on.stale();
    this.#fill();
  }

  /** Fetches what is missing, one gap after the other, until none is left. What fails is tried again with the next socket. */
  async #fill() {
    const ledger = this.ledger;
    if (this.#filling || !ledger) return;
    this.#filling = true;
    try {
      while (ledger === this.ledger && ledger.gaps.length) await this.#fetch(ledger, ledger.gaps[0]);
    } catch {
      if (ledger === this.ledger && this.state === 'live') setTimeout(() => this.#fill(), 2000);
    } finally {
      this.#filling = false;
      if (ledger !== this.ledger) this.#fill();
    }
  }

  async #fetch(ledger, gap) {
    let start = `from=${gap.epoch}:${gap.next ?? gap.from}`;
    const holes = [];
    while (start) {
      const page = await this.#events(`${start}&to=${gap.epoch}:${gap.to}&limit=${PAGE}`);
      if (ledger !== this.ledger) return;
      for (const event of page.events) {
        // A page that is asked for again begins behind what was counted.
        if (event.epoch !== gap.epoch || event.n < (gap.next ?? gap.from)) continue;
        gap.next = event.n + 1;
        gap.count = (gap.count ?? 0) + 1;
        this.on.event(event, true);
      }
      holes.push(...page.holes);
      start = page.next && `since=${page.next}`;
    }
    ledger.fill(gap);
    this.on.filled(gap, gap.count ?? 0, holes);
  }

  async #events(query) {
    const room = this.room ? `room=${encodeURIComponent(this.room)}&` : '';
    return (await api('GET', `/api/v1/events?${room}${query}`)).data;
  }
}
