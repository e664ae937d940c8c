// A feed, what it adds up to, and its picture: from a snapshot, then live, through every loss.
import { Counts } from './counts.js';
import { Feed } from './feed.js';
import { Panel } from './panel.js';

/** How often the statistics are taken anew, so that what is older than their range falls out. */
const REFRESH = 300000;

export class Screen {
  #life = 0;
  #retry = 0;
  #frame = 0;
  #isStale = false;
  #later = 0;

  constructor(code, place, { event = () => {}, state = () => {} } = {}) {
    this.counts = new Counts(code);
    this.state = state;
    this.panel = new Panel(this.counts, { code, choose: range => this.look(range) });
    place.replaceChildren(this.panel.node);
    const counts = this.counts;
    this.feed = new Feed(code ? 'url:' + code : null, {
      event: (e, isLate) => { counts.event(e, isLate, this.feed.state === 'live' && !isLate); event(e); },
      gap: gap => counts.gap(gap),
      filled: (gap, n, holes) => { counts.filled(gap, n); holes.forEach(hole => counts.hole(hole)); },
      // What a crash took is in our numbers and not in the server's: they are taken anew.
      hole: hole => { counts.hole(hole); this.#isStale ||= hole.reason !== 'missing'; },
      state: name => {
        if (name === 'live' && this.#isStale) return this.begin();
        state(name);
      },
      stale: () => this.begin(),
    });
    counts.changed = () => this.schedule();
    this.refresher = setInterval(() => { if (!document.hidden && this.feed.state === 'live') this.look(counts.range); }, REFRESH);
    this.ticker = setInterval(() => this.schedule(), 1000);
  }

  /** From a snapshot, then live. */
  async begin() {
    const life = ++this.#life;
    clearTimeout(this.#retry);
    this.feed.stop();
    this.#isStale = false;
    this.state('connecting');
    try {
      const at = await this.counts.begin();
      if (life === this.#life && at) this.feed.start(at);
    } catch (error) {
      if (life !== this.#life || error.status === 401) return;
      this.state('reconnecting');
      this.#retry = setTimeout(() => this.begin(), 2000);
    }
  }

  /** Whether another try is worth it right now. */
  hurry() { if (this.counts.total === null) this.begin(); else this.feed.hurry(); }

  async look(range) {
    // What is shown stays when it cannot be had; the next refresh tries again.
    try { await this.counts.look(range); } catch { this.panel.reset(); }
  }

  end() {
    this.#life++;
    clearTimeout(this.#retry);
    clearInterval(this.refresher);
    clearInterval(this.ticker);
    this.feed.stop();
  }

  schedule() {
    if (this.#frame || document.hidden || this.panel.node.closest('[hidden]')) return;
    this.#frame = requestAnimationFrame(now => {
      this.#frame = 0;
      if (!this.panel.draw(now)) this.#later ||= setTimeout(() => { this.#later = 0; this.schedule(); }, 60);
    });
  }
}
