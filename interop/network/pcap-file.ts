import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { type Datagram, encodePcapRecord, pcapFileHeader } from '@tsquic/simulator';

/** A capture that is written while datagrams pass. */
export class PcapFile {
  private readonly stream: WriteStream;

  constructor(path: string) {
    this.stream = createWriteStream(path);
    this.stream.write(pcapFileHeader());
  }

  add(datagram: Datagram, unixUs: number): void {
    this.stream.write(encodePcapRecord(datagram, unixUs));
  }

  /** Resolves when everything is on disk. */
  async close(): Promise<void> {
    this.stream.end();
    await once(this.stream, 'finish');
  }
}
