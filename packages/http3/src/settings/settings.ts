import { ByteReader, ByteWriter, varintLength } from '@tsquic/bytes';
import { connectionError, Http3Code } from '../errors/http3-error.ts';
import { reservedType } from '../frame/frame-type.ts';

/** Identifiers of settings: RFC 9114 §7.2.4.1, RFC 9204 §5, RFC 9220 §3, RFC 9297 §2.1.1. */
export const SettingId = {
  QpackMaxTableCapacity: 0x01,
  MaxFieldSectionSize: 0x06,
  QpackBlockedStreams: 0x07,
  EnableConnectProtocol: 0x08,
  H3Datagram: 0x33,
} as const;

/** Settings that are reserved: those of HTTP/2 that HTTP/3 has none for. RFC 9114 §7.2.4.1, §11.2.2 */
const RESERVED = [0x00, 0x02, 0x03, 0x04, 0x05];
/** Settings whose value is 0 or 1. RFC 9220 §3, RFC 9297 §2.1.1 */
const BOOLEANS: readonly number[] = [SettingId.EnableConnectProtocol, SettingId.H3Datagram];
/** Settings of one frame that are kept. */
const MOST_SETTINGS = 64;

/** Whether a setting of HTTP/2 has this identifier, which HTTP/3 has no setting for. RFC 9114 §7.2.4.1 */
export function isOfHttp2(id: number): boolean {
  return RESERVED.includes(id);
}

/** What one side told of itself: values by identifier, unknown ones too, because extensions know more. */
export type Settings = ReadonlyMap<number, number>;

/** The value of a setting; `initial` where it was not told. */
export function settingOf(settings: Settings, id: number, initial = 0): number {
  return settings.get(id) ?? initial;
}

/** Read the payload of a SETTINGS frame. Throws the connection errors of RFC 9114 §7.2.4. */
export function decodeSettings(payload: Uint8Array): Settings {
  const reader = new ByteReader(payload);
  const settings = new Map<number, number>();
  while (reader.remaining > 0) {
    const id = reader.varint();
    const value = reader.varint();
    if (reader.truncated) throw connectionError(Http3Code.FrameError, 'a SETTINGS frame is cut short');
    if (isOfHttp2(id)) throw invalid(`setting ${id} is reserved`);
    if (settings.has(id)) throw invalid(`setting ${id} stands twice`);
    if (BOOLEANS.includes(id) && value > 1) throw invalid(`setting ${id} is neither 0 nor 1`);
    if (settings.size >= MOST_SETTINGS)
      throw connectionError(Http3Code.ExcessiveLoad, `there are more than ${MOST_SETTINGS} settings`);
    settings.set(id, value);
  }
  return settings;
}

/** The payload of a SETTINGS frame, with one setting without a meaning. RFC 9114 §7.2.4.1 */
export function encodeSettings(settings: Settings): Uint8Array {
  const entries: readonly (readonly [id: number, value: number])[] = [
    ...settings,
    [reservedType(GREASE), GREASE],
  ];
  const length = entries.reduce((sum, [id, value]) => sum + varintLength(id) + varintLength(value), 0);
  const writer = new ByteWriter(new Uint8Array(length));
  for (const [id, value] of entries) {
    writer.varint(id);
    writer.varint(value);
  }
  return writer.buffer;
}

/** Which reserved setting is sent; there is nothing to choose it by. */
const GREASE = 23;

/**
 * Throw where settings break what a server promised before: early data was sent by those promises, and nothing of them may
 * be reduced or left out, nor the table capacity changed. RFC 9114 §7.2.4.2, RFC 9204 §3.2.3, RFC 9297 §2.1.1
 */
export function checkAgainstRemembered(settings: Settings, remembered: Settings): void {
  for (const id of KNOWN) {
    const before = remembered.get(id);
    const now = settings.get(id);
    if (id === SettingId.QpackMaxTableCapacity && before !== undefined && before !== 0 && now !== before)
      throw connectionError(QPACK_DECODER_STREAM_ERROR, 'the table capacity is not the one of early data');
    const initial = initialOf(id);
    const isLeftOut = now === undefined && (before ?? initial) !== initial;
    if (isLeftOut || (now ?? initial) < (before ?? initial))
      throw invalid(`setting ${id} is not what early data was sent by`);
  }
}

/** What a setting is worth that was not told. RFC 9114 §7.2.4.1 */
function initialOf(id: number): number {
  return id === SettingId.MaxFieldSectionSize ? Number.POSITIVE_INFINITY : 0;
}

/** RFC 9204 §3.2.3, §6 */
const QPACK_DECODER_STREAM_ERROR = 0x202;

const KNOWN: readonly number[] = Object.values(SettingId);

function invalid(message: string): Error {
  return connectionError(Http3Code.SettingsError, message);
}
