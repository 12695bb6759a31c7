import type {
  Address,
  OutgoingDatagram,
  QuicConnection,
  QuicEvent,
  QuicHostContext,
} from '@tsquic/quic-core';
import { AdversaryEndpoint, type AdversaryEndpointOptions, ackFrame, frame } from '@tsquic/adversary';
import { FrameType } from '@tsquic/quic-core/wire';
import { Level } from '@tsquic/tls13';

/** Options of an adversary on a host of its own. */
export interface AdversaryHostOptions extends Omit<AdversaryEndpointOptions, 'deliver'> {
  /** The victim's address. */
  readonly to: Address;
  /**
   * Whether all packets are acknowledged after each turn that brought some, so that the victim goes on.
   * Default true.
   */
  readonly acknowledges?: boolean;
  /** Answer every PATH_CHALLENGE from the address that it came to. Default false: none. */
  readonly provesAddresses?: boolean;
}

/**
 * An adversary as a context that a host of a `World` drives, so that its datagrams pass links and take
 * virtual time. It has no timers: a test makes it send by `World.at`, or in answer to packets.
 */
export class AdversaryHost implements QuicHostContext {
  readonly endpoint: AdversaryEndpoint;
  /** Whether packets are acknowledged, from the next turn on. */
  acknowledges: boolean;
  /** Is called after each turn that brought packets. */
  onTaken: () => void = () => {};
  private readonly to: Address;
  private readonly provesAddresses: boolean;
  private readonly waiting: { readonly bytes: Uint8Array; readonly from: Address }[] = [];
  /** How many of the packets that came were acknowledged. */
  private acknowledged = 0;
  private hasNews = false;

  constructor({ to, acknowledges, provesAddresses, ...options }: AdversaryHostOptions) {
    this.to = to;
    this.acknowledges = acknowledges ?? true;
    this.provesAddresses = provesAddresses ?? false;
    this.endpoint = new AdversaryEndpoint({ ...options, deliver: (bytes) => this.sendDatagram(bytes) });
  }

  /** Send frames in a packet and a datagram of their own at the host's next turn. */
  send(level: Level, payload: Uint8Array, options: Parameters<AdversaryEndpoint['packet']>[2] = {}): void {
    this.sendDatagram(this.endpoint.packet(level, payload, options));
  }

  /** Send any bytes as a datagram, from an address of the host. Default: its first. */
  sendDatagram(bytes: Uint8Array, from: Address = NOWHERE): void {
    this.waiting.push({ bytes, from });
  }

  incomingPacket(bytes: Uint8Array, _from: Address, to: Address): void {
    const { endpoint } = this;
    const before = endpoint.seen.length;
    endpoint.take(bytes.slice());
    this.hasNews = true;
    if (!this.provesAddresses) return;
    for (const { pathId, frames } of endpoint.seen.slice(before))
      for (const { type, data } of frames)
        if (type === FrameType.PathChallenge) this.sendDatagram(this.responseTo(data, pathId), to);
  }

  prepareNextPacket(out: OutgoingDatagram): number {
    if (this.hasNews) this.answer();
    const { bytes, from } = this.waiting.shift() ?? NOTHING;
    out.length = bytes.length;
    out.segmentSize = out.length;
    out.ecn = 0;
    out.interfaceIndex = 0;
    out.connection = -1;
    out.logId = '';
    out.from = from;
    out.to = this.to;
    out.buffer.set(bytes);
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

  private responseTo(data: Uint8Array, pathId: number): Uint8Array {
    const response = frame(FrameType.PathResponse, [], data);
    if (pathId === 0) return this.endpoint.packet(Level.Application, response);
    return this.pathPacket(pathId, response) ?? NOTHING.bytes;
  }

  /** A packet of a path after the first, to an ID that the victim has issued for it; undefined before that. */
  pathPacket(pathId: number, payload: Uint8Array, bytes = 0): Uint8Array | undefined {
    const issued = this.endpoint
      .framesOf(FrameType.PathNewConnectionId)
      .findLast(({ values }) => values[0] === pathId);
    if (issued === undefined) return undefined;
    const destination = issued.data.slice(0, ID_LENGTH);
    return this.endpoint.packet(Level.Application, payload, { pathId, destination, bytes });
  }

  private answer(): void {
    this.hasNews = false;
    if (this.acknowledges) this.acknowledge();
    this.onTaken();
  }

  private acknowledge(): void {
    const { seen } = this.endpoint;
    const fresh = seen.slice(this.acknowledged);
    this.acknowledged = seen.length;
    for (const { pathId, number } of fresh)
      if (pathId > 0) this.send(Level.Application, frame(FrameType.PathAck, [pathId, number, 0, 0, 0]));
    for (const level of new Set(fresh.map((packet) => packet.level))) {
      const own = fresh.filter((packet) => packet.level === level && packet.pathId === 0);
      const numbers = own.map(({ number }) => number);
      if (numbers.length === 0) continue;
      if (this.endpoint.canWrite(level)) this.send(level, ackFrame(numbers.sort((a, b) => a - b)));
    }
  }
}

/** Length of the victim's connection IDs. */
const ID_LENGTH = 8;
const NOWHERE: Address = { ip: '', port: 0 };
const NOTHING = { bytes: new Uint8Array(0), from: NOWHERE };
