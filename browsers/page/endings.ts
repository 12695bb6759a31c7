import { eventually, expectEqual, expectRejection, expectThat } from './expectation.ts';
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
    await otherConnection(first);
    await fetch(`/proceed?of=${before}`, { method: 'POST' });
    expectEqual('what was under way', await (await slow).text(), 'later');
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
  return otherConnection(first);
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
