import type { SourceAnswer, StreamSource } from './source.ts';

/** The source of a stream, which is asked for bytes while packets are built, until it has none. */
export class AskedSource {
  /** Whether the source is filling a packet: no write may come between its bytes. */
  asking = false;
  /** Whether the source, asked while the stream had no credit, did not end its data. */
  starved = false;
  private source: StreamSource | undefined = undefined;

  get isThere(): boolean {
    return this.source !== undefined;
  }

  set(source: StreamSource | undefined): void {
    this.source = source;
    this.starved = false;
  }

  /** The stream needs the source no more, so it is not asked again. */
  drop(): void {
    this.source = undefined;
  }

  /**
   * The answer of the source, or of the one that it hands over to before it gives any bytes. An empty room
   * means that the credit is used up, so that only the end of the stream fits.
   */
  ask(room: Uint8Array): SourceAnswer {
    for (;;) {
      const source = this.source!;
      this.asking = true;
      const answer = source(room);
      this.asking = false;
      const { bytes, fin } = answer;
      if (!(bytes >= 0 && bytes <= room.length))
        throw new RangeError(`a source wrote ${bytes} bytes into a room of ${room.length}`);
      const isDry = bytes === 0 && !fin && this.source === source;
      this.starved = isDry && room.length === 0;
      if (fin || (isDry && !this.starved)) this.source = undefined;
      if (bytes > 0 || isDry || this.source === undefined) return answer;
    }
  }
}
