import type { DataPath, QuicConnection } from '@tsquic/quic-core';
import type { Pair } from './pair.ts';
import type { Peer } from './peer.ts';

/** Datagrams that both ends of a scenario send besides the exchanges, and what became of them. RFC 9221 */
export class DatagramTraffic {
  private readonly count: number;
  private readonly path: DataPath;
  private isBegun = false;
  private readonly wrong: string[] = [];
  private readonly cameTo = { client: new Set<number>(), server: new Set<number>() };

  /**
   * @param count - number of datagrams that each end sends, 256 at most.
   * @param path - their path, where that is in use.
   */
  constructor(count: number, path?: DataPath) {
    this.count = count;
    this.path = path;
  }

  /** Begin once both ends have each other's transport parameters; read received datagrams. */
  advance(pair: Pair, hasMoved: boolean): void {
    const { client, server } = pair;
    const ends = [client.connections[0], server.connections[0]];
    if (this.count === 0 || ends.some((end) => end === undefined)) return;
    const mayBegin = this.path === undefined || hasMoved;
    if (!this.isBegun && mayBegin) for (const end of ends) this.begin(end!);
    this.isBegun ||= mayBegin;
    this.readAll(pair);
  }

  /** Results that are impossible with an honest path and peer. */
  faults(pair: Pair): string[] {
    if (this.count === 0) return [];
    this.readAll(pair);
    const { client, server } = pair;
    return [
      ...this.wrong,
      ...outcomeFaults(client, this.cameTo.server, this.path === 'all'),
      ...outcomeFaults(server, this.cameTo.client, this.path === 'all'),
    ];
  }

  private readAll({ client, server }: Pair): void {
    this.read(client.connections[0], this.cameTo.client);
    this.read(server.connections[0], this.cameTo.server);
  }

  private begin({ datagrams }: QuicConnection): void {
    if (this.path !== undefined) return this.sendAll(datagrams);
    let next = 0;
    datagrams.setSource((room) => {
      if (next === this.count) return undefined;
      const bytes = Math.min(1 + ((next * 37) % 1000), room.length);
      if (bytes === 0) return { bytes: -1 };
      room.fill(bytes & 0xff, 1, bytes);
      room[0] = next;
      return { bytes, tag: next++ };
    });
  }

  private sendAll(datagrams: QuicConnection['datagrams']): void {
    for (let tag = 0; tag < this.count; tag++) {
      const data = new Uint8Array(1 + ((tag * 37) % 60));
      data.fill(data.length, 1);
      data[0] = tag;
      if (!datagrams.send(data, { path: this.path, tag })) datagrams.send(data, { tag });
    }
  }

  /** The first byte of a datagram is its number, each other byte its length. */
  private read(end: QuicConnection | undefined, came: Set<number>): void {
    for (let data = end?.datagrams.receive(); data !== undefined; data = end?.datagrams.receive()) {
      const tag = data[0]!;
      const filler = data.length & 0xff;
      if (data.subarray(1).some((byte) => byte !== filler)) this.wrong.push('a datagram came changed');
      if (came.has(tag) && this.path !== 'all') this.wrong.push(`datagram ${tag} came twice`);
      came.add(tag);
    }
  }
}

/**
 * Outcomes that contradict what the receiver got. An acknowledged datagram was received; a received one may be declared lost.
 * Each datagram has one outcome, or is first lost and then spuriously lost. RFC 9221 §5.2
 *
 * @param areCopied - a copy left on each path, of which each has an outcome.
 */
function outcomeFaults(peer: Peer, came: ReadonlySet<number>, areCopied: boolean): string[] {
  const faults: string[] = [];
  const { name } = peer.host;
  const words = new Map<number, string>();
  for (const { tag, outcome } of peer.eventsOf('datagram-outcome')) {
    if (ARRIVED.includes(outcome) && !came.has(tag))
      faults.push(`the ${name} heard that datagram ${tag} arrived, which did not come`);
    if (areCopied) continue;
    if (NEVER_LEFT.includes(outcome) && came.has(tag))
      faults.push(`the ${name} heard that datagram ${tag} never left, which came`);
    if (words.has(tag) && !(words.get(tag) === 'lost' && outcome === 'spuriously-lost'))
      faults.push(`the ${name} heard twice of datagram ${tag}: ${words.get(tag)}, ${outcome}`);
    words.set(tag, outcome);
  }
  return faults;
}

const ARRIVED: readonly string[] = ['acknowledged', 'spuriously-lost'];
const NEVER_LEFT: readonly string[] = ['expired', 'dropped', 'too-large'];
