import { StreamType } from './connection/critical-stream.ts';
import { FrameType, isReserved } from './frame/frame-type.ts';
import { refuse } from './message/own-message.ts';
import { isOfHttp2, SettingId, type Settings } from './settings/settings.ts';

/** What extensions name. RFC 9114 §9 */
export interface ExtensionPoints {
  readonly settings: Settings;
  readonly streamTypes: readonly number[];
  readonly bidirectionalTypes: readonly number[];
}

/**
 * Throw `QuicUsageError('invalid-option')` for what no extension can have: an identifier that is HTTP/3's own, or one of those that peers
 * send without a meaning and ignore. RFC 9114 §9, §11.2
 */
export function checkExtensionPoints({ settings, streamTypes, bidirectionalTypes }: ExtensionPoints): void {
  for (const [id, value] of settings) {
    checkIdentifier('settings', id);
    if (isOfHttp2(id) || WITH_OPTIONS.includes(id)) refuse(`settings: ${id} is not for extensions`);
    if (!isInteger(value)) refuse(`settings: the value of ${id} must be an integer that is not negative`);
  }
  for (const type of streamTypes) {
    checkIdentifier('streamTypes', type);
    if (STREAMS.includes(type)) refuse(`streamTypes: ${type} is a type of HTTP/3 itself`);
  }
  for (const type of bidirectionalTypes) {
    checkIdentifier('bidirectionalTypes', type);
    if (FRAMES.includes(type)) refuse(`bidirectionalTypes: ${type} is a frame of HTTP/3 itself`);
  }
}

function checkIdentifier(option: string, id: number): void {
  if (!isInteger(id)) refuse(`${option}: ${id} is no integer that is not negative`);
  if (isReserved(id)) refuse(`${option}: ${id} is reserved, and peers send it without a meaning`);
}

function isInteger(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

const STREAMS: readonly number[] = Object.values(StreamType);
const FRAMES: readonly number[] = Object.values(FrameType);
/** Settings that have options of their own. */
const WITH_OPTIONS: readonly number[] = [
  SettingId.QpackMaxTableCapacity,
  SettingId.QpackBlockedStreams,
  SettingId.MaxFieldSectionSize,
];
