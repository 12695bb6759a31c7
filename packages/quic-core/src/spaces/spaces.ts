import type { ByteWriter } from '@tsquic/bytes';
import { encodeAck } from '../frame/ack.ts';
import { AckPolicy } from './ack-policy.ts';
import { ReceivedNumbers } from './received.ts';

/** Packet number spaces, RFC 9000 §12.3. 0-RTT and 1-RTT packets share the last. */
export const Space = { Initial: 0, Handshake: 1, Application: 2 } as const;
export type Space = (typeof Space)[keyof typeof Space];
export const SPACES: readonly Space[] = [Space.Initial, Space.Handshake, Space.Application];

/** The receiving side of one space: what came, and what we owe the peer for it. */
export class ReceiveSpace {
  readonly received: ReceivedNumbers = new ReceivedNumbers();
  readonly policy: AckPolicy;
  /** Keys are gone: nothing is received or acknowledged here any more. */
  discarded = false;
  private readonly delayExponent: number;

  constructor(maxDelayUs: number, delayExponent: number) {
    this.policy = new AckPolicy(maxDelayUs);
    this.delayExponent = delayExponent;
  }

  /** @param minRttUs - least round-trip time of the path it came by, Infinity when not known. */
  onReceived(
    packetNumber: number,
    ackEliciting: boolean,
    codepoint: number,
    minRttUs: number,
    nowUs: number,
  ): void {
    const { ranges, ecn } = this.received;
    this.received.add(packetNumber, codepoint, nowUs);
    const runStart = ranges.startAt(ranges.count - 1);
    const isMarked = codepoint === 3;
    this.policy.onReceived(packetNumber, ackEliciting, runStart, isMarked, ecn.ect1 > 0, minRttUs, nowUs);
  }

  /** Write an ACK if there is anything to report and room for it; returns the largest number reported, or -1. */
  writeAck(writer: ByteWriter, nowUs: number): number {
    const { received } = this;
    if (received.ranges.count === 0) return -1;
    const delay = Math.floor(Math.max(0, nowUs - received.largestAtUs) / 2 ** this.delayExponent);
    const ecn = received.hasEcn ? received.ecn : undefined;
    if (encodeAck(writer, received.ranges, delay, ecn, received.reportedBelow) === 0) return -1;
    this.policy.onAckSent();
    return received.largest;
  }
}

/** The receiving side of all three spaces. */
export class Spaces {
  private readonly spaces: ReceiveSpace[];

  constructor(maxAckDelayUs: number, ackDelayExponent: number) {
    // Handshake acknowledgements must not wait, and their delay is not to be believed. RFC 9000 §13.2.1
    this.spaces = [
      new ReceiveSpace(0, ackDelayExponent),
      new ReceiveSpace(0, ackDelayExponent),
      new ReceiveSpace(maxAckDelayUs, ackDelayExponent),
    ];
  }

  at(space: Space): ReceiveSpace {
    return this.spaces[space]!;
  }

  discard(space: Space): void {
    this.spaces[space] = DISCARDED;
  }
}

/** What is left of every space whose keys are gone: nothing comes there, and nothing is owed. */
const DISCARDED = createDiscarded();

function createDiscarded(): ReceiveSpace {
  const space = new ReceiveSpace(0, 0);
  space.discarded = true;
  return space;
}
