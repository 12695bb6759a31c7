import { type DatagramPort, type EventOf, openUdpPort, type UdpKind } from '@tsquic/event-adapters';
import { type Address, type QuicConnection as ConnectionHandle, sameAddress } from '@tsquic/quic-core';
import { Deferred } from './deferred.ts';
import type { Endpoint } from './endpoint.ts';
import { QuicError } from './errors.ts';
import type { RebindOptions } from './options.ts';
import { use } from './usage.ts';

/** Migrates a client to another socket, or to its server's preferred address. RFC 9000 §9 */
export class ClientMoves {
  private readonly endpoint: Endpoint;
  private readonly handle: ConnectionHandle;
  private readonly udp: UdpKind | undefined;
  /** The migration in progress. */
  private current: Move | undefined = undefined;
  /** The address of the socket that the connection has moved to; undefined while it has not. */
  local: Address | undefined = undefined;
  /** Where the sockets are bound that were opened to move to, while they are open. */
  private readonly added: Address[] = [];

  constructor(endpoint: Endpoint, handle: ConnectionHandle, udp: UdpKind | undefined) {
    this.endpoint = endpoint;
    this.handle = handle;
    this.udp = udp;
  }

  /**
   * Migrate to another socket; the old one is kept until the new path is validated, and for a while after
   * that.
   */
  async rebind(options: RebindOptions): Promise<void> {
    const to = this.remote;
    const socket = options.socket ?? (await openSocketFor(options, to, this.udp));
    return this.move(socket, to, options.atOnce ?? false);
  }

  /** The server's address on the path that moves, which is the first. */
  private get remote(): Address {
    const { handle } = this;
    return handle.pathStatistics().find(({ pathId }) => pathId === 0)?.remote ?? handle.remoteAddress;
  }

  /**
   * The handshake is confirmed: migrate to the server's preferred address of the family in use, if there is
   * one. RFC 9000 §9.6
   */
  followPreferred(): void {
    const { preferredAddress, remoteAddress } = this.handle;
    const to = remoteAddress.ip.includes(':') ? preferredAddress?.ipv6 : preferredAddress?.ipv4;
    if (to === undefined || sameAddress(to, remoteAddress)) return;
    // No call waits for the result, and the connection goes on if it fails.
    void openSocketFor({}, to, this.udp)
      .then((socket) => this.move(socket, to, false))
      .catch(() => {});
  }

  onPath({ change, local, pathId }: EventOf<'path'>): void {
    // Sockets of further paths are closed with these.
    if (pathId !== undefined) return;
    const { current } = this;
    if (current !== undefined && sameAddress(current.local, local)) {
      if (change === 'active' && !current.isAtOnce) this.finish();
      if (change === 'validated' && current.isAtOnce) this.finish();
      if (change === 'failed') this.finish('nobody answers on the new path');
    }
    if (change === 'failed' || change === 'lost') this.close(local);
  }

  /** Close the socket that is bound here. */
  private close(local: Address): void {
    const at = this.added.findIndex((one) => sameAddress(one, local));
    if (at >= 0) this.added.splice(at, 1);
    this.endpoint.removeSocket(local);
  }

  /** The first path is over: its sockets, which are told, are closed by somebody else. draft-ietf-quic-multipath §3.4 */
  onFirstAbandoned(): readonly Address[] {
    this.finish('its path is abandoned');
    return [this.endpoint.local, ...this.added.splice(0)];
  }

  onClosed(error: unknown): void {
    this.current?.over.reject(error);
    this.current = undefined;
    const added = this.added.splice(0);
    // Of an endpoint of one connection, all sockets are closed with the endpoint.
    if (this.endpoint.isShared) for (const local of added) this.endpoint.removeSocket(local);
  }

  private move(socket: DatagramPort, to: Address, isAtOnce: boolean): Promise<void> {
    const { endpoint, handle } = this;
    const { local } = socket;
    this.finish('another move has taken its place');
    endpoint.addSocket(socket);
    this.added.push(local);
    let isAllowed = false;
    try {
      isAllowed = use(() => handle.migrate({ from: local, to, atOnce: isAtOnce }));
    } finally {
      if (!isAllowed) this.close(local);
    }
    if (!isAllowed)
      throw new QuicError(
        'ERR_QUIC_MIGRATION',
        'a client may move only after `ready` of its connection, not after the end or that of its first path, and not where the server forbids it',
      );
    const over = new Deferred<void>().optional();
    this.current = { local, isAtOnce, over };
    endpoint.wake();
    return over.promise;
  }

  /** @param failure - why the migration in progress failed. */
  private finish(failure?: string): void {
    const { current } = this;
    if (current === undefined) return;
    this.current = undefined;
    if (failure !== undefined) return current.over.reject(new QuicError('ERR_QUIC_MIGRATION', failure));
    this.local = current.local;
    current.over.resolve();
  }
}

interface Move {
  readonly local: Address;
  readonly isAtOnce: boolean;
  readonly over: Deferred<void>;
}

/** A socket from which a client reaches `connect`. Rejects with the system's error when it cannot be opened. */
export function openSocketFor(
  { localAddress, localPort }: Pick<RebindOptions, 'localAddress' | 'localPort'>,
  connect: Address,
  kind: UdpKind | undefined,
): Promise<DatagramPort> {
  return openUdpPort({
    kind,
    connect,
    ...(localAddress === undefined ? {} : { ip: localAddress }),
    ...(localPort === undefined ? {} : { port: localPort }),
  });
}
