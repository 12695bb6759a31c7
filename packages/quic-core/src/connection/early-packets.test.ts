import { describe, expect, test } from '@jest/globals';
import { createPacketHeader, type PacketHeader } from '../packet/header.ts';
import { EarlyPackets } from './early-packets.ts';

const HERE = { ip: '10.0.0.1', port: 1 };
const THERE = { ip: '10.0.0.2', port: 2 };

/** A packet of so many bytes at `headerAt` of its datagram. */
function packetOf(bytes: number, headerAt = 0): PacketHeader {
  return { ...createPacketHeader(), headerAt, packetEnd: headerAt + bytes };
}

function keep(early: EarlyPackets, bytes: number): boolean {
  return early.keep(new Uint8Array(bytes), packetOf(bytes), THERE, HERE, 0, 0);
}

// The bounds of docs/limits.md.
describe('packets before their keys', () => {
  test('ten are kept', () => {
    const early = new EarlyPackets();
    const kept = Array.from({ length: 12 }, () => keep(early, 100));
    expect(kept.filter(Boolean)).toHaveLength(10);
    expect(early.takeAll()).toHaveLength(10);
  });

  test('15000 bytes are kept, and none more', () => {
    const early = new EarlyPackets();
    expect([keep(early, 14_000), keep(early, 1001), keep(early, 1000), keep(early, 1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  test('what was taken makes room again', () => {
    const early = new EarlyPackets();
    expect(keep(early, 15_000)).toBe(true);
    expect([early.isEmpty, early.takeAll().length, early.isEmpty]).toEqual([false, 1, true]);
    expect([keep(early, 15_000), early.takeAll().length, early.takeAll().length]).toEqual([true, 1, 0]);
  });

  test('one is copied out of its datagram, with all that is known of how it came', () => {
    const early = new EarlyPackets();
    const datagram = Uint8Array.from({ length: 60 }, (_, i) => i);
    early.keep(datagram, packetOf(20, 30), THERE, HERE, 3, 2);
    datagram.fill(0);
    expect(early.takeAll()).toEqual([
      {
        bytes: Uint8Array.from({ length: 20 }, (_, i) => 30 + i),
        from: THERE,
        to: HERE,
        interfaceIndex: 3,
        ecn: 2,
      },
    ]);
  });
});
