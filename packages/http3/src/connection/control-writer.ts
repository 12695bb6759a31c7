import { bytesFromLatin1, concatBytes, decodeVarint, encodeVarint } from '@tsquic/bytes';
import type { HttpPriority } from '@tsquic/quic-core';
import { encodeFrame } from '../frame/encode-frame.ts';
import { FrameType, reservedType } from '../frame/frame-type.ts';
import { encodePriority } from '../priority/priority-field.ts';
import { decodeSettings, encodeSettings, type Settings } from '../settings/settings.ts';
import type { Http3FrameRecord, Http3Tracer } from '../trace/http3-tracer.ts';
import type { CriticalStream } from './critical-stream.ts';

/** Writes the frames of our control stream. RFC 9114 §6.2.1 */
export class ControlWriter {
  private readonly stream: CriticalStream;
  private readonly tracer: Http3Tracer;

  constructor(stream: CriticalStream, tracer: Http3Tracer) {
    this.stream = stream;
    this.tracer = tracer;
  }

  /** The first frame, and one without a meaning. RFC 9114 §7.2.4, §7.2.8 */
  sendSettings(settings: Settings): void {
    const payload = encodeSettings(settings);
    this.tracer.onSettings?.(true, settings);
    // One setting without a meaning is among them.
    const told = this.tracer.onFrameCreated === undefined ? settings : decodeSettings(payload);
    const record: Http3FrameRecord = { type: 'settings', settings: told, length: payload.length };
    this.send(encodeFrame(FrameType.Settings, payload), record);
    const frameType = reservedType(GREASE);
    this.send(encodeFrame(frameType, NOTHING), { type: 'unknown', frameType, length: 0 });
  }

  /** @param frame - a whole GOAWAY frame, of which the identifier follows two bytes. RFC 9114 §7.2.6 */
  sendGoAway(frame: Uint8Array): void {
    this.send(frame, { type: 'goaway', id: decodeVarint(frame.subarray(2)), length: frame.length - 2 });
  }

  /** RFC 9218 §7.2 */
  sendPriorityUpdate(streamId: number, priority: HttpPriority): void {
    const value = encodePriority(priority);
    const payload = concatBytes(encodeVarint(streamId), bytesFromLatin1(value));
    const { length } = payload;
    this.send(encodeFrame(FrameType.PriorityUpdateRequest, payload), {
      ...{ type: 'priority_update', streamId, value, length },
    });
  }

  private send(bytes: Uint8Array, frame: Http3FrameRecord): void {
    const { tracer } = this;
    if (tracer.onFrameCreated === undefined) this.stream.write(bytes);
    else this.stream.write(bytes, (streamId) => tracer.onFrameCreated!(streamId, frame));
  }
}

const NOTHING = new Uint8Array(0);
/** Which reserved frame is sent, so that peers keep ignoring them. */
const GREASE = 11;
