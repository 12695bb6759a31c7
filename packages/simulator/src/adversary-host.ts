import type {
  Address,
  OutgoingDatagram,
  QuicConnection,
  QuicEvent,
  QuicHostContext,
} from '@tsquic/quic-core';
import { AdversaryEndpoint, type AdversaryEndpointOptions } from './adversary-endpoint.ts';
import type { Level } from '@tsquic/tls13';
import { ackFrame } from './raw-frames.ts';

/** An adversary on a machine of its own. */
export interface AdversaryHostOptions extends Omit<AdversaryEndpointOptions, 'deliver'> {
  /** Where its datagrams go: the victim. */
  readonly to: Address;
  /**
   * Acknowledge all that came, after each turn in which something did: what makes a victim go on. Default true.
   */
  readonly acknowledges?: boolean;
}

/**
 * An adversary as a context that hosts of a `World` drive, so that what it injects passes links and takes virtual time.
 * It has no timers: whoever plays it sends by `World.at`, or in answer to what came.
 */
export class AdversaryHost implements QuicHostContext {
  readonly endpoint: AdversaryEndpoint;
  /** Whether all that came is acknowledged, from the next turn on. */
  acknowledges: boolean;
  /** Called after each turn in which something came. */
  onTaken: () => void = () => {};
  private readonly to: Address;
  private readonly waiting: Uint8Array[] = [];
  /** How many of the packets seen were acknowledged. */
  private acknowledged = 0;
  private hasNews = false;

  constructor({ to, acknowledges, ...options }: AdversaryHostOptions) {
    this.to = to;
    this.acknowledges = acknowledges ?? true;
    this.endpoint = new AdversaryEndpoint({ ...options, deliver: (bytes) => void this.waiting.push(bytes) });
  }

  /** Frames in a packet of their own, in a datagram of its own, as soon as the host has its turn. */
  send(level: Level, payload: Uint8Array, options: Parameters<AdversaryEndpoint['packet']>[2] = {}): void {
    this.waiting.push(this.endpoint.packet(level, payload, options));
  }

  /** Any datagram at all. */
  sendDatagram(bytes: Uint8Array): void {
    this.waiting.push(bytes);
  }

  incomingPacket(bytes: Uint8Array): void {
    this.endpoint.take(bytes.slice());
    this.hasNews = true;
  }

  prepareNextPacket(out: OutgoingDatagram): number {
    if (this.hasNews) this.answer();
    const datagram = this.waiting.shift();
    out.length = datagram?.length ?? 0;
    out.segmentSize = out.length;
    out.ecn = 0;
    out.interfaceIndex = 0;
    out.connection = -1;
    out.logId = '';
    out.from = NOWHERE;
    out.to = this.to;
    if (datagram !== undefined) out.buffer.set(datagram);
    return out.length;
  }

  nextWakeDelay(_nowUs: number, maxUs: number): number {
    return this.waiting.length > 0 || this.hasNews ? 0 : maxUs;
  }

  nextWakeTime(): number {
    return this.waiting.length > 0 || this.hasNews ? 0 : Infinity;
  }

  nextEvent(): QuicEvent | undefined {
    return undefined;
  }

  createConnection(): QuicConnection {
    throw new Error('an adversary has no connections');
  }

  connection(): QuicConnection | undefined {
    return undefined;
  }

  notifyUnreachable(): void {}

  close(): void {}

  free(): void {}

  private answer(): void {
    this.hasNews = false;
    if (this.acknowledges) this.acknowledge();
    this.onTaken();
  }

  private acknowledge(): void {
    const { seen } = this.endpoint;
    const fresh = seen.slice(this.acknowledged);
    this.acknowledged = seen.length;
    for (const level of new Set(fresh.map((packet) => packet.level))) {
      const numbers = fresh.filter((packet) => packet.level === level).map(({ number }) => number);
      if (this.endpoint.canWrite(level)) this.send(level, ackFrame(numbers.sort((a, b) => a - b)));
    }
  }
}

const NOWHERE: Address = { ip: '', port: 0 };
