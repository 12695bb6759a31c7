import { describe, expect, test } from '@jest/globals';
import { CLIENT_ADDRESS, type Pair, SECOND_CLIENT_ADDRESS } from '@tsquic/simulator';
import type { Address } from '../src/path/address.ts';
import { multipathPair } from './support/multipath-pair.ts';

const SECOND = 1_000_000;
const THIRD = { ip: SECOND_CLIENT_ADDRESS.ip, port: 5003 };
const FOURTH = { ip: CLIENT_ADDRESS.ip, port: 5004 };

const tokensOf = (pair: Pair): Uint8Array[] => pair.client.eventsOf('token').map(({ token }) => token);

/** Whether a new connection from this address with this token is let in without a Retry. */
function isLetIn(pair: Pair, token: Uint8Array, from: Address): boolean {
  const { settings } = pair.server.context as unknown as { settings: { retryAbove: number } };
  settings.retryAbove = 0;
  let retries = 0;
  const stop = pair.world.nowUs + SECOND;
  pair.world.observe({
    // The type of a long header; version 1 has 0xf0 for a Retry.
    onSend: (_host, { to, bytes }, nowUs) => {
      if (nowUs < stop && to.ip === from.ip && to.port === from.port && (bytes[0]! & 0xf0) === 0xf0)
        retries++;
    },
  });
  pair.connect({ from, token });
  pair.pass(SECOND);
  const state = pair.client.connections.at(-1)!.statistics().state;
  expect(state).toBe('confirmed');
  return retries === 0;
}

function twoPaths(): Pair {
  const pair = multipathPair({
    clientHost: { addresses: [CLIENT_ADDRESS, SECOND_CLIENT_ADDRESS, THIRD, FOURTH], keepsBytes: false },
  });
  pair.pass(SECOND);
  expect(pair.client.connection.openPath({ from: SECOND_CLIENT_ADDRESS })).toBe(1);
  pair.pass(SECOND);
  return pair;
}

describe('a client with several validated addresses: draft-ietf-quic-multipath §3.1.4', () => {
  test.each([
    ['first', FOURTH],
    ['second', THIRD],
  ])('gets a token that is good at its %s', (_name, from) => {
    const pair = twoPaths();
    expect(isLetIn(pair, tokensOf(pair).at(-1)!, from)).toBe(true);
  });

  test('has got one before that is good at the first alone', () => {
    const pair = twoPaths();
    expect(isLetIn(pair, tokensOf(pair)[0]!, THIRD)).toBe(false);
  });

  test('gets one for each path, and none for paths that are not validated', () => {
    const pair = twoPaths();
    const before = tokensOf(pair).length;
    pair.pass(10 * SECOND);
    expect(tokensOf(pair)).toHaveLength(before);
    pair.client.connection.migrate({ pathId: 1, from: THIRD });
    pair.pass(SECOND);
    expect(tokensOf(pair)).toHaveLength(before + 1);
  });

  test('which a server gets none of', () => {
    const pair = twoPaths();
    expect(pair.server.has('token')).toBe(false);
  });
});
