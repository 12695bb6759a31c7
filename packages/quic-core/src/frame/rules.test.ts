import { describe, expect, test } from '@jest/globals';
import { encodeVarint } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { frameName } from './names.ts';
import { FrameRules, frameRule, FrameType, isTypeTooLong, Rule } from './rules.ts';

/** RFC 9000 Table 3: type, name, packets (I, H, 0, 1), and N for frames that need no acknowledgement, P for probing ones. */
const TABLE_3: readonly (readonly [number, string, string, string])[] = [
  [0x00, 'PADDING', 'IH01', 'NP'],
  [0x01, 'PING', 'IH01', ''],
  [0x02, 'ACK', 'IH_1', 'N'],
  [0x03, 'ACK_ECN', 'IH_1', 'N'],
  [0x04, 'RESET_STREAM', '__01', ''],
  [0x05, 'STOP_SENDING', '__01', ''],
  [0x06, 'CRYPTO', 'IH_1', ''],
  [0x07, 'NEW_TOKEN', '___1', ''],
  ...[0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f].map((type) => [type, 'STREAM', '__01', ''] as const),
  [0x10, 'MAX_DATA', '__01', ''],
  [0x11, 'MAX_STREAM_DATA', '__01', ''],
  [0x12, 'MAX_STREAMS_BIDI', '__01', ''],
  [0x13, 'MAX_STREAMS_UNI', '__01', ''],
  [0x14, 'DATA_BLOCKED', '__01', ''],
  [0x15, 'STREAM_DATA_BLOCKED', '__01', ''],
  [0x16, 'STREAMS_BLOCKED_BIDI', '__01', ''],
  [0x17, 'STREAMS_BLOCKED_UNI', '__01', ''],
  [0x18, 'NEW_CONNECTION_ID', '__01', 'P'],
  [0x19, 'RETIRE_CONNECTION_ID', '__01', ''],
  [0x1a, 'PATH_CHALLENGE', '__01', 'P'],
  [0x1b, 'PATH_RESPONSE', '___1', 'P'],
  [0x1c, 'CONNECTION_CLOSE', 'IH01', 'N'],
  [0x1d, 'APPLICATION_CLOSE', '__01', 'N'],
  [0x1e, 'HANDSHAKE_DONE', '___1', ''],
  // draft-ietf-quic-ack-frequency §3, §4, §5.
  [0x1f, 'IMMEDIATE_ACK', '___1', ''],
  [0xaf, 'ACK_FREQUENCY', '___1', ''],
  // RFC 9221 §4, §5.
  [0x30, 'DATAGRAM', '__01', ''],
  [0x31, 'DATAGRAM_WITH_LENGTH', '__01', ''],
];

/** The same for frames of extensions. */
const EXTENSIONS: typeof TABLE_3 = [
  [0x24, 'RESET_STREAM_AT', '__01', ''],
  // draft-ietf-quic-multipath-21 §4.
  [0x3e, 'PATH_ACK', '___1', 'N'],
  [0x3f, 'PATH_ACK_ECN', '___1', 'N'],
  [0x3e75, 'PATH_ABANDON', '___1', ''],
  [0x3e76, 'PATH_STATUS_BACKUP', '___1', ''],
  [0x3e77, 'PATH_STATUS_AVAILABLE', '___1', ''],
  [0x3e78, 'PATH_NEW_CONNECTION_ID', '___1', ''],
  [0x3e79, 'PATH_RETIRE_CONNECTION_ID', '___1', ''],
  [0x3e7a, 'MAX_PATH_ID', '___1', ''],
  [0x3e7b, 'PATHS_BLOCKED', '___1', ''],
  [0x3e7c, 'PATH_CIDS_BLOCKED', '___1', ''],
];

describe('frame rules', () => {
  test.each([...TABLE_3, ...EXTENSIONS])('type %i, %s, comes in %s', (type, name, packets, notes) => {
    const rule = frameRule(type);
    const levels = [Level.Initial, Level.Handshake, Level.EarlyData, Level.Application];
    expect(levels.map((level, i) => ((rule & (1 << level)) === 0 ? '_' : 'IH01'[i])).join('')).toBe(packets);
    expect((rule & Rule.AckEliciting) === 0).toBe(notes.includes('N'));
    expect((rule & Rule.Probing) !== 0).toBe(notes.includes('P'));
    expect(frameName(type)).toBe(name);
  });

  test('there is no other type', () => {
    const known = [...TABLE_3, ...EXTENSIONS].map(([type]) => type);
    for (let type = 0; type < 0x4000; type++) expect(frameRule(type) !== 0).toBe(known.includes(type));
    for (const type of Object.values(FrameType)) expect(known).toContain(type);
    for (const type of [0x2f, 0xae, 0xb0, 0x32, 0x40, 2 ** 30, Number.MAX_SAFE_INTEGER])
      expect(frameRule(type)).toBe(0);
    expect(frameName(0x52)).toBe('0x52');
  });
});

describe('types of any length', () => {
  // DATAGRAM (RFC 9221 §4), ACK_FREQUENCY and IMMEDIATE_ACK, and two of multipath, as their drafts number them.
  const rows = [
    [0x30, 0x31, 24],
    [0xaf, 0xaf, 8],
    [0x1f, 0x1f, 16],
    [0x3e75, 0x3e76, 40],
    [0x15228c00, 0x15228c01, 9],
    [2 ** 40, 2 ** 40, 63],
  ] as const;

  test('have their rules, and the types between them have none', () => {
    const rules = new FrameRules(rows);
    for (const [first, last, rule] of rows) {
      expect([rules.of(first), rules.of(last)]).toEqual([rule, rule]);
      expect([rules.of(first - 1), rules.of(last + 1)]).toEqual([0, 0]);
    }
    for (const type of [0, 0x3f, 0x40, 0xff, Number.MAX_SAFE_INTEGER]) expect(rules.of(type)).toBe(0);
  });

  test.each([
    [0x30, 1, [2, 4, 8]],
    [0x3f, 1, [2, 4, 8]],
    [0x40, 2, [4, 8]],
    [0x3e75, 2, [4, 8]],
    [0x4000, 4, [8]],
    [0x15228c00, 4, [8]],
    [2 ** 30, 8, []],
  ])('type %i takes %i bytes and no more', (type, shortest, longer) => {
    expect(encodeVarint(type)).toHaveLength(shortest);
    expect(isTypeTooLong(type, shortest)).toBe(false);
    for (const length of longer) expect(isTypeTooLong(type, length)).toBe(true);
  });
});
