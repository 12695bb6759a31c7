import { ByteReader, latin1FromBytes } from '@tsquic/bytes';
import { connectionError, Http3Code } from '../errors/http3-error.ts';
import { type ByteSource, FrameHeaderReader } from '../frame/frame-header.ts';
import { FramePayload } from '../frame/frame-payload.ts';
import { checkOnControlStream, FrameType } from '../frame/frame-type.ts';
import type { Http3FrameRecord, Http3Tracer } from '../trace/http3-tracer.ts';
import { decodeIdentifier, isRequestStreamId } from '../frame/identifier.ts';
import { decodeSettings, type Settings } from '../settings/settings.ts';

/** Who is told what stands on the peer's control stream. What it throws is treated as an error of the peer. */
export interface ControlReceiver {
  readonly isServer: boolean;
  /** First integers of streams of extensions, which are no frames. RFC 9114 §9 */
  readonly extensionTypes: readonly number[];
  readonly tracer: Http3Tracer;
  onSettings(settings: Settings): void;
  /** The first stream, or push, that the peer does not take. */
  onGoAway(id: number): void;
  /** A server is told the priority of a response. RFC 9218 §7.2 */
  onPriorityUpdate(streamId: number, value: string): void;
}

/** Bytes of the frames that are kept while they are read. */
const MOST_BYTES = 8192;
/** Bytes of an identifier. */
const IDENTIFIER_BYTES = 8;

/** Reads the frames of the peer's control stream. RFC 9114 §6.2.1 */
export class ControlReader {
  private readonly receiver: ControlReceiver;
  private readonly header = new FrameHeaderReader();
  private readonly payload = new FramePayload();
  private isInFrame = false;
  /** Bytes of a frame without a meaning that are not read. */
  private toSkip = 0;
  private hasSettings = false;
  /** The control stream; -1 before anything of it was read. */
  private streamId = -1;
  /** What the client allows by MAX_PUSH_ID; -1 for nothing. We never push. RFC 9114 §7.2.7 */
  private maxPushId = -1;

  constructor(receiver: ControlReceiver) {
    this.receiver = receiver;
  }

  /** Read what is there. Throws for frames that break RFC 9114. */
  pump(source: ByteSource, streamId: number): void {
    this.streamId = streamId;
    for (;;) {
      if (!this.skip(source)) return;
      if (!this.isInFrame) {
        if (!this.header.read(source)) return;
        this.begin();
        continue;
      }
      if (!this.payload.read(source)) return;
      this.isInFrame = false;
      this.onFrame(this.header.type, this.payload.take());
    }
  }

  /** Returns whether nothing is left to skip. */
  private skip(source: ByteSource): boolean {
    while (this.toSkip > 0) {
      const count = source.read(new Uint8Array(Math.min(this.toSkip, 1024)));
      if (count === 0) return false;
      this.toSkip -= count;
    }
    return true;
  }

  private begin(): void {
    const { type, length } = this.header;
    if (!this.hasSettings && type !== FrameType.Settings)
      throw connectionError(Http3Code.MissingSettings, 'the control stream does not begin with SETTINGS');
    checkOnControlStream(type);
    if (this.receiver.extensionTypes.includes(type))
      throw connectionError(
        Http3Code.FrameError,
        'what begins a stream of an extension is on the control stream',
      );
    if (!KNOWN.includes(type)) {
      this.toSkip = length;
      this.tell({ type: 'unknown', frameType: type, length });
      return;
    }
    if (IDENTIFIERS.includes(type) && length > IDENTIFIER_BYTES)
      throw connectionError(Http3Code.FrameError, 'a frame is longer than its identifier');
    if (length > MOST_BYTES)
      throw connectionError(Http3Code.ExcessiveLoad, `a control frame has more than ${MOST_BYTES} bytes`);
    this.payload.begin(length);
    this.isInFrame = true;
  }

  private onFrame(type: number, payload: Uint8Array): void {
    switch (type) {
      case FrameType.Settings:
        return this.onSettings(payload);
      case FrameType.GoAway:
        return this.onGoAway(payload);
      case FrameType.MaxPushId:
        this.tell({ type: 'max_push_id', length: payload.length });
        return this.onMaxPushId(decodeIdentifier(payload));
      case FrameType.CancelPush:
        decodeIdentifier(payload);
        this.tell({ type: 'cancel_push', length: payload.length });
        throw connectionError(Http3Code.IdError, 'a push is cancelled that was never promised');
      default:
        return this.onPriorityUpdate(type, payload);
    }
  }

  private onSettings(payload: Uint8Array): void {
    if (this.hasSettings)
      throw connectionError(Http3Code.FrameUnexpected, 'there is a second SETTINGS frame');
    this.hasSettings = true;
    const settings = decodeSettings(payload);
    this.tell({ type: 'settings', settings, length: payload.length });
    this.receiver.onSettings(settings);
  }

  /** RFC 9114 §7.2.6 */
  private onGoAway(payload: Uint8Array): void {
    const id = decodeIdentifier(payload);
    this.tell({ type: 'goaway', id, length: payload.length });
    if (!this.receiver.isServer && !isRequestStreamId(payload))
      throw connectionError(Http3Code.IdError, 'GOAWAY names a stream that is no request');
    this.receiver.onGoAway(id);
  }

  /** RFC 9114 §7.2.7 */
  private onMaxPushId(id: number): void {
    if (!this.receiver.isServer)
      throw connectionError(Http3Code.FrameUnexpected, 'a server sends MAX_PUSH_ID');
    if (id < this.maxPushId) throw connectionError(Http3Code.IdError, 'MAX_PUSH_ID is less than before');
    this.maxPushId = id;
  }

  /** RFC 9218 §7.2 */
  private onPriorityUpdate(type: number, payload: Uint8Array): void {
    if (!this.receiver.isServer)
      throw connectionError(Http3Code.FrameUnexpected, 'a server sends PRIORITY_UPDATE');
    const reader = new ByteReader(payload);
    const id = reader.varint();
    if (reader.truncated) throw connectionError(Http3Code.FrameError, 'PRIORITY_UPDATE is cut short');
    if (type === FrameType.PriorityUpdatePush || !isRequestStreamId(payload.subarray(0, reader.position)))
      throw connectionError(Http3Code.IdError, 'PRIORITY_UPDATE names neither a request nor a push');
    const value = latin1FromBytes(payload.subarray(reader.position));
    this.tell({ type: 'priority_update', streamId: id, value, length: payload.length });
    this.receiver.onPriorityUpdate(id, value);
  }

  private tell(frame: Http3FrameRecord): void {
    this.receiver.tracer.onFrameParsed?.(this.streamId, frame);
  }
}

const IDENTIFIERS: readonly number[] = [FrameType.CancelPush, FrameType.GoAway, FrameType.MaxPushId];
const KNOWN: readonly number[] = [
  ...IDENTIFIERS,
  FrameType.Settings,
  FrameType.PriorityUpdateRequest,
  FrameType.PriorityUpdatePush,
];
