import { expect, test } from '@jest/globals';
import * as bun from './bun-port.ts';
import * as deno from './deno-port.ts';
import * as index from './index.ts';
import * as reactor from './reactor.ts';
import * as worker from './worker/index.ts';

/** An export is a promise: none is added by accident. */
test('the entries export these names', () => {
  expect(Object.fromEntries(Object.entries({ index, bun, deno, reactor, worker }).map(names))).toEqual({
    index: [
      'PacketLoop',
      'QuicLoop',
      'createPortSet',
      'nodeClock',
      'openEveryAddress',
      'openNodePort',
      'portPromises',
      'startPacketLoop',
      'unixTimeAtZeroUs',
    ],
    bun: ['openBunPort'],
    deno: ['openDenoPort'],
    reactor: ['joinReactor'],
    worker: ['NetworkThread', 'SharedRing', 'StreamRelay', 'runNetworkThread', 'startNetworkThread'],
  });
});

function names([entry, module]: [string, object]): [string, string[]] {
  return [entry, Object.keys(module).sort()];
}
