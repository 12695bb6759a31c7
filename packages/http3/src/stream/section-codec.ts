import { type DecodedSection, type FieldLine, QpackDecoder, QpackEncoder, QpackError } from '@tsquic/qpack';
import { connectionError } from '../errors/http3-error.ts';
import { type Settings, SettingId, settingOf } from '../settings/settings.ts';

/** What field compression is bounded by. RFC 9204 §5, RFC 9114 §4.2.2 */
export interface SectionLimits {
  readonly maxTableCapacity: number;
  readonly maxBlockedStreams: number;
  readonly maxFieldSectionSize: number;
}

/** Instructions that may wait for the encoder stream, so that one that cannot be sent blocks nobody. RFC 9204 §2.1.3 */
const MOST_INSTRUCTIONS = 4096;

/** Field compression of one connection: what QPACK throws ends the connection. RFC 9204 */
export class SectionCodec {
  private readonly decoder: QpackDecoder;
  private readonly encoder = new QpackEncoder();

  constructor(limits: SectionLimits) {
    this.decoder = new QpackDecoder(limits);
  }

  /** The peer's settings. */
  onSettings(settings: Settings): void {
    guarded(() =>
      this.encoder.onSettings({
        maxTableCapacity: settingOf(settings, SettingId.QpackMaxTableCapacity),
        maxBlockedStreams: settingOf(settings, SettingId.QpackBlockedStreams),
      }),
    );
  }

  /** Encode a section. Take the instructions before it is sent. */
  encode(streamId: number, fields: readonly FieldLine[], unsentInstructions: number): Uint8Array {
    return this.encoder.encode(streamId, fields, Math.max(MOST_INSTRUCTIONS - unsentInstructions, 0));
  }

  decode(streamId: number, section: Uint8Array): DecodedSection {
    return guarded(() => this.decoder.decode(streamId, section));
  }

  /** A section that is blocked no longer; undefined when there is none. */
  nextUnblocked(): ReturnType<QpackDecoder['nextUnblocked']> {
    return guarded(() => this.decoder.nextUnblocked());
  }

  /** Nobody reads this stream further. */
  cancel(streamId: number): void {
    this.decoder.cancelStream(streamId);
  }

  onEncoderStream(bytes: Uint8Array): void {
    guarded(() => this.decoder.onEncoderStream(bytes));
  }

  onDecoderStream(bytes: Uint8Array): void {
    guarded(() => this.encoder.onDecoderStream(bytes));
  }

  /** Bytes for the encoder stream and for the decoder stream. */
  takeInstructions(): { readonly encoder: Uint8Array; readonly decoder: Uint8Array } {
    return { encoder: this.encoder.takeInstructions(), decoder: this.decoder.takeInstructions() };
  }
}

function guarded<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof QpackError) throw connectionError(error.code, error.message);
    throw error;
  }
}
