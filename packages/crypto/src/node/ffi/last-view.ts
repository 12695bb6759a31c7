/** A part of a buffer, kept because packets of one length come in rows: making a view costs as much as copying a packet. */
export class LastView {
  private view: Uint8Array = new Uint8Array(0);
  private buffer: Uint8Array | undefined;
  private start = 0;
  private end = 0;

  /** `buffer.subarray(start, end)`. */
  of(buffer: Uint8Array, start: number, end: number): Uint8Array {
    if (buffer !== this.buffer || start !== this.start || end !== this.end) {
      this.view = buffer.subarray(start, end);
      this.buffer = buffer;
      this.start = start;
      this.end = end;
    }
    return this.view;
  }
}
