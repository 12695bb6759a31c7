import { describe, expect, test } from '@jest/globals';
import { caught, covers } from '@tsquic/testing';
import { Http3Code as Code, type Http3Error } from '../errors/http3-error.ts';
import {
  checkAgainstRemembered,
  decodeSettings,
  encodeSettings,
  type Settings,
  SettingId,
} from './settings.ts';

const { QpackMaxTableCapacity: CAPACITY, MaxFieldSectionSize: SIZE, H3Datagram: DATAGRAM } = SettingId;

describe('settings', () => {
  test('what is written is read, with one that means nothing', () => {
    covers('rfc9114-7.2.4.1-2');
    const settings = new Map([
      [CAPACITY, 0],
      [SIZE, 16_384],
      [0x2b603742, 1],
    ]);
    const read = decodeSettings(encodeSettings(settings));
    expect([...read].filter(([id]) => (id - 0x21) % 0x1f !== 0)).toEqual([...settings]);
    expect(read.size).toBe(settings.size + 1);
  });

  test('every strict prefix that ends within a setting is refused', () => {
    const bytes = encodeSettings(new Map([[SIZE, 16_384]]));
    // The identifier and its four bytes, and the reserved one with two bytes and one.
    const whole = [0, 5, bytes.length];
    for (let end = 0; end < bytes.length; end++) {
      const act = (): Settings => decodeSettings(bytes.subarray(0, end));
      if (whole.includes(end)) expect(act().size).toBe(whole.indexOf(end));
      else expect((caught(act) as Http3Error).code).toBe(Code.FrameError);
    }
  });

  test('early data was sent by settings of which none may shrink or be left out', () => {
    covers('rfc9114-7.2.4.2-12', 'rfc9114-7.2.4.2-13', 'rfc9297-2.1.1-6');
    const remembered = new Map([
      [CAPACITY, 4096],
      [SIZE, 8000],
      [DATAGRAM, 1],
      [0x4d44, 1],
    ]);
    const judge = (...changes: readonly (readonly [number, number | undefined])[]): number => {
      const now = new Map(remembered);
      for (const [id, value] of changes)
        if (value === undefined) now.delete(id);
        else now.set(id, value);
      try {
        checkAgainstRemembered(now, remembered);
        return 0;
      } catch (error) {
        return (error as Http3Error).code;
      }
    };
    expect(judge()).toBe(0);
    expect(judge([SIZE, 9000], [0x4d44, undefined], [SettingId.QpackBlockedStreams, 3])).toBe(0);
    expect(judge([SIZE, 7999])).toBe(Code.SettingsError);
    expect(judge([SIZE, undefined])).toBe(Code.SettingsError);
    // Unlimited before, for nothing was said.
    remembered.delete(SIZE);
    expect([judge([SIZE, 100]), judge()]).toEqual([Code.SettingsError, 0]);
    remembered.set(SIZE, 0);
    expect([judge([SIZE, undefined]), judge([SIZE, 1])]).toEqual([Code.SettingsError, 0]);
    expect(judge([DATAGRAM, 0])).toBe(Code.SettingsError);
    expect([judge([CAPACITY, 8192]), judge([CAPACITY, undefined])]).toEqual([0x202, 0x202]);
  });
});
