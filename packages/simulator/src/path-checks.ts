import type { QuicConnection } from '@tsquic/quic-core';
import type { Pair } from './pair.ts';
import type { PathExpectation } from './scenario.ts';

/** Checks what becomes of the paths of a scenario's client, and sends datagrams on one of them. draft-ietf-quic-multipath */
export class PathChecks {
  private readonly expects: PathExpectation;
  private isBegun = false;
  private isWatching = false;
  /** Datagrams that came, and which. */
  private came = 0;
  private readonly numbers = new Set<number>();
  private carried: readonly { readonly pathId: number; readonly bytesDelivered: number }[] = [];

  constructor(expects: PathExpectation = {}) {
    this.expects = expects;
  }

  /** @param hasMoved - the client has made all of its moves. */
  advance({ client, server }: Pair, hasMoved: boolean): void {
    const { quality, datagrams } = this.expects;
    const [connection] = client.connections;
    if (connection === undefined) return;
    if (quality !== undefined && !this.isWatching && client.has('confirmed')) {
      this.isWatching = true;
      connection.watchPaths({ rttUs: quality.rttUs });
    }
    if (datagrams !== undefined)
      this.exchange(connection, server.connections[0], hasMoved && isReady(client));
  }

  private exchange(
    connection: QuicConnection,
    other: QuicConnection | undefined,
    isReadyToSend: boolean,
  ): void {
    const { count, path } = this.expects.datagrams!;
    if (!this.isBegun && isReadyToSend) {
      this.isBegun = true;
      for (let i = 0; i < count; i++) connection.datagrams.send(new Uint8Array(1000).fill(i), { path });
    }
    for (let data = other?.datagrams.receive(); data !== undefined; data = other?.datagrams.receive()) {
      this.came++;
      this.numbers.add(data[0]!);
    }
  }

  /** Whether all datagrams have come. */
  get isComplete(): boolean {
    const { datagrams } = this.expects;
    return datagrams === undefined || this.numbers.size === datagrams.count;
  }

  /** The goal of the scenario is reached. */
  onGoal({ client }: Pair): void {
    this.carried = (client.connections[0]?.pathStatistics() ?? []).filter(({ active }) => active);
  }

  faults({ client }: Pair): string[] {
    return [
      ...this.stateFaults(client),
      ...this.carriedFaults(),
      ...this.qualityFaults(client),
      ...this.datagramFaults(),
    ];
  }

  private stateFaults(client: Pair['client']): string[] {
    const { states } = this.expects;
    const told = client.eventsOf('path-state').map(({ pathId, state }) => `${pathId} ${state}`);
    if (states === undefined || told.join() === states.join()) return [];
    return [`the client was told ${told.join()}, not ${states.join()}`];
  }

  private carriedFaults(): string[] {
    const { carried = [] } = this.expects;
    return carried.flatMap(({ path, least = 0, most = Infinity }) => {
      const bytes = this.carried.find(({ pathId }) => pathId === path)?.bytesDelivered ?? 0;
      if (bytes >= least && bytes <= most) return [];
      return [`path ${path} carried ${bytes} bytes, not ${least} to ${most}`];
    });
  }

  private qualityFaults(client: Pair['client']): string[] {
    const { quality } = this.expects;
    if (quality === undefined) return [];
    const { length } = client.eventsOf('path-quality').filter(({ pathId }) => pathId === quality.path);
    return length >= 2 ? [] : [`the quality of path ${quality.path} was told ${length} times`];
  }

  private datagramFaults(): string[] {
    const { datagrams } = this.expects;
    if (datagrams === undefined) return [];
    const { size } = this.numbers;
    if (size < datagrams.count) return [`${size} datagrams came, not ${datagrams.count}`];
    const isCopied = this.came > size;
    return isCopied === (datagrams.path === 'all') ? [] : [`${this.came} copies of ${size} datagrams came`];
  }
}

function isReady(client: Pair['client']): boolean {
  return client.eventsOf('path-state').some(({ state }) => state === 'available');
}
