// Who is looking: one token for this tab, and every call that presents it.

const KEY = 'quikko.session';
/** Seconds a tab stays signed in after its ticket. */
const DAY = 86400;

let held = null; // {token, refresh?}
let ended = () => {};
let renewing = null;

/** Called once with a sentence when the server no longer takes the token. */
export function whenEnded(callback) { ended = callback; }

export const isSignedIn = () => held !== null;

function keep(value) {
  held = value;
  try {
    if (value) sessionStorage.setItem(KEY, JSON.stringify(value)); else sessionStorage.removeItem(KEY);
  } catch { /* a browser that keeps nothing: the tab lives as long as it is not reloaded */ }
}

export function restore() {
  try { held = JSON.parse(sessionStorage.getItem(KEY)); } catch { held = null; }
  if (typeof held?.token !== 'string') keep(null);
  return held !== null;
}

export function forget() { keep(null); }

/** The ticket of the address bar buys a session for this tab; it works once. */
export async function redeem(ticket) {
  keep(null);
  const { data } = await call('POST', '/api/v1/tickets', { kind: 'session', ttl: DAY }, ticket);
  keep({ token: data.token });
}

export async function signIn(email, password) {
  const { data } = await call('POST', '/api/v1/auth/login', { email, password });
  keep({ token: data.accessToken, refresh: data.refreshToken });
}

/** An account's token lives for minutes and is renewed while its tab is open; whoever asks meanwhile waits for the same renewal. */
function renew() {
  renewing ??= (async () => {
    const before = held;
    try {
      const { data } = await call('POST', '/api/v1/auth/refresh', { refreshToken: before.refresh });
      if (held === before) keep({ ...before, token: data.accessToken });
    } finally { renewing = null; }
  })();
  return renewing;
}

/** Whether the one who looks may see the server's books. */
export async function seesServer() {
  const { data } = await api('POST', '/api/v1/tickets/verify', { credential: held.token });
  return data.valid && data.scope !== 'user';
}

/** The envelope's `data` and `meta`; throws an Error with `status` and `code`. */
export async function api(method, path, body) {
  let used = held;
  try {
    try {
      return await call(method, path, body, used?.token);
    } catch (error) {
      if (error.code !== 'AUTH_TOKEN_EXPIRED' || !used?.refresh) throw error;
      if (used === held) await renew();
      used = held;
      return await call(method, path, body, used?.token);
    }
  } catch (error) {
    if (error.status === 401 && used === held && used) {
      keep(null);
      ended('The session has ended: ' + error.message);
    }
    throw error;
  }
}

async function call(method, path, body, bearer) {
  const headers = bearer ? { Authorization: 'Bearer ' + bearer } : {};
  if (body) headers['Content-Type'] = 'application/json';
  let answer = null, json = null;
  try {
    answer = await fetch(path, {
      method, headers, body: body && JSON.stringify(body), cache: 'no-store', signal: AbortSignal.timeout(15000),
    });
    json = await answer.json();
  } catch { /* told below */ }
  if (answer?.ok && json?.success) return json;
  const message = !answer ? 'The server could not be reached.'
    : json?.error?.message ?? `The server answered with status ${answer.status}.`;
  throw Object.assign(new Error(message), { status: answer?.status, code: json?.error?.code });
}
