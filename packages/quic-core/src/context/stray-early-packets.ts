import { equalBytes } from '@tsquic/bytes';
import type { Datagram } from '../connection/datagram.ts';
import type { PacketHeader } from '../packet/header.ts';

/**
 * Datagrams kept for all clients together, and for one, whose first flight has about as many after its
 * Initial packet.
 */
const MAX_DATAGRAMS = 64;
const MAX_OF_ONE = 10;
/** Larger datagrams are not kept; few paths carry them. */
const MAX_LENGTH = 1500;
/**
 * How long they are kept: an Initial packet that was overtaken comes soon, and one that was lost is sent
 * again together with its 0-RTT packets.
 */
const MAX_AGE_US = 500_000;

interface Stray {
  readonly datagram: Datagram;
  readonly destination: Uint8Array;
  readonly atUs: number;
}

/**
 * Keeps datagrams with 0-RTT packets that came before their Initial packet, as a server may. Any host can
 * send them, so they are bounded in number, size and time, and the oldest are dropped first. RFC 9000 §5.2.2,
 * RFC 9001 §5.7
 */
export class StrayEarlyPackets {
  private strays: Stray[] = [];

  /** Keep a copy of a datagram whose first packet is the one at `header`; false when it is not kept. */
  keep(datagram: Datagram, { dcidAt, dcidLength }: PacketHeader, nowUs: number): boolean {
    const { bytes, length } = datagram;
    if (length > MAX_LENGTH) return false;
    const destination = bytes.slice(dcidAt, dcidAt + dcidLength);
    this.dropOld(nowUs);
    let ofOne = 0;
    for (const stray of this.strays) if (equalBytes(stray.destination, destination)) ofOne++;
    if (ofOne >= MAX_OF_ONE) return false;
    if (this.strays.length >= MAX_DATAGRAMS) this.strays.shift();
    this.strays.push({ datagram: { ...datagram, bytes: bytes.slice(0, length) }, destination, atUs: nowUs });
    return true;
  }

  /** Remove and return the datagrams that came to this connection ID, in order. */
  take(destination: Uint8Array, nowUs: number): readonly Datagram[] {
    if (this.strays.length === 0) return [];
    this.dropOld(nowUs);
    const taken = this.strays.filter((stray) => equalBytes(stray.destination, destination));
    this.strays = this.strays.filter((stray) => !taken.includes(stray));
    return taken.map((stray) => stray.datagram);
  }

  clear(): void {
    this.strays = [];
  }

  private dropOld(nowUs: number): void {
    while (this.strays.length > 0 && nowUs - this.strays[0]!.atUs > MAX_AGE_US) this.strays.shift();
  }
}
