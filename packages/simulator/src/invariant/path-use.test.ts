import { expect, test } from '@jest/globals';
import { PacketType } from '@tsquic/quic-core';
import type { Host } from '../host.ts';
import { createPathUseWatch } from './path-use.ts';

const HERE = { ip: '10.0.0.1', port: 1 };
const THERE = { ip: '10.0.0.2', port: 2 };
const ELSEWHERE = { ip: '10.0.0.3', port: 3 };

/** What is wrong with a datagram of these frames, between these addresses, while HERE and THERE are in use. */
function whatsOf(frames: readonly number[], from = HERE, to = THERE, closeReason?: object): string[] {
  const watch = createPathUseWatch('client');
  const connection = { closeReason, pathStatistics: () => [{ local: HERE, remote: THERE }] };
  const host = { name: 'client', context: { connection: () => connection } } as unknown as Host;
  const out = { connection: 1, from, to } as never;
  watch.observer.onBeforePrepare!(host, 5);
  watch.tracer.onPacketSent!(1, PacketType.OneRtt, 0, 0, Uint8Array.from(frames), 0, frames.length, 5, 0);
  watch.observer.onAfterPrepare!(host, out, 1200, 5);
  return watch.violations.map(({ what }) => what);
}

const DATA = [1, 2, 3, 4, 5, 6, 7, 8];
const PROBING = [0x1a, ...DATA, 0x1b, ...DATA, 0, 0, 0];
const PING = [...PROBING, 0x01];

test('a path in use carries anything, another one probing frames alone', () => {
  // RFC 9000 §9.1
  expect(whatsOf(PING)).toEqual([]);
  expect(whatsOf(PROBING, ELSEWHERE)).toEqual([]);
  expect(whatsOf(PROBING, HERE, ELSEWHERE)).toEqual([]);
  expect(whatsOf(PING, ELSEWHERE)).toEqual([
    'client sends ping from 10.0.0.3:3 to 10.0.0.2:2, a path not in use',
  ]);
  expect(whatsOf(PING, HERE, ELSEWHERE)).toHaveLength(1);
});

test('a close goes anywhere, and a client need not know its own address', () => {
  expect(whatsOf(PING, HERE, ELSEWHERE, { kind: 'application' })).toEqual([]);
  expect(whatsOf(PING, { ip: '', port: 0 })).toEqual([]);
});
