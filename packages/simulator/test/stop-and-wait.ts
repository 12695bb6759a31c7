import type {
  Address,
  OutgoingDatagram,
  QuicConnection,
  QuicEvent,
  QuicHostContext,
} from '@tsquic/quic-core';

const RETRY_US = 100_000;

/**
 * A toy in place of a QUIC context: sends numbered datagrams, each once the one before was answered, and again
 * when no answer comes; answers those of others.
 */
export class StopAndWait implements QuicHostContext {
  acked = 0;
  sent = 0;
  received: {
    readonly atUs: number;
    readonly ecn: number;
    readonly from: Address;
    readonly interfaceIndex: number;
  }[] = [];
  unreachable = 0;
  private readonly total: number;
  private readonly to: Address | undefined;
  private readonly bytes: number;
  private readonly ecn: number;
  private dueUs: number;
  private readonly answers: { readonly to: Address; readonly from: Address; readonly number: number }[] = [];

  constructor(total: number, to?: Address, bytes = 100, ecn = 0) {
    this.total = total;
    this.to = to;
    this.bytes = bytes;
    this.ecn = ecn;
    this.dueUs = total > 0 ? 0 : Infinity;
  }

  incomingPacket(
    bytes: Uint8Array,
    from: Address,
    to: Address,
    interfaceIndex: number,
    ecn: number,
    nowUs: number,
  ): void {
    this.received.push({ atUs: nowUs, ecn, from, interfaceIndex });
    const number = (bytes[1]! << 8) | bytes[2]!;
    if (bytes[0] === 1) this.answers.push({ to: from, from: to, number });
    else if (number === this.acked) {
      this.acked++;
      this.dueUs = this.acked < this.total ? nowUs : Infinity;
    }
  }

  prepareNextPacket(out: OutgoingDatagram, nowUs: number): number {
    out.length = 0;
    const answer = this.answers.shift();
    if (answer !== undefined) this.fill(out, 2, answer.number, answer.to, answer.from);
    else if (this.dueUs <= nowUs && this.to !== undefined) {
      this.sent++;
      this.dueUs = nowUs + RETRY_US;
      this.fill(out, 1, this.acked, this.to, { ip: '', port: 0 });
    }
    return out.length;
  }

  nextWakeDelay(nowUs: number, maxUs: number): number {
    return Math.min(maxUs, Math.max(0, this.nextWakeTime() - nowUs));
  }

  nextWakeTime(): number {
    return this.answers.length > 0 ? 0 : this.dueUs;
  }

  nextEvent(): QuicEvent | undefined {
    return undefined;
  }

  createConnection(): QuicConnection {
    throw new Error('a toy has no connections');
  }

  connection(): QuicConnection | undefined {
    return undefined;
  }

  notifyUnreachable(): void {
    this.unreachable++;
  }

  close(): void {
    this.dueUs = Infinity;
  }

  free(): void {
    this.dueUs = Infinity;
  }

  private fill(out: OutgoingDatagram, kind: number, number: number, to: Address, from: Address): void {
    out.buffer.set([kind, number >> 8, number & 0xff]);
    out.length = this.bytes;
    out.segmentSize = this.bytes;
    out.to = to;
    out.from = from;
    out.ecn = this.ecn;
  }
}
