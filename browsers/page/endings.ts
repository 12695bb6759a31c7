import { eventually, expectEqual, expectRejection, expectThat, pause } from './expectation.ts';
import { eventuallySeen, freshNumber, numbered, randomBytes, type Seen } from './server.ts';

/** Cases about requests that end early, and about connections that do. */
export const ENDINGS = {
  'early-answer': async () => {
    const number = freshNumber();
    const response = await fetch(numbered('/refuse', number), {
      method: 'POST',
      body: randomBytes(20_000_000),
    });
    expectEqual('the status', response.status, 413);
    expectEqual('the content', await response.text(), 'too large');
    const { received } = await eventuallySeen('the request', number, () => true);
    expectThat(received < 20_000_000, 'the server has read all of it');
  },

  'reset-response': async () => {
    const number = freshNumber();
    const response = await fetch(numbered('/reset?after=100000', number));
    expectEqual('the status', response.status, 200);
    // A reset overtakes what was not delivered yet, the head as well.
    await Promise.all([
      expectRejection('reading the content', response.arrayBuffer()),
      fetch(`/proceed?of=${number}`, { method: 'POST' }),
    ]);
  },

  'cancel-waiting': async () => {
    const number = freshNumber();
    const abort = new AbortController();
    const answer = fetch(numbered('/silent', number), { signal: abort.signal });
    await Promise.all([cancelled(number, () => abort.abort()), expectRejection('the fetch', answer)]);
  },

  'cancel-content': async () => {
    const number = freshNumber();
    const response = await fetch(numbered('/drip', number));
    const reader = response.body!.getReader();
    await reader.read();
    await cancelled(number, () => void reader.cancel());
  },

  'cancel-upload': async () => {
    const number = freshNumber();
    const abort = new AbortController();
    const init = { method: 'POST', body: randomBytes(20_000_000), signal: abort.signal };
    const answer = fetch(numbered('/unread', number), init);
    await Promise.all([cancelled(number, () => abort.abort()), expectRejection('the fetch', answer)]);
  },

  going: async () => {
    const before = freshNumber();
    const slow = fetch(numbered('/later', before));
    const first = await eventuallySeen('the slow request', before, () => true);
    await fetch('/go', { method: 'POST' });
    const other = otherConnection(first);
    // Firefox makes no other connection to the server while this one is there.
    await fetchApart(`/proceed?of=${before}`);
    expectEqual('what was under way', await (await slow).text(), 'later');
    await other;
  },

  closing: async () => {
    await reconnect();
  },

  resumption: async () => {
    const { resumed } = await reconnect();
    expectThat(resumed, 'the session is not resumed');
  },
};

/** Makes the server close the connection, and returns the first request that came by another one, as the server has seen it. */
async function reconnect(): Promise<Seen> {
  const before = freshNumber();
  await fetch(numbered('/hello', before));
  const first = await eventuallySeen('the first request', before, () => true);
  await fetch('/close', { method: 'POST' });
  // Firefox forgets its ticket when a connection ends under a request.
  await eventually('the end of the connection', async () => {
    const response = await fetchApart(`/ended?connection=${first.connection}`);
    return response.status === 200 ? true : undefined;
  });
  await pause(ON_ITS_WAY_MS);
  return otherConnection(first);
}

/** For what the server has sent already. */
const ON_ITS_WAY_MS = 500;

/** Asks by a connection of its own: browsers do not mix those with credentials and those without. */
function fetchApart(path: string): Promise<Response> {
  return fetch(path, { method: 'POST', credentials: 'omit', cache: 'no-store' });
}

/** The first request that comes by another connection than this one. Those that meet the end of the old one may fail. */
function otherConnection({ connection }: Seen): Promise<Seen> {
  return eventually('a request by another connection', async () => {
    const number = freshNumber();
    const answer = await fetch(numbered('/hello', number)).catch(() => undefined);
    if (answer === undefined) return undefined;
    const seen = await eventuallySeen('the request', number, () => true);
    return seen.connection === connection ? undefined : seen;
  });
}

/** Cancels a request once the server has it, and expects it to be told so. RFC 9114 §4.1.1 */
async function cancelled(number: string, cancel: () => void): Promise<void> {
  await eventuallySeen('the request', number, () => true);
  cancel();
  const { reason } = await eventuallySeen('the end of it', number, ({ state }) => state === 'cancelled');
  expectThat(reason.endsWith(`code ${H3_REQUEST_CANCELLED}`), `the server was told: ${reason}`);
}

const H3_REQUEST_CANCELLED = 0x10c;
