// What a feed looks like: its total, the last minute, the last clicks, and where they come from.
import { el, write, show, number, count, rate, country, named, timeOfDay, hourOfDay, dayOf, instant, calm } from './dom.js';
import { RANGES, WINDOW } from './counts.js';
import { Spark, Columns, Ranking } from './charts.js';

const REASONS = {
  crash: 'lost when the server crashed', recorder_overflow: 'lost because the disk could not keep up',
  missing: 'missing in the log', unknown_position: 'from before the log begins',
};
const WHY = { slow_consumer: 'this page was too slow', overload: 'the server was busy', tail: 'they were sent and did not arrive', unexplained: 'they were sent and did not arrive' };

export class Panel {
  #spark = new Spark();
  #total = el('p.total', {}, '–');
  #rate = el('b', {}, '–');
  #minute = el('b', {}, '–');
  #ranged = el('b', {}, '–');
  #rangedTitle = el('span');
  #rows = el('tbody');
  #table;
  #empty = el('p.empty', {}, 'Nothing yet. Open one of your links and the click appears here.');
  #columns;
  #rankings;
  #ranges;
  #drawn = { list: 0, rest: 0, newest: null };

  /** @param counts what is drawn; `code` when it is one link's; `choose(range)` when another range is wanted. */
  constructor(counts, { code, choose }) {
    this.counts = counts;
    const isDay = () => counts.stats && RANGES[counts.stats.range].step > 3600e3;
    this.#columns = new Columns(
      at => isDay() ? dayOf(new Date(at)) : `${hourOfDay(new Date(at))} to ${hourOfDay(new Date(at + 3600e3))}`,
      at => isDay() ? dayOf(new Date(at)) : hourOfDay(new Date(at)));
    this.#rankings = [
      ...code ? [] : [['links', new Ranking('Top links', 6, key => key, key => '#/links/' + key, `of the last ${WINDOW} clicks`)]],
      ['countries', new Ranking('Countries', 6, country)],
      ['devices', new Ranking('Devices', 4, named)],
      ['browsers', new Ranking('Browsers', 4, named)],
    ];
    const headings = ['No.', 'Time', ...code ? [] : ['Link'], 'Country', 'Device', 'Browser'];
    this.#table = el('table.table.clicks', { 'aria-label': 'Last clicks' },
      el('thead', {}, el('tr', {}, ...headings.map((text, i) => el(`th${i ? '' : '.r'}`, { scope: 'col' }, text)))), this.#rows);
    this.code = code;
    this.node = el('div.panel', {},
      el('section.hero', { 'aria-label': 'Clicks in total' },
        el('div', {}, this.#total, el('p.caption', {}, code ? 'clicks on this link' : 'clicks on all your links')),
        el('div.now', {},
          el('dl.facts', {},
            fact('Now', this.#rate, ' per second'), fact('Last minute', this.#minute), el('div', {}, el('dt', {}, this.#rangedTitle), el('dd', {}, this.#ranged))),
          this.#spark.node)),
      el('div.halves', {},
        el('section.feed', {}, el('h2', {}, 'Last clicks'), this.#table, this.#empty),
        el('section.stats', {},
          el('div.head', {}, el('h2', {}, 'Where they come from'), this.#choice(choose)),
          this.#columns.node,
          el('div.rankings', {}, ...this.#rankings.map(([, ranking]) => ranking.node)))));
  }

  /** The range that is shown is the one that is marked. */
  reset() { for (const input of this.#ranges.querySelectorAll('input')) input.checked = input.value === this.counts.range; }

  #choice(choose) {
    const group = `range-${this.code ?? 'all'}`;
    return this.#ranges = el('fieldset.choice', { onchange: event => choose(event.target.value) },
      el('legend.sr', {}, 'Range of the statistics'),
      ...Object.entries(RANGES).map(([key, { title }]) => el('label', {},
        el('input', { type: 'radio', name: group, value: key, checked: key === this.counts.range }), el('span', { title }, key))));
  }

  /** At most once a frame. What reads in a glance is drawn at once, lists and bars as often as one can read them. */
  draw(now) {
    const { counts } = this;
    if (counts.total === null) return;
    const pace = calm.matches ? 500 : 0;
    if (now - (this.#drawn.total ?? -1e9) >= pace) {
      this.#drawn.total = now;
      const text = number(counts.total);
      write(this.#total, text);
      this.#total.style.setProperty('--digits', text.length);
    }
    if (now - this.#drawn.list >= Math.max(pace, 120)) {
      this.#drawn.list = now;
      this.#drawLines();
    }
    if (now - this.#drawn.rest >= Math.max(pace, 250)) {
      this.#drawn.rest = now;
      this.#drawRest();
    }
    return this.#drawn.list === now && this.#drawn.rest === now && this.#drawn.total === now;
  }

  #drawRest() {
    const { past } = this.counts.seconds, { stats } = this.counts;
    this.#spark.draw(past);
    write(this.#rate, rate(past.slice(-5).reduce((a, b) => a + b) / 5));
    write(this.#minute, number(past.reduce((a, b) => a + b)));
    const { title } = RANGES[stats.range];
    write(this.#rangedTitle, 'Last ' + title);
    write(this.#ranged, number(stats.total));
    const series = stats.series, top = series.reduce((a, b) => b.count > a.count ? b : a);
    this.#columns.draw(series, `${count(stats.total, 'click')} in the last ${title}` + (top.count ? `, most ${this.#columns.label(top.at)}` : ''));
    for (const [key, ranking] of this.#rankings) {
      if (key === 'links') ranking.draw(this.counts.recent.counts, this.counts.recent.total);
      else ranking.draw(stats.by[key], stats.total);
    }
  }

  #drawLines() {
    const { all } = this.counts.lines, before = this.#drawn.newest, newest = all[0];
    show(this.#table, all.length > 0);
    show(this.#empty, all.length === 0);
    const fresh = before ? all.findIndex(line => line === before) : 0;
    this.#drawn.newest = newest;
    while (this.#rows.children.length > all.length) this.#rows.lastChild.remove();
    // A line that was at the top is now further down: its row goes with it, so that little is written.
    for (let i = 0; i < Math.min(fresh, 8) && this.#rows.children.length === all.length; i++) this.#rows.prepend(this.#rows.lastChild);
    all.forEach((line, i) => {
      const row = this.#rows.children[i] ?? this.#rows.appendChild(el('tr'));
      if (row.line === line) return;
      row.line = line;
      this.#fill(row, line);
      row.classList.toggle('new', i < fresh && fresh < 3);
    });
  }

  #fill(row, line) {
    if (line.kind !== 'click') {
      row.className = 'notice ' + line.kind;
      return row.replaceChildren(el('td', { colspan: this.code ? 5 : 6 }, this.#notice(line)));
    }
    const { shortCode, country: place, deviceType, browser, timestamp } = line.payload;
    const cells = [number(line.n), timeOfDay(instant(timestamp)), ...this.code ? [] : [shortCode], country(place), named(deviceType), named(browser)];
    if (row.className || row.children.length !== cells.length) {
      row.className = '';
      row.replaceChildren(...cells.map((_, i) => el('td' + (i === 0 ? '.r.soft' : '') + (i === 2 && !this.code ? '.code' : ''))));
      if (!this.code) row.children[2].append(el('a'));
    }
    cells.forEach((text, i) => {
      if (i !== 2 || this.code) return write(row.children[i], text);
      const link = row.children[2].firstChild;
      write(link, text);
      link.setAttribute('href', '#/links/' + text);
    });
  }

  #notice({ kind, gap, hole, count: fetched }) {
    const numbers = (from, to) => from === to ? `number ${number(from)}` : `${number(from)} to ${number(to)}`;
    if (kind === 'gap') return `${count(gap.to - gap.from + 1, 'click')} missed, ${numbers(gap.from, gap.to)}: ${WHY[gap.reason] ?? gap.reason}. Fetching them.`;
    if (kind === 'filled') return `${count(fetched, 'click')} missed and fetched, ${numbers(gap.from, gap.to)}`;
    if (hole.to === null) return `The server crashed behind ${number(hole.from - 1)}; clicks of its last moment may be lost`;
    return `${count(hole.to - hole.from + 1, 'click')} ${REASONS[hole.reason] ?? hole.reason}, ${numbers(hole.from, hole.to)}`;
  }
}

const fact = (title, value, unit = '') => el('div', {}, el('dt', {}, title), el('dd', {}, value, unit ? el('span.unit', {}, unit) : ''));
