import { describe, expect, test } from '@jest/globals';
import { covers } from '../../../../tools/covers.ts';
import { frameName } from './names.ts';
import { frameRule, FrameType, Rule } from './rules.ts';

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
];

describe('frame rules', () => {
  test.each(TABLE_3)(
    `type %i, %s, comes in %s ${covers('rfc9000-12.5-3', 'rfc9000-12.5-5')}`,
    (type, name, packets, notes) => {
      const rule = frameRule(type);
      const levels = [Rule.Initial, Rule.Handshake, Rule.ZeroRtt, Rule.OneRtt];
      expect(levels.map((level, i) => ((rule & level) === 0 ? '_' : 'IH01'[i])).join('')).toBe(packets);
      expect((rule & Rule.AckEliciting) === 0).toBe(notes.includes('N'));
      expect((rule & Rule.Probing) !== 0).toBe(notes.includes('P'));
      expect(frameName(type)).toBe(name);
    },
  );

  test('there is no other type', () => {
    expect(TABLE_3.map(([type]) => type)).toEqual(Array.from({ length: 0x1f }, (_, type) => type));
    expect(Math.max(...Object.values(FrameType))).toBe(0x1e);
    for (const type of [0x1f, 0x30, 0x31, 0x40, 2 ** 30, Number.MAX_SAFE_INTEGER])
      expect(frameRule(type)).toBe(0);
    expect(frameName(0x52)).toBe('0x52');
  });
});
