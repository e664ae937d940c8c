// The list of links: made, found, paused, copied. Its numbers move with the feed.
import { $, el, write, show, number, count, dateOf, instant, copy, say } from './dom.js';
import { api } from './session.js';
import { isBehind, position } from './ledger.js';

const PER_PAGE = 25;

export const create = async url => (await api('POST', '/api/v1/urls', {
  originalUrl: /^[a-z][a-z\d+.-]*:\/\//i.test(url) ? url : 'https://' + url,
})).data;

export const find = async code => (await api('GET', '/api/v1/urls/code/' + encodeURIComponent(code))).data;

export async function setActive(link, isActive) {
  await api('PATCH', `/api/v1/urls/${link.id}/active`, { isActive });
  Object.assign(link, await find(link.shortCode));
  say(isActive ? `${link.shortCode} is active again.` : `${link.shortCode} is paused.`);
}

/** A link's state as a tag: whether it redirects, or why not. */
export const STATES = { active: 'Active', paused: 'Paused', expired: 'Expired', exhausted: 'Used up' };

export function mark(tag, link) {
  write(tag, STATES[link.status] ?? link.status);
  tag.className = link.status === 'active' ? 'tag' : 'tag off';
}

const shown = address => address.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '');

export class LinkList {
  #rows = new Map(); // by short code
  #page = 1;
  #turn = 0;
  #timer = 0;
  #base = null;

  constructor() {
    $('search').oninput = () => { clearTimeout(this.#timer); this.#timer = setTimeout(() => this.load(1), 200); };
    $('links-state').onchange = () => this.load(1);
    $('links-back').onclick = () => this.load(this.#page - 1);
    $('links-next').onclick = () => this.load(this.#page + 1);
  }

  async load(page = this.#page) {
    const turn = ++this.#turn;
    const search = $('search').value.trim(), isActive = $('links-state').querySelector(':checked').value;
    const query = new URLSearchParams({ page, limit: PER_PAGE, ...search && { search }, ...isActive && { isActive } });
    try {
      const { data, meta } = await api('GET', '/api/v1/urls?' + query);
      if (turn !== this.#turn) return;
      this.#page = page;
      this.#base = meta.position ? position(meta.position) : null;
      write($('links-error'), '');
      this.#draw(data, meta, search || isActive);
    } catch (error) {
      if (turn === this.#turn) write($('links-error'), error.message);
    }
  }

  /** A click, whether it is in the list or not. */
  event(event) {
    const row = this.#rows.get(event.payload.shortCode);
    if (!row || (this.#base && !isBehind(this.#base, event))) return false;
    row.link.totalClicks++;
    return true;
  }

  draw() {
    for (const { link, total } of this.#rows.values()) write(total, number(link.totalClicks));
  }

  #draw(links, meta, isFiltered) {
    this.#rows = new Map(links.map(link => [link.shortCode, this.#row(link)]));
    $('links-rows').replaceChildren(...[...this.#rows.values()].map(row => row.node));
    write($('links-count'), count(meta.total, isFiltered ? 'match' : 'link', isFiltered ? 'matches' : 'links'));
    show($('links-table'), links.length > 0);
    show($('links-none'), links.length === 0);
    write($('links-none'), isFiltered ? 'No link is like that.' : 'No links yet. Make the first one on the overview.');
    show($('links-pages'), meta.totalPages > 1);
    write($('links-page'), `${meta.page} of ${meta.totalPages}`);
    $('links-back').disabled = meta.page <= 1;
    $('links-next').disabled = meta.page >= meta.totalPages;
  }

  #row(link) {
    const total = el('td.r.count', {}, number(link.totalClicks));
    const url = el('span.sr', { 'aria-hidden': 'true' }, link.shortUrl);
    const pause = el('button', {
      type: 'button',
      onclick: async () => {
        pause.disabled = true;
        try { await setActive(link, !link.isActive); write($('links-error'), ''); } catch (error) { write($('links-error'), error.message); }
        pause.disabled = false;
        state();
        pause.focus();
      },
    });
    const name = el('a.code', { href: '#/links/' + link.shortCode }, link.shortCode);
    const tag = el('span');
    const state = () => {
      write(pause, link.isActive ? 'Pause' : 'Resume');
      pause.setAttribute('aria-label', `${link.isActive ? 'Pause' : 'Resume'} ${link.shortCode}`);
      mark(tag, link);
      show(tag, link.status !== 'active');
    };
    state();
    const node = el('tr', {}, el('th', { scope: 'row' }, name, tag), el('td.where', { title: link.originalUrl }, shown(link.originalUrl)),
      el('td.soft', {}, dateOf(instant(link.createdAt))), total,
      el('td.actions', {}, url, el('button', { type: 'button', 'aria-label': 'Copy ' + link.shortUrl, onclick: e => copy(url, e.currentTarget) }, 'Copy'), pause));
    return { link, total, node };
  }
}
