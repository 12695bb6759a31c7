import { describe, expect, test } from '@jest/globals';
import { fromHex } from '@tsquic/bytes';
import { AES_128_GCM_SHA256 } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import { Level } from '@tsquic/tls13';
import { covers } from '../../../../tools/covers.ts';
import { Keys } from '../keys/keys.ts';
import { DeliveryLog } from '../recovery/delivery-log.ts';
import { VERSION_1 } from '../version/versions.ts';
import { Drop } from './drop.ts';
import { PacketType } from './header.ts';
import { PacketReader } from './reader.ts';
import { type HeaderFields, PacketWriter } from './writer.ts';

const crypto = createNodeProvider({ random: (out) => void out.fill(7) });
const fields: HeaderFields = {
  versionId: 1,
  destinationId: fromHex('d1d2d3d4d5d6d7d8'),
  sourceId: fromHex('5152535455565758'),
  token: fromHex('aabbcc'),
};
const log = new DeliveryLog();

/** Keys for every level, whose packets `reading` opens. */
function keyPair(): { readonly writing: Keys; readonly reading: Keys } {
  const writing = new Keys(crypto, VERSION_1, true);
  const reading = new Keys(crypto, VERSION_1, false);
  writing.installInitial(fields.destinationId);
  reading.installInitial(fields.destinationId);
  for (const level of [Level.EarlyData, Level.Handshake, Level.Application]) {
    const secret = new Uint8Array(32).fill(level + 1);
    writing.install(level, 'write', AES_128_GCM_SHA256, secret);
    reading.install(level, 'read', AES_128_GCM_SHA256, secret);
  }
  return { writing, reading };
}

/** Everything that a datagram holds, opened. */
function read(datagram: Uint8Array, keys: Keys) {
  const bytes = datagram.slice();
  const reader = new PacketReader(8);
  reader.reset(bytes, bytes.length);
  const packets: { type: number; number: number; payload: Uint8Array; token: Uint8Array; length: number }[] =
    [];
  while (reader.next()) {
    const { header } = reader;
    expect(keys.open(bytes, header, -1)).toBe(Drop.None);
    packets.push({
      type: header.type,
      number: header.packetNumber,
      payload: bytes.slice(header.payloadAt, header.payloadEnd),
      token: bytes.slice(header.tokenAt, header.tokenAt + header.tokenLength),
      length: header.packetEnd - header.headerAt,
    });
  }
  expect(reader.drop).toBe(Drop.None);
  return packets;
}

describe('PacketWriter', () => {
  test.each([Level.Initial, Level.EarlyData, Level.Handshake, Level.Application])(
    `at level %d, reserved bits and the spin bit are 0 ${covers('rfc9000-17.2-8', 'rfc9000-17.3.1-2', 'rfc9000-17.4-2', 'rfc9000-17.4-3', 'rfc9000-17.4-4')}`,
    (level) => {
      const writer = new PacketWriter();
      const buffer = new Uint8Array(1500).fill(0xff);
      for (const number of [0, 200, 70_000, 2 ** 24]) {
        writer.reset(buffer, 1200);
        writer.begin(level, number, -1, fields, 0, log);
        expect(buffer[0]! & (level === Level.Application ? 0x38 : 0x0c)).toBe(0);
        expect(buffer[0]! & 0x40).toBe(0x40);
      }
    },
  );

  test(`coalesces packets of all levels, padded in the last ${covers('rfc9000-12.2-4')}`, () => {
    const { writing, reading } = keyPair();
    const writer = new PacketWriter();
    const buffer = new Uint8Array(1500).fill(0xee);
    writer.reset(buffer, 1400);
    [Level.Initial, Level.EarlyData, Level.Handshake, Level.Application].forEach((level, i) => {
      expect(writer.begin(level, 10 * i, -1, fields, 0, log)).toBe(true);
      expect(writer.isEmpty).toBe(true);
      writer.frames.fill(0x10 + level, 20 + i);
      expect(writer.isEmpty).toBe(false);
      writer.close();
    });
    const before = writer.length;
    writer.padTo(1200);
    expect(writer.length).toBe(1200);
    expect(writer.seal(writing)).toBe(1200);

    const packets = read(buffer.slice(0, 1200), reading);
    expect(packets.map(({ type }) => type)).toEqual([
      PacketType.Initial,
      PacketType.ZeroRtt,
      PacketType.Handshake,
      PacketType.OneRtt,
    ]);
    expect(packets.map(({ number }) => number)).toEqual([0, 10, 20, 30]);
    expect(packets.map(({ payload }) => payload.length)).toEqual([20, 21, 22, 23 + 1200 - before]);
    expect(packets[0]!.token).toEqual(fields.token);
    expect(packets[3]!.payload.subarray(23).every((byte) => byte === 0)).toBe(true);
    expect(buffer[1200]).toBe(0xee);
  });

  test('an empty token takes one byte, and padding stops at the limit of the datagram', () => {
    const { writing, reading } = keyPair();
    const writer = new PacketWriter();
    const buffer = new Uint8Array(1500);
    writer.reset(buffer, 900);
    writer.padTo(1200);
    expect(writer.length).toBe(0);
    writer.begin(Level.Initial, 0, -1, { ...fields, token: new Uint8Array(0) }, 0, log);
    writer.frames.fill(1, 5);
    writer.close();
    writer.padTo(1200);
    expect(writer.seal(writing)).toBe(900);
    expect(read(buffer.slice(0, 900), reading)).toMatchObject([{ token: new Uint8Array(0), length: 900 }]);
  });

  test('room is exactly what may be filled', () => {
    const { writing, reading } = keyPair();
    const writer = new PacketWriter();
    for (const limit of [60, 100, 1200]) {
      for (const level of [Level.Initial, Level.Handshake, Level.Application]) {
        const buffer = new Uint8Array(1500);
        writer.reset(buffer, limit);
        if (!writer.begin(level, 5, 3, fields, 0, log)) continue;
        writer.frames.fill(1, writer.frames.room);
        expect(() => writer.frames.u8(1)).toThrow(RangeError);
        writer.close();
        expect(writer.seal(writing)).toBe(limit);
        expect(read(buffer.slice(0, limit), reading)).toHaveLength(1);
      }
    }
  });

  test('a packet that cannot hold anything is not begun, and changes nothing', () => {
    const writer = new PacketWriter();
    const buffer = new Uint8Array(1500);
    for (const level of [Level.Initial, Level.Handshake, Level.Application]) {
      for (let limit = 0; limit < 80; limit++) {
        writer.reset(buffer, limit);
        const begun = writer.begin(level, 0, -1, fields, 0, log);
        expect([writer.count, writer.length]).toEqual([0, 0]);
        if (!begun) continue;
        writer.frames.u8(1);
        writer.markEliciting();
        writer.close();
        expect(writer.length).toBeLessThanOrEqual(limit);
      }
    }
  });

  test.each([0, 4, 8, 20])(
    `a PING to an ID of %d bytes is padded until a reset that answers it looks like a packet ${covers('rfc9000-10.3-4')}`,
    (idLength) => {
      const { writing } = keyPair();
      const writer = new PacketWriter();
      writer.reset(new Uint8Array(1500), 1200);
      const destinationId = new Uint8Array(idLength);
      writer.begin(Level.Application, 0, -1, { ...fields, destinationId }, 0, log);
      writer.frames.u8(1);
      writer.markEliciting();
      writer.close();
      const least = Math.max(22 + fields.sourceId.length, 1 + idLength + 4 + 16);
      expect(writer.seal(writing)).toBe(least);
      expect(writer.packets[0]).toMatchObject({ ackEliciting: true, inFlight: true });
    },
  );

  test('what only acknowledges is not in flight, unless it is padded', () => {
    const writer = new PacketWriter();
    writer.reset(new Uint8Array(1500), 1200);
    for (const size of [5, 1]) {
      writer.begin(Level.Handshake, 0, -1, fields, 0, log);
      writer.frames.fill(2, size);
      writer.addQuietFact(1, 0);
      writer.close();
    }
    expect(writer.packets[0]).toMatchObject({ ackEliciting: false, inFlight: false });
    expect(writer.packets[1]).toMatchObject({ ackEliciting: false, inFlight: true });
    writer.padTo(1200);
    expect(writer.packets[1]).toMatchObject({ ackEliciting: false, inFlight: true });
  });
});
