import { expect, test } from '@jest/globals';
import { Level } from '@tsquic/tls13';
import { PacketType } from '../version/packet-type.ts';
import {
  isProtected,
  levelOf,
  Space,
  SPACES,
  spaceOf,
  typeOf,
  typeOfSpace,
  WRITTEN_LEVELS,
} from './levels.ts';

test.each([
  ['Initial', PacketType.Initial, Level.Initial, Space.Initial],
  ['0-RTT', PacketType.ZeroRtt, Level.EarlyData, Space.Application],
  ['Handshake', PacketType.Handshake, Level.Handshake, Space.Handshake],
  ['1-RTT', PacketType.OneRtt, Level.Application, Space.Application],
])('RFC 9001 Table 1: %s', (_name, type, level, space) => {
  expect([levelOf(type), typeOf(level), spaceOf(level), isProtected(type)]).toEqual([
    level,
    type,
    space,
    true,
  ]);
});

test('Retry and Version Negotiation belong to no level', () => {
  expect([isProtected(PacketType.Retry), isProtected(PacketType.VersionNegotiation)]).toEqual([false, false]);
});

test('1-RTT stands for the space that it shares with 0-RTT, which leaves behind the Initial that it belongs to', () => {
  expect(SPACES.map(typeOfSpace)).toEqual([PacketType.Initial, PacketType.Handshake, PacketType.OneRtt]);
  expect(WRITTEN_LEVELS.map(typeOf)).toEqual([
    PacketType.Initial,
    PacketType.ZeroRtt,
    PacketType.Handshake,
    PacketType.OneRtt,
  ]);
});
