import type { DatagramPort } from '@tsquic/event-adapters';
import { DatagramLink, type LinkEnd } from '@tsquic/event-adapters/worker';
import type { Steering } from './steering.ts';

/** The thread that has the sockets of all workers: it passes what comes to the workers, and sends what they make. */
export class Dispatcher {
  private readonly port: DatagramPort;
  private readonly links = new Map<number, DatagramLink>();

  constructor(port: DatagramPort, steering: Steering) {
    this.port = port;
    port.onDatagram = (bytes, from, ecn, to = port.local, interfaceIndex = 0) =>
      this.links
        .get(steering.workerFor(bytes, from, -1, Date.now()))
        ?.send(bytes, 0, bytes.length, from, ecn, to, interfaceIndex);
    port.onWritable = () => {
      for (const link of this.links.values()) link.deliver();
    };
  }

  add(worker: number, end: LinkEnd): void {
    const { port } = this;
    const link = new DatagramLink(end);
    link.onDatagram = (bytes, to, ecn, from, interfaceIndex) =>
      port.send(bytes, 0, bytes.length, to, ecn, from, interfaceIndex);
    link.canDeliver = () => port.isWritable !== false;
    link.unref();
    this.links.set(worker, link);
  }

  /** The worker has ended: what it sent last leaves. */
  remove(worker: number): void {
    const link = this.links.get(worker);
    link?.deliver();
    link?.close();
    this.links.delete(worker);
  }

  ref(): void {
    this.port.ref?.();
  }

  unref(): void {
    this.port.unref?.();
  }

  close(): void {
    for (const worker of this.links.keys()) this.remove(worker);
    this.port.close();
  }
}
