import { AdversaryEndpoint, type AdversaryEndpointOptions, frame } from '@tsquic/adversary';
import type { Level } from '@tsquic/tls13';
import type { Address } from '../../src/path/address.ts';
import type { QuicContext } from '../../src/context/context.ts';
import { createOutgoingDatagram } from '../../src/connection/outgoing-datagram.ts';
import type { PacketKeys } from '../../src/keys/packet-keys.ts';
import { FrameType } from '../../src/frame/rules.ts';

/** Where an attacker is, unless told otherwise. */
export const ATTACKER: Address = { ip: '192.0.2.66', port: 6666 };
export const VICTIM: Address = { ip: '192.0.2.1', port: 443 };

export interface AttackerOptions extends Omit<AdversaryEndpointOptions, 'deliver'> {
  readonly victim: QuicContext;
  readonly address?: Address;
  /** Every datagram that leaves, as it is. */
  readonly onDeliver?: (bytes: Uint8Array) => void;
}

/** An adversary next to its victim. There is no loss here: what is sent arrives, in order, at once. */
export class Attacker extends AdversaryEndpoint {
  nowUs = 1_000_000;
  /** What the victim calls this connection. */
  connectionId = 0;
  readonly victim: QuicContext;
  readonly address: Address;
  /** Datagrams and bytes both ways. */
  readonly sent = { datagrams: 0, bytes: 0 };
  readonly received = { datagrams: 0, bytes: 0 };
  /** Datagrams of the victim, before they are read. */
  onTake: ((datagram: Uint8Array) => void) | undefined = undefined;
  private readonly onDeliver: ((bytes: Uint8Array) => void) | undefined;
  private readonly out = createOutgoingDatagram(new Uint8Array(1500));

  constructor(options: AttackerOptions) {
    super({ ...options, deliver: (bytes) => this.deliver(bytes) });
    this.victim = options.victim;
    this.address = options.address ?? ATTACKER;
    this.onDeliver = options.onDeliver;
  }

  /** A client's part: say hello, and answer as long as there is something to answer. */
  connect(): this {
    this.start();
    return this.pump();
  }

  /** Send the handshake bytes that were held back, and take what comes of it. */
  finish(): this {
    this.sendHeldBack();
    return this.pump();
  }

  /** Take everything that the victim sends now, and answer its handshake. */
  pump(): this {
    while (this.victim.prepareNextPacket(this.out, this.nowUs) > 0) {
      const { buffer, length, to } = this.out;
      if (to.ip !== this.address.ip || to.port !== this.address.port) continue;
      this.received.datagrams++;
      this.received.bytes += length;
      this.onTake?.(buffer.slice(0, length));
      this.take(buffer.slice(0, length));
    }
    if (this.victim.nextWakeDelay(this.nowUs, 1) === 0)
      throw new Error('the victim has nothing to send, and is due at the same time again');
    return this;
  }

  /** The keys of both directions at a level. */
  keysAt(level: Level): { readonly write: PacketKeys; readonly read: PacketKeys } {
    return { write: this.writes[level]!, read: this.reads[level]! };
  }

  /** Let time pass, and take what the victim sends meanwhile. */
  pass(durationUs: number): this {
    const untilUs = this.nowUs + durationUs;
    for (;;) {
      this.pump();
      const delayUs = this.victim.nextWakeDelay(this.nowUs, untilUs - this.nowUs);
      if (this.nowUs + delayUs >= untilUs) break;
      this.nowUs += Math.max(1, Math.ceil(delayUs));
    }
    this.nowUs = untilUs;
    return this.pump();
  }

  /** Frames in a packet of their own, in a datagram of its own; then what the victim says to it. */
  send(level: Level, payload: Uint8Array, options: Parameters<AdversaryEndpoint['packet']>[2] = {}): this {
    this.deliver(this.packet(level, payload, options));
    return this.pump();
  }

  /** A datagram arrives at the victim. */
  deliver(bytes: Uint8Array, from: Address = this.address): void {
    this.sent.datagrams++;
    this.sent.bytes += bytes.length;
    this.onDeliver?.(bytes);
    this.victim.incomingPacket(bytes, from, VICTIM, 0, 0, this.nowUs);
  }
}

/** PING, for a packet that must be acknowledged. */
export const PING: Uint8Array = frame(FrameType.Ping);
/** Padding for packets that would be too short for a header-protection sample. */
export const PADDING: Uint8Array = new Uint8Array(4);
