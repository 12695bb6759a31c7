import type { Connection } from '../connection/connection.ts';
import type { DatagramSource } from '../datagrams/datagram-source.ts';
import type { DatagramCounts } from '../datagrams/datagrams.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import { priorityOf } from '../streams/priority.ts';
import { sendDatagramOn } from './data-path.ts';
import type { DatagramOptions, QuicDatagrams } from './handles.ts';

/** A program's view of the datagrams of one connection. */
export class DatagramsHandle implements QuicDatagrams {
  private readonly core: Connection;
  private readonly touch: (connection: Connection) => void;

  /** @param touch - is called when the connection may have something to send. */
  constructor(core: Connection, touch: (connection: Connection) => void) {
    this.core = core;
    this.touch = touch;
  }

  get maxBytes(): number {
    return this.hasEnded ? -1 : this.core.parts.datagrams.maxBytes;
  }

  send(data: Uint8Array, { tag, expiresUs = Infinity, path }: DatagramOptions = {}): boolean {
    if (!(data instanceof Uint8Array))
      throw new QuicUsageError('invalid-option', 'a datagram is a Uint8Array');
    if (tag !== undefined && !(Number.isSafeInteger(tag) && tag >= 0))
      throw new QuicUsageError('invalid-option', `a tag is an integer from 0 to 2^53-1, not ${tag}`);
    if (Number.isNaN(expiresUs) || typeof expiresUs !== 'number')
      throw new QuicUsageError('invalid-option', 'the time when a datagram expires is a number');
    if (path !== undefined && path !== 'all' && typeof path !== 'number')
      throw new QuicUsageError('invalid-option', "a datagram is sent on the path with an ID, or on 'all'");
    if (this.hasEnded || !sendDatagramOn(this.core.parts, data, tag ?? -1, expiresUs, path)) return false;
    this.touch(this.core);
    return true;
  }

  setSource(source: DatagramSource | undefined): void {
    if (this.hasEnded) return;
    this.core.parts.datagrams.setSource(source);
    if (source !== undefined) this.touch(this.core);
  }

  get priority(): number {
    return this.core.parts.datagrams.priority;
  }

  set priority(priority: number) {
    this.core.parts.datagrams.priority = priorityOf(priority);
  }

  receive(): Uint8Array | undefined {
    return this.core.parts.datagrams.receive();
  }

  statistics(): DatagramCounts {
    return this.core.parts.datagrams.statistics;
  }

  /** Whether the connection has ended; the program may not have taken its `closed` event yet. */
  private get hasEnded(): boolean {
    return this.core.parts.closeState.active;
  }
}
