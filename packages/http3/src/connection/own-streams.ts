import type { QuicConnection } from '@tsquic/quic-core';
import type { Http3Tracer } from '../trace/http3-tracer.ts';
import type { SectionCodec } from '../stream/section-codec.ts';
import { CriticalStream, StreamType } from './critical-stream.ts';

/** The three streams that this side cannot do without. RFC 9114 §6.2.1, RFC 9204 §4.2 */
export class OwnStreams {
  readonly control: CriticalStream;
  private readonly encoder: CriticalStream;
  private readonly decoder: CriticalStream;

  constructor(connection: QuicConnection, tracer: Http3Tracer) {
    this.control = new CriticalStream(connection, StreamType.Control, tracer);
    this.encoder = new CriticalStream(connection, StreamType.QpackEncoder, tracer);
    this.decoder = new CriticalStream(connection, StreamType.QpackDecoder, tracer);
  }

  /** Instructions of our encoder that have not left. */
  get unsentInstructions(): number {
    return this.encoder.unsentBytes;
  }

  has(streamId: number): boolean {
    return [this.control, this.encoder, this.decoder].some(({ id }) => id === streamId);
  }

  /** Hand over what the streams take. */
  flush(): void {
    this.control.flush();
    this.encoder.flush();
    this.decoder.flush();
  }

  /** Send the instructions that are due. */
  sendInstructions(codec: SectionCodec): void {
    const { encoder, decoder } = codec.takeInstructions();
    this.encoder.write(encoder);
    this.decoder.write(decoder);
  }
}
