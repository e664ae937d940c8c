// Small words for the document, for text and for time.

export const $ = id => document.getElementById(id);

/** An element: `el('p.soft', {id: 'a'}, 'text', child)`. Properties in camel case, attributes with a dash or as `attr`. */
export function el(what, props = {}, ...children) {
  const [tag, ...classes] = what.split('.');
  return dress(document.createElement(tag), classes, props, children);
}

export function svg(what, props = {}, ...children) {
  const [tag, ...classes] = what.split('.');
  return dress(document.createElementNS('http://www.w3.org/2000/svg', tag), classes, props, children);
}

function dress(node, classes, props, children) {
  if (classes.length) node.setAttribute('class', classes.join(' '));
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children);
  return node;
}

/** Writes only what is new: an unchanged text costs no layout. */
export function write(node, text) {
  text = String(text);
  if (node.firstChild?.nodeType === 3 && !node.firstChild.nextSibling) {
    if (node.firstChild.data !== text) node.firstChild.data = text;
  } else if (node.firstChild || text) node.textContent = text;
}

export function show(node, on) {
  if (node.hidden === on) node.hidden = !on;
}

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const places = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });
const hour = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

export const number = n => whole.format(n);
export const compact = n => Math.abs(n) < 10000 ? whole.format(n) : short.format(n);
export const count = (n, one, many = one + 's') => `${whole.format(n)} ${n === 1 ? one : many}`;
export const rate = n => n >= 100 ? whole.format(Math.round(n)) : n >= 10 ? n.toFixed(0) : n.toFixed(1);
/** RFC 3339 with up to nine decimals; the platform takes three. */
export const instant = text => new Date(String(text).replace(/(\.\d{3})\d+/, '$1'));
const orNothing = (format, date) => isNaN(date) ? '' : format.format(date);
export const timeOfDay = date => orNothing(clock, date);
export const hourOfDay = date => orNothing(hour, date);
export const dayOf = date => orNothing(day, date);
export const dateOf = date => orNothing(dayOfYear, date);

export function country(code) {
  if (!code || code === 'unknown') return 'Unknown';
  try { return places.of(code) ?? code; } catch { return code; }
}

export const named = text => !text || text === 'unknown' ? 'Unknown' : text[0].toUpperCase() + text.slice(1);

export function duration(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds % 86400 / 3600)} h`;
}

export function bytes(n) {
  if (n < 1024) return `${n} B`;
  if (n < 1024 ** 2) return `${(n / 1024).toFixed(0)} KiB`;
  if (n < 1024 ** 3) return `${(n / 1024 ** 2).toFixed(1)} MiB`;
  return `${(n / 1024 ** 3).toFixed(2)} GiB`;
}

/** For those who listen instead of looking: polite, and never more than one sentence. */
export function say(text) { $('said').textContent = text; }

export const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** Copies what `node` says, or at least selects it: plain http has no clipboard. */
export async function copy(node, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(node.textContent);
  } catch {
    getSelection().selectAllChildren(node);
    done = document.execCommand('copy');
  }
  const before = button.dataset.label ??= button.textContent;
  button.textContent = done ? 'Copied' : 'Selected';
  say(done ? 'Copied.' : 'Selected. Copy it with the keyboard.');
  setTimeout(() => { button.textContent = before; }, 2000);
}
