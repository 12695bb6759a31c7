import { type Address, addressText, type QuicConnection } from '@tsquic/quic-core';
import type { Pair } from './pair.ts';
import type { Scenario, ScenarioMove } from './scenario.ts';
import { type ClientAddresses, addressesOf } from './scenario-addresses.ts';

type Arrangement = Exclude<ScenarioMove['how'], 'probe' | 'validated' | 'at-once' | 'renew-ids' | 'bind'>;

/** Makes the moves of a scenario's client, and checks which paths both sides used. RFC 9000 §9 */
export class ClientMoves {
  private readonly moves: readonly ScenarioMove[];
  private readonly places: ClientAddresses;
  private readonly mayBeForbidden: boolean;
  private readonly mayFail: boolean;
  private readonly preferredIp: { readonly ipv4: string | undefined; readonly ipv6: string | undefined };
  private made = 0;
  private dueUs = -1;
  /** Local addresses that the program used before they were validated. */
  private readonly atOnce = new Set<string>();
  private readonly wrong: string[] = [];

  constructor(scenario: Scenario) {
    const { client, preferred } = addressesOf(scenario);
    this.moves = scenario.moves ?? [];
    this.places = client;
    this.preferredIp = { ipv4: preferred?.ipv4?.ip, ipv6: preferred?.ipv6?.ip };
    this.mayFail = scenario.movesMayFail === true;
    this.mayBeForbidden = scenario.server?.disableActiveMigration === true;
  }

  /** Whether every move was made. */
  get areMade(): boolean {
    return this.made === this.moves.length;
  }

  /** Make the move that is due. */
  advance(pair: Pair): void {
    if (this.areMade || !pair.client.has('confirmed')) return;
    const { nowUs } = pair.world;
    if (this.dueUs < 0) this.schedule(pair);
    if (nowUs < this.dueUs) return;
    const move = this.moves[this.made++]!;
    if (move.how === 'renew-ids') renewIds(pair);
    else if (move.how === 'bind') bindStreams(pair, move.path);
    else this.make(pair, move);
    this.schedule(pair);
  }

  /** Results that are impossible with an honest path and peer. */
  faults({ client, server }: Pair): string[] {
    return [...this.wrong, ...this.unprovenOfClient(client), ...unprovenOfServer(server)];
  }

  private schedule({ world }: Pair): void {
    const move = this.moves[this.made];
    if (move === undefined) return;
    this.dueUs = world.nowUs + move.afterUs;
    // Gives the clock an instant to stop at.
    world.at(this.dueUs, () => undefined);
  }

  private make({ client, world }: Pair, { to, how }: ScenarioMove): void {
    const connection = client.connections[0]!;
    if (connection.closeReason !== undefined) return;
    const { preferredAddress } = connection;
    const remoteAddress = isArrangement(how) ? connection.remoteAddress : remoteOfFirst(connection);
    const from = this.places[to];
    const isSame = from.ip.includes(':') === remoteAddress.ip.includes(':');
    // From the other family, only the server's preferred address of that family can be reached.
    const other = from.ip.includes(':') ? preferredAddress?.ipv6 : preferredAddress?.ipv4;
    const remote = isSame ? remoteAddress : other;
    if (remote === undefined) return;
    const path = { from, to: remote };
    if (isArrangement(how)) return this.arrange(connection, how, path);
    const isUrgent = how === 'at-once' && isSame;
    if (isUrgent) this.atOnce.add(addressText(from));
    const isMade =
      how === 'probe' ? connection.probe(path) : connection.migrate({ ...path, atOnce: isUrgent });
    if (!isMade && !this.mayBeForbidden && !hasAbandoned(client, 0))
      this.wrong.push(`at ${world.nowUs} µs: the client may not ${how} ${addressText(from)}`);
  }

  /** Change the set of paths that are in use at the same time. draft-ietf-quic-multipath §3 */
  private arrange(connection: QuicConnection, how: Arrangement, path: { readonly from: Address }): void {
    const { from } = path;
    if (how === 'open' || how === 'open-backup') {
      const id = connection.openPath(path);
      if (id === undefined && !this.mayBeForbidden && !this.mayFail)
        this.wrong.push(`the client may not open a path from ${addressText(from)}`);
      if (id !== undefined && how === 'open-backup') connection.setPathStatus(id, 'backup');
      return;
    }
    const known = connection.pathStatistics().find(({ local }) => addressText(local) === addressText(from));
    const isDone = known !== undefined && change(connection, known.pathId, how);
    if (!isDone && !this.mayFail) this.wrong.push(`the client may not ${how} ${addressText(from)}`);
  }

  /** Paths that the client used before their validation although its program did not ask for that. RFC 9000 §9.1 */
  private unprovenOfClient(client: Pair['client']): string[] {
    const known = new Set<string>();
    return client.eventsOf('path').flatMap(({ change, local, remote }) => {
      const name = `${addressText(local)} to ${addressText(remote)}`;
      if (change === 'validated') known.add(name);
      const isHome = addressText(local) === addressText(this.places.home) && !this.isPreferred(remote);
      if (change !== 'active' || known.has(name) || isHome || this.atOnce.has(addressText(local))) return [];
      return [`the client uses ${name}, which was not validated`];
    });
  }

  private isPreferred({ ip }: Address): boolean {
    return ip === this.preferredIp.ipv4 || ip === this.preferredIp.ipv6;
  }
}

function isArrangement(how: ScenarioMove['how']): how is Arrangement {
  return how !== 'probe' && how !== 'validated' && how !== 'at-once' && how !== 'renew-ids' && how !== 'bind';
}

function renewIds({ client, server }: Pair): void {
  for (const { context } of [client, server]) context.renewConnectionIds?.();
}

/** Bind the open streams of both ends to a path; it may not be in use. draft-ietf-quic-multipath §5.5 */
function bindStreams({ client, server }: Pair, path: ScenarioMove['path']): void {
  for (const { connections } of [client, server])
    for (let id = 0; id < BOUND_IDS; id++) connections[0]?.stream(id)?.setPath(path);
}

const BOUND_IDS = 256;

function change(connection: QuicConnection, pathId: number, how: Arrangement): boolean {
  if (how === 'abandon') return connection.abandonPath(pathId);
  return connection.setPathStatus(pathId, how === 'backup' ? 'backup' : 'available');
}

/** Whether a path was given up, by whichever side. */
function hasAbandoned(client: Pair['client'], pathId: number): boolean {
  return client
    .eventsOf('path-state')
    .some((event) => event.pathId === pathId && event.state === 'abandoned');
}

/** The server's address on path 0, which is the one that moves. */
function remoteOfFirst(connection: QuicConnection): Address {
  const first = connection.pathStatistics().find(({ pathId }) => pathId === 0);
  return first?.remote ?? connection.remoteAddress;
}

/** Paths from another local address that the server used before it was validated. RFC 9000 §9.6.2 */
function unprovenOfServer(server: Pair['server']): string[] {
  const [first] = server.host.addresses;
  const known = new Set<string>();
  return server.eventsOf('path').flatMap(({ change, local, remote }) => {
    const name = `${addressText(local)} to ${addressText(remote)}`;
    if (change === 'validated') known.add(addressText(local));
    const isHome = local.ip === first!.ip;
    if (change !== 'active' || isHome || known.has(addressText(local))) return [];
    return [`the server uses ${name}, which was not validated`];
  });
}
