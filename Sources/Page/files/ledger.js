// What of one feed this page has accounted for. No document, no network: positions in, decisions out.

/** `EPOCH:N`. */
export function position(text) {
  const [epoch, n] = String(text).split(':').map(Number);
  return { epoch, n };
}

export const isBehind = (a, b) => a.epoch < b.epoch || (a.epoch === b.epoch && a.n < b.n);

export class Ledger {
  /** @param at where accounting begins: everything up to it is known. */
  constructor(at) {
    ({ epoch: this.epoch, n: this.n } = at);
    /** Numbers that are missing and will be fetched: `{epoch, from, to, reason}`, oldest first. */
    this.gaps = [];
  }

  get position() { return `${this.epoch}:${this.n}`; }

  /** Whether an event is new. Numbers skipped before it become a gap, which is returned. */
  take(event) {
    if (!isBehind(this, event)) return { isNew: false };
    const gap = event.epoch === this.epoch && event.n > this.n + 1
      ? this.miss({ epoch: event.epoch, from: this.n + 1, to: event.n - 1, reason: 'unexplained' }) : null;
    ({ epoch: this.epoch, n: this.n } = event);
    return { isNew: true, gap };
  }

  /** These numbers did not come. Null when they are behind us anyway. */
  miss({ epoch, from, to, reason }) {
    const first = epoch === this.epoch ? Math.max(from, this.n + 1) : from;
    if (isBehind({ epoch, n: to }, { epoch: this.epoch, n: this.n + 1 })) return null;
    const gap = { epoch, from: first, to, reason };
    this.gaps.push(gap);
    [this.epoch, this.n] = [epoch, to];
    return gap;
  }

  /** The log does not have these either. A hole without an end says that its epoch is over. */
  lose({ epoch, to }) {
    if (to !== null && isBehind(this, { epoch, n: to })) [this.epoch, this.n] = [epoch, to];
  }

  /** The server says that all up to here has been sent; what has not come is missing. */
  reach(at) {
    return at.epoch === this.epoch && at.n > this.n
      ? this.miss({ epoch: at.epoch, from: this.n + 1, to: at.n, reason: 'tail' }) : null;
  }

  fill(gap) { this.gaps = this.gaps.filter(other => other !== gap); }
}
