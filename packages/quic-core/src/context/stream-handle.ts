import type { Connection } from '../connection/connection.ts';
import type { StreamSource } from '../streams/source.ts';
import type { Stream } from '../streams/stream.ts';
import { assertCode } from './application-code.ts';
import type { QuicConnection, QuicStream } from './handles.ts';

/** A program's view of one stream. It outlives stream and connection, and is harmless then: see `QuicStream`. */
export class StreamHandle implements QuicStream {
  readonly id: number;
  readonly connection: QuicConnection;
  private readonly core: Connection;
  private readonly stream: Stream;
  private readonly touch: () => void;

  /** @param touch - the connection has something to send. */
  constructor(connection: QuicConnection, core: Connection, stream: Stream, touch: () => void) {
    this.id = stream.id;
    this.connection = connection;
    this.core = core;
    this.stream = stream;
    this.touch = touch;
  }

  write(data: Uint8Array, fin = false): number {
    if (this.hasEnded) return 0;
    const taken = this.core.parts.streams.write(this.stream, data, fin);
    this.touch();
    return taken;
  }

  setSource(source: StreamSource | undefined): void {
    if (this.hasEnded) return;
    this.core.parts.streams.setSource(this.stream, source);
    this.touch();
  }

  read(into: Uint8Array): number {
    const { streams } = this.core.parts;
    const { hasCredit } = streams;
    const length = streams.read(this.stream, into);
    // Credit that waits already is due when its timer or the congestion window says, however often a program looks.
    if (streams.hasCredit && (length > 0 || !hasCredit)) this.touch();
    return length;
  }

  get readableBytes(): number {
    return this.stream.receiver?.readableBytes ?? 0;
  }

  get finished(): boolean {
    return this.stream.receiver?.endReached ?? true;
  }

  get delivered(): boolean {
    return this.stream.sender?.delivered ?? true;
  }

  reset(code: number): void {
    assertCode(code);
    if (this.hasEnded) return;
    this.core.parts.streams.reset(this.stream, code);
    this.touch();
  }

  stopSending(code: number): void {
    assertCode(code);
    if (this.hasEnded) return;
    this.core.parts.streams.stop(this.stream, code);
    this.touch();
  }

  /** The connection has ended, which the program may not have heard yet. */
  private get hasEnded(): boolean {
    return this.core.parts.closeState.active;
  }
}
