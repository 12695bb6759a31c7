/** Takes the text of one qlog file. */
export interface QlogSink {
  /** Take a piece of the file, which consists of whole records. */
  write(text: string): void;
  /** The file is complete. */
  close(): void;
}

/** Writes JSON values as a JSON text sequence: each between a record separator and a line feed. RFC 7464 §2.2 */
export class SequenceWriter {
  private readonly sink: QlogSink;

  constructor(sink: QlogSink) {
    this.sink = sink;
  }

  write(value: object): void {
    this.sink.write(`${RECORD_SEPARATOR}${JSON.stringify(value)}\n`);
  }

  close(): void {
    this.sink.close();
  }
}

const RECORD_SEPARATOR = '\u001e';
