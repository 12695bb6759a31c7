import type { DatagramPort } from '@tsquic/event-adapters';
import type { DatagramLink } from '@tsquic/event-adapters/worker';
import type { Address } from '@tsquic/quic-core';
import type { Steering } from './steering.ts';

/** Options of a `ShardPort`. */
export interface ShardPortOptions {
  /** The sockets of this worker, which share their addresses with those of the others. */
  readonly port: DatagramPort;
  readonly steering: Steering;
  readonly worker: number;
}

/**
 * The sockets of one worker among others on the same addresses: what belongs to another worker is passed on to it, what
 * others pass on is received. Answers leave from the worker's own sockets. Only clients whose address has changed, or
 * whose packets the system spreads anew after a worker came or went, take the way over a link.
 */
export class ShardPort implements DatagramPort {
  readonly local: Address;
  onDatagram: DatagramPort['onDatagram'] = () => {};
  onUnreachable: (to: Address) => void = () => {};
  onWritable: () => void = () => {};
  private readonly port: DatagramPort;
  private readonly links = new Map<number, DatagramLink>();
  private passedOn = 0;
  private closed = false;

  constructor({ port, steering, worker }: ShardPortOptions) {
    this.port = port;
    this.local = port.local;
    port.onDatagram = (bytes, from, ecn, to = port.local, interfaceIndex = 0) => {
      const owner = steering.workerFor(bytes, from, worker, Date.now());
      const link = owner === worker ? undefined : this.links.get(owner);
      if (link === undefined) return this.onDatagram(bytes, from, ecn, to, interfaceIndex);
      this.passedOn++;
      link.send(bytes, 0, bytes.length, from, ecn, to, interfaceIndex);
    };
    port.onUnreachable = (to) => this.onUnreachable(to);
    port.onWritable = () => this.onWritable();
  }

  get isWritable(): boolean {
    return this.port.isWritable !== false;
  }

  /** Datagrams that belonged to other workers. */
  get passedOnCount(): number {
    return this.passedOn;
  }

  addLink(worker: number, link: DatagramLink): void {
    if (this.closed) return link.close();
    this.links.set(worker, link);
    link.onDatagram = (bytes, from, ecn, to, interfaceIndex) => {
      if (!this.closed) this.onDatagram(bytes, from, ecn, to, interfaceIndex);
    };
    link.unref();
  }

  removeLink(worker: number): void {
    this.links.get(worker)?.close();
    this.links.delete(worker);
  }

  send(...datagram: Parameters<DatagramPort['send']>): void {
    this.port.send(...datagram);
  }

  ref(): void {
    this.port.ref?.();
  }

  unref(): void {
    this.port.unref?.();
  }

  close(): void {
    this.closed = true;
    this.port.close();
    for (const link of this.links.values()) link.close();
    this.links.clear();
  }
}
