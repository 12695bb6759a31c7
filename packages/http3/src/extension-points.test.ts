import { expect, test } from '@jest/globals';
import { QuicUsageError } from '@tsquic/quic-core';
import { caught, covers } from '@tsquic/testing';
import { StreamType } from './connection/critical-stream.ts';
import { Http3Code } from './errors/http3-error.ts';
import { checkExtensionPoints, type ExtensionPoints } from './extension-points.ts';
import { FrameType } from './frame/frame-type.ts';
import { earlySettings } from './options.ts';
import { SettingId } from './settings/settings.ts';

const NOTHING: ExtensionPoints = { settings: new Map(), streamTypes: [], bidirectionalTypes: [] };

/** The first three identifiers without a meaning, and the last that a number can be. RFC 9114 §11.2.1 */
const RESERVED = [0x21, 0x40, 0x5f, 0x21 + 0x1f * Math.floor((Number.MAX_SAFE_INTEGER - 0x21) / 0x1f)];

function refusal(points: Partial<ExtensionPoints>): string {
  const error = caught(() => checkExtensionPoints({ ...NOTHING, ...points }));
  expect(error).toBeInstanceOf(QuicUsageError);
  return (error as Error).message;
}

test('no frame, setting, error code or type of stream has an identifier that peers send without a meaning', () => {
  covers('rfc9114-11.2.1-5', 'rfc9114-11.2.2-5', 'rfc9114-11.2.3-3', 'rfc9114-11.2.4-3');
  for (const table of [FrameType, SettingId, Http3Code, StreamType]) {
    const ids: readonly number[] = Object.values(table);
    expect(ids.length).toBeGreaterThan(3);
    for (const id of ids) expect([id, id >= 0x21 && id % 0x1f]).not.toEqual([id, 0x21 % 0x1f]);
  }
  // Nor can an extension give one of them a meaning.
  for (const id of RESERVED) {
    expect(refusal({ settings: new Map([[id, 1]]) })).toBe(
      `settings: ${id} is reserved, and peers send it without a meaning`,
    );
    expect(refusal({ streamTypes: [0x54, id] })).toMatch(/^streamTypes: .* is reserved/);
    expect(refusal({ bidirectionalTypes: [id] })).toMatch(/^bidirectionalTypes: .* is reserved/);
    checkExtensionPoints({
      settings: new Map([[id + 1, 0]]),
      streamTypes: [id - 1],
      bidirectionalTypes: [id + 1],
    });
  }
});

test.each<[string, Partial<ExtensionPoints>]>([
  ['settings: 0 is not for extensions', { settings: new Map([[0, 1]]) }],
  ['settings: 3 is not for extensions', { settings: new Map([[3, 1]]) }],
  ['settings: 6 is not for extensions', { settings: new Map([[SettingId.MaxFieldSectionSize, 1]]) }],
  ['settings: 0.5 is no integer that is not negative', { settings: new Map([[0.5, 1]]) }],
  [
    'settings: the value of 80 must be an integer that is not negative',
    { settings: new Map([[80, true as never]]) },
  ],
  ['streamTypes: 2 is a type of HTTP/3 itself', { streamTypes: [2] }],
  ['streamTypes: -1 is no integer that is not negative', { streamTypes: [-1] }],
  ['bidirectionalTypes: 1 is a frame of HTTP/3 itself', { bidirectionalTypes: [0x41, 1] }],
  ['bidirectionalTypes: NaN is no integer that is not negative', { bidirectionalTypes: [Number.NaN] }],
])('%s', (message, points) => {
  expect(refusal(points)).toBe(message);
  expect(() => earlySettings(points)).toThrow(message);
});
