import { describe, expect, test } from '@jest/globals';
import { fromHex } from '@tsquic/bytes';
import { AES_128_GCM_SHA256 } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import { Keys } from '../keys/keys.ts';
import { DeliveryLog } from '../facts/delivery-log.ts';
import { FrameType } from '../frame/rules.ts';
import { Drop } from './drop.ts';
import { typeOf } from './levels.ts';
import { PacketReader } from './reader.ts';
import { type HeaderFields, PacketWriter } from './writer.ts';
import { ConnectionVersion } from '../version/connection-version.ts';
import { VERSION_1, VERSIONS } from '../version/versions.ts';

const crypto = createNodeProvider({ random: (out) => void out.fill(7) });
const fields: HeaderFields = {
  version: new ConnectionVersion(VERSION_1),
  destinationId: fromHex('d1d2d3d4d5d6d7d8'),
  pathId: 0,
  sourceId: fromHex('5152535455565758'),
  token: fromHex('aabbcc'),
};
const log = new DeliveryLog();

/** Keys for every level, whose packets `reading` opens. */
function keyPair(): { readonly writing: Keys; readonly reading: Keys } {
  const writing = new Keys(crypto, new ConnectionVersion(VERSION_1), true);
  const reading = new Keys(crypto, new ConnectionVersion(VERSION_1), false);
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
  const reader = new PacketReader(8, VERSIONS);
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
    'at level %d, reserved bits and the spin bit are 0',
    (level) => {
      covers('rfc9000-17.2-8', 'rfc9000-17.3.1-2', 'rfc9000-17.4-2');
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

  test('a datagram that begins after another one is the same, and leaves the first alone', () => {
    const { writing } = keyPair();
    const writer = new PacketWriter();
    const write = (buffer: Uint8Array, from: number): number => {
      writer.reset(buffer, 1200, from);
      for (const level of [Level.Initial, Level.Application]) {
        writer.begin(level, 7, -1, fields, 0, log);
        writer.frames.u8(FrameType.Ping);
        writer.markEliciting();
        writer.close();
      }
      writer.padTo(1200);
      return writer.seal(writing);
    };
    const alone = new Uint8Array(1200);
    expect(write(alone, 0)).toBe(1200);
    const train = new Uint8Array(2400).fill(0xee);
    expect(write(train, 1200)).toBe(1200);
    expect(writer.end).toBe(2400);
    expect(train.subarray(1200)).toEqual(alone);
    expect(train.subarray(0, 1200)).toEqual(new Uint8Array(1200).fill(0xee));
  });

  test('a short header has the length that the keys do best with, any other what its number needs', () => {
    const { writing, reading } = keyPair();
    const writer = new PacketWriter();
    const buffer = new Uint8Array(1500);
    const wanted = fields.destinationId.length + 5;
    const lengths = [Level.Handshake, Level.Application].map((level) => {
      writer.reset(buffer, 1200);
      expect(writer.begin(level, 77, -1, fields, 0, log, wanted)).toBe(true);
      writer.frames.fill(FrameType.Ping, 30);
      writer.close();
      const { payloadAt, numberAt } = writer.current;
      const length = writer.seal(writing);
      expect(read(buffer.slice(0, length), reading)[0]!.number).toBe(77);
      return payloadAt - numberAt;
    });
    expect(lengths).toEqual([1, 4]);
  });

  test.each([
    ['the Initial packet', [Level.Initial, Level.EarlyData, Level.Handshake, Level.Application], 0],
    ['the Initial packet before another one', [Level.Initial, Level.Application], 0],
    ['the last packet, where none is an Initial one', [Level.Handshake, Level.Application], 1],
  ])('coalesces packets, and pads %s', (_, levels, padded) => {
    const { writing, reading } = keyPair();
    const writer = new PacketWriter();
    const buffer = new Uint8Array(1500).fill(0xee);
    writer.reset(buffer, 1400);
    levels.forEach((level, i) => {
      expect(writer.begin(level, 10 * i, -1, fields, 0, log)).toBe(true);
      expect(writer.isEmpty).toBe(true);
      writer.frames.fill(0x10 + level, 20 + i);
      expect(writer.isEmpty).toBe(false);
      writer.close();
    });
    const missing = 1200 - writer.length;
    writer.padTo(1200);
    expect(writer.length).toBe(1200);
    expect(writer.packets.map(({ inFlight }) => inFlight).indexOf(true)).toBe(padded);
    expect(writer.seal(writing)).toBe(1200);

    const packets = read(buffer.slice(0, 1200), reading);
    expect(packets.map(({ type }) => type)).toEqual(levels.map(typeOf));
    expect(packets.map(({ number }) => number)).toEqual(levels.map((_level, i) => 10 * i));
    const payloads = levels.map((level, i) => [
      ...new Uint8Array(20 + i).fill(0x10 + level),
      ...new Uint8Array(i === padded ? missing : 0),
    ]);
    expect(packets.map(({ payload }) => [...payload])).toEqual(payloads);
    if (levels[0] === Level.Initial) expect(packets[0]!.token).toEqual(fields.token);
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
    'a PING to an ID of %d bytes is padded until a reset that answers it looks like a packet',
    (idLength) => {
      covers('rfc9000-10.3-4');
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
