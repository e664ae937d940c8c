// Pictures of numbers, drawn as SVG in the colours of the style sheet.
import { el, svg, write, say, number, compact } from './dom.js';

const path = d => svg('path', { d });

/** Bars of equal width, as one path in a box of 100 × 40. */
function bars(values, top, share = 0.72) {
  const pitch = 100 / values.length, wide = pitch * share;
  return values.map((value, i) => {
    const tall = value > 0 ? Math.max(0.8, 39.2 * value / top) : 0.35;
    return `M${(i * pitch + (pitch - wide) / 2).toFixed(3)} 40v${(-tall).toFixed(2)}h${wide.toFixed(3)}v${tall.toFixed(2)}z`;
  }).join('');
}

/** A round number at or above `value`: 1, 2, 5 and their tens. */
export function ceiling(value) {
  if (value <= 4) return 4;
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 8, 10].map(f => f * ten).find(step => step >= value);
}

/** The last minute, a bar a second. */
export class Spark {
  #path = path('');
  #peak = el('span');
  #drawn = '';

  constructor() {
    this.node = el('figure.spark', {},
      svg('svg', { viewBox: '0 0 100 40', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, this.#path),
      el('figcaption.ends', {}, el('span', {}, 'last 60 seconds'), this.#peak));
  }

  draw(values) {
    const top = Math.max(...values), d = bars(values, ceiling(top));
    if (d !== this.#drawn) this.#path.setAttribute('d', this.#drawn = d);
    write(this.#peak, `peak ${number(top)} per second`);
  }
}

/** Clicks over hours or days: bars, a scale, and a reading at the pointer or the arrow keys. */
export class Columns {
  #all = path('');
  #one = svg('path.at');
  #reading = el('p.reading');
  #top = el('span.scale');
  #ticks = el('div.ticks', { 'aria-hidden': 'true' });
  #series = [];
  #at = -1;
  #drawn = '';

  /** @param label what a step is called, from its beginning in ms. */
  constructor(label, tick) {
    this.label = label;
    this.tick = tick;
    const plot = el('div.plot', {
      tabindex: 0, role: 'img', 'aria-roledescription': 'chart; the arrow keys read it',
      onpointermove: e => this.#pick(Math.floor((e.clientX - plot.getBoundingClientRect().left) / plot.clientWidth * this.#series.length)),
      onpointerleave: () => this.#pick(-1),
      onblur: () => this.#pick(-1),
      onkeydown: e => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
        if (!step) return;
        e.preventDefault();
        this.#pick(Math.max(0, Math.min(this.#series.length - 1, (this.#at < 0 ? this.#series.length - (step > 0 ? 1 : 0) : this.#at) + step)));
        say(this.#reading.textContent);
      },
    }, svg('svg', { viewBox: '0 0 100 40', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, this.#all, this.#one), this.#top);
    this.plot = plot;
    this.node = el('figure.columns', {}, this.#reading, plot, this.#ticks);
  }

  draw(series, summary) {
    const values = series.map(step => step.count), top = ceiling(Math.max(...values));
    const key = values.join() + series[0].at;
    this.summary = summary;
    this.plot.setAttribute('aria-label', summary);
    if (key === this.#drawn) return;
    const moved = this.#series[0]?.at !== series[0].at || this.#series.length !== series.length;
    this.#drawn = key;
    this.#series = series;
    this.#all.setAttribute('d', bars(values, top));
    write(this.#top, compact(top));
    if (moved) this.#label();
    this.#pick(moved ? -1 : this.#at);
  }

  #label() {
    const every = Math.ceil(this.#series.length / 6), last = this.#series.length - 1;
    this.#ticks.replaceChildren(...this.#series.flatMap(({ at }, i) => {
      if ((last - i) % every !== Math.floor(every / 2) || i < every / 3) return [];
      const tick = el('span', {}, this.tick(at));
      tick.style.left = `${((i + 0.5) / this.#series.length * 100).toFixed(2)}%`;
      return [tick];
    }));
  }

  #pick(i) {
    const step = this.#series[i];
    this.#at = step ? i : -1;
    if (!step) {
      this.#one.setAttribute('d', '');
      return write(this.#reading, this.summary ?? '');
    }
    const values = this.#series.map((s, j) => j === i ? s.count : 0);
    const top = ceiling(Math.max(...this.#series.map(s => s.count)));
    this.#one.setAttribute('d', bars(values, top).split('M').filter(Boolean).filter((_, j) => j === i).map(d => 'M' + d).join(''));
    write(this.#reading, `${this.label(step.at)}: ${number(step.count)}`);
  }
}

/** A name, a bar and a number in each line, the largest first. */
export class Ranking {
  #list = el('ol.ranking');
  #empty = el('p.empty', {}, 'Nothing yet.');
  #drawn = '';

  /** @param name what a key is called; `link`: where its line leads, if anywhere; `note`: of what. */
  constructor(title, most, name, link, note) {
    Object.assign(this, { most, name, link });
    this.node = el('section.rank', {}, el('h3', {}, title, note ? el('small', {}, ' ' + note) : ''), this.#list, this.#empty);
  }

  draw(counts, total) {
    const top = [...counts].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, this.most);
    const key = top.join() + total;
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.#list.hidden = !top.length;
    this.#empty.hidden = top.length > 0;
    while (this.#list.children.length > top.length) this.#list.lastChild.remove();
    top.forEach(([name, n], i) => {
      const line = this.#list.children[i] ?? this.#list.appendChild(this.#line());
      const title = line.firstChild;
      write(title, this.name(name));
      if (this.link) title.setAttribute('href', this.link(name));
      line.style.setProperty('--share', (n / top[0][1]).toFixed(4));
      write(line.children[1], compact(n));
      write(line.children[2], total ? `${Math.round(100 * n / total)} %` : '');
    });
  }

  #line() {
    return el('li', {}, this.link ? el('a.code') : el('span'), el('span.n'), el('span.share'));
  }
}

/** Two or more rates over the last two minutes, one line each. */
export class Lines {
  #paths;
  #top = el('span.scale');

  constructor(title, names) {
    this.values = names.map(() => []);
    this.#paths = names.map((_, i) => svg(`path.line.l${i}`));
    this.now = names.map(() => el('b', {}, '–'));
    this.node = el('figure.lines', {},
      el('figcaption', {}, el('h2', {}, title), el('ul.legend', {}, ...names.map((name, i) => el('li', {}, el(`i.l${i}`, { 'aria-hidden': 'true' }), name + ' ', this.now[i])))),
      el('div.plot', {}, svg('svg', { viewBox: '0 0 100 40', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, ...this.#paths), this.#top),
      el('p.ends', {}, el('span', {}, '2 minutes ago'), el('span', {}, 'now')));
  }

  /** One value for each line; `text` says it. */
  add(values, text) {
    values.forEach((value, i) => {
      const all = this.values[i];
      all.push(value);
      if (all.length > 120) all.shift();
      write(this.now[i], text(value));
    });
    const top = ceiling(Math.max(...this.values.flat()));
    write(this.#top, text(top));
    this.values.forEach((all, i) => {
      const y = value => (39.5 - 39 * value / top).toFixed(2);
      this.#paths[i].setAttribute('d', all.map((value, j) => `${j ? 'L' : 'M'}${(100 - (all.length - 1 - j) * 100 / 119).toFixed(2)} ${y(value)}`).join(''));
    });
  }
}
