import { expectEqual, expectRejection, expectThat, pause } from './expectation.ts';
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
    const response = await fetch('/reset?after=100000');
    expectEqual('the status', response.status, 200);
    await expectRejection('reading the content', response.arrayBuffer());
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
    const [before, after] = [freshNumber(), freshNumber()];
    const slow = fetch(numbered('/later?ms=1500', before));
    const first = await eventuallySeen('the slow request', before, () => true);
    await fetch('/go', { method: 'POST' });
    await fetch(numbered('/hello', after));
    const second = await eventuallySeen('the request after that', after, () => true);
    expectThat(second.connection !== first.connection, 'the request came by the connection that goes');
    expectEqual('what was under way', await (await slow).text(), 'later');
  },

  closing: async () => {
    const [first, second] = await reconnect();
    expectThat(second.connection !== first.connection, 'the request came by the connection that is closed');
  },

  resumption: async () => {
    // The ticket may come after the page, and Firefox keeps it only a while after that.
    await pause(3000);
    const [, second] = await reconnect();
    expectThat(second.resumed, 'the session is not resumed');
  },
};

/** Makes the server close the connection, and asks again: both requests as the server has seen them. */
async function reconnect(): Promise<[Seen, Seen]> {
  const [before, after] = [freshNumber(), freshNumber()];
  await fetch(numbered('/hello', before));
  const first = await eventuallySeen('the first request', before, () => true);
  await fetch('/close', { method: 'POST' });
  await pause(CLOSED_AFTER_MS);
  await fetch(numbered('/hello', after));
  return [first, await eventuallySeen('the second request', after, () => true)];
}

/** The server closes it when its answer has left. */
const CLOSED_AFTER_MS = 500;

/** Cancels a request once the server has it, and expects it to be told so. RFC 9114 §4.1.1 */
async function cancelled(number: string, cancel: () => void): Promise<void> {
  await eventuallySeen('the request', number, () => true);
  cancel();
  const { reason } = await eventuallySeen('the end of it', number, ({ state }) => state === 'cancelled');
  expectThat(reason.endsWith(`code ${H3_REQUEST_CANCELLED}`), `the server was told: ${reason}`);
}

const H3_REQUEST_CANCELLED = 0x10c;
