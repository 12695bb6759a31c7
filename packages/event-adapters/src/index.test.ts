import { expect, test } from '@jest/globals';
import * as bun from './bun-port.ts';
import * as deno from './deno-port.ts';
import * as ffi from './ffi/open-ffi-port.ts';
import * as index from './index.ts';
import * as reactor from './reactor.ts';
import * as worker from './worker/index.ts';

/** An export is a promise: none is added by accident. */
test('the entries export these names', () => {
  expect(Object.fromEntries(Object.entries({ index, bun, deno, ffi, reactor, worker }).map(names))).toEqual({
    index: [
      'EventDispatcher',
      'IgnoredStream',
      'PacketLoop',
      'PortSet',
      'QuicLoop',
      'canReusePort',
      'createPortSet',
      'nodeClock',
      'openEveryAddress',
      'openNodePort',
      'openUdpPort',
      'portPromises',
      'startPacketLoop',
      'unixTimeAtZeroUs',
    ],
    bun: ['openBunPort'],
    deno: ['openDenoPort'],
    ffi: ['canOpenFfiPort', 'openFfiPort'],
    reactor: ['joinReactor'],
    worker: [
      'DatagramLink',
      'NetworkThread',
      'SharedRing',
      'StreamRelay',
      'createLinkEnds',
      'runNetworkThread',
      'startNetworkThread',
    ],
  });
});

function names([entry, module]: [string, object]): [string, string[]] {
  return [entry, Object.keys(module).sort()];
}
