import { type Datagram, wireBytes } from './datagram.ts';
import { Fifo } from './fifo.ts';
import type { Queue } from './queue.ts';

/** First in, first out, bounded: datagrams that do not fit are dropped. */
export class TailDropQueue implements Queue {
  bytes = 0;
  dropped = 0;
  readonly marked = 0;
  private readonly limitBytes: number;
  private readonly limitDatagrams: number;
  private readonly waiting = new Fifo<Datagram>();

  constructor(limitBytes: number, limitDatagrams: number) {
    this.limitBytes = limitBytes;
    this.limitDatagrams = limitDatagrams;
  }

  push(datagram: Datagram): void {
    if (this.bytes + wireBytes(datagram) > this.limitBytes || this.waiting.length >= this.limitDatagrams) {
      this.dropped++;
      return;
    }
    this.bytes += wireBytes(datagram);
    this.waiting.push(datagram);
  }

  pop(): Datagram | undefined {
    const datagram = this.waiting.shift();
    if (datagram !== undefined) this.bytes -= wireBytes(datagram);
    return datagram;
  }
}
