import type { Alarm, DatagramPort, EventOf, UdpKind } from '@tsquic/event-adapters';
import type { Address, QuicConnection as ConnectionHandle } from '@tsquic/quic-core';
import { Deferred } from './deferred.ts';
import type { Endpoint } from './endpoint.ts';
import { QuicError } from './errors.ts';
import { openSocketFor } from './client-moves.ts';
import type { PathOptions } from './options.ts';
import { use } from './usage.ts';

/** A path that is abandoned keeps its socket for so many probe timeouts. draft-ietf-quic-multipath §3.4 */
const LINGER_PTOS = 3;
/** The peer's max_ack_delay, unless it says otherwise. RFC 9000 §18.2 */
const MAX_ACK_DELAY_US = 25_000;

/** Paths that a client uses besides its first, each from a socket of its own. draft-ietf-quic-multipath §3 */
export class ClientPaths {
  private readonly endpoint: Endpoint;
  private readonly handle: ConnectionHandle;
  private readonly udp: UdpKind | undefined;
  private readonly sockets: { readonly pathId: number; readonly local: Address }[] = [];
  /** Close the sockets of paths that are abandoned. */
  private readonly alarms: Alarm[] = [];
  /** Paths that are being validated, by their IDs. */
  private readonly opening = new Map<number, Deferred<number>>();

  constructor(endpoint: Endpoint, handle: ConnectionHandle, udp: UdpKind | undefined) {
    this.endpoint = endpoint;
    this.handle = handle;
    this.udp = udp;
  }

  /** Use another socket besides. Resolves with the ID of the path once it is validated. */
  async open(options: PathOptions): Promise<number> {
    const socket = options.socket ?? (await openSocketFor(options, this.handle.remoteAddress, this.udp));
    const pathId = this.add(socket);
    const opened = new Deferred<number>().optional();
    this.opening.set(pathId, opened);
    if (options.backup === true) this.handle.setPathStatus(pathId, 'backup');
    this.endpoint.wake();
    return opened.promise;
  }

  private add(socket: DatagramPort): number {
    const { endpoint, handle } = this;
    const { local } = socket;
    endpoint.addSocket(socket);
    let pathId: number | undefined;
    try {
      pathId = use(() => handle.openPath({ from: local }));
    } finally {
      if (pathId === undefined) endpoint.removeSocket(local);
    }
    if (pathId === undefined)
      throw new QuicError(
        'ERR_QUIC_MIGRATION',
        'a further path may be opened only after `ready`, where both ends have `transport.maxPaths`, and within these',
      );
    this.sockets.push({ pathId, local });
    return pathId;
  }

  /** Where the path in use is bound, if that is not the first path. */
  get localInUse(): Address | undefined {
    const [best] = this.handle.pathStatistics();
    return best === undefined || best.pathId === 0 ? undefined : best.local;
  }

  /** @param firstSockets - gives the sockets of the first path, which is over. */
  onPathState(
    { pathId, state }: Pick<EventOf<'path-state'>, 'pathId' | 'state'>,
    firstSockets: () => readonly Address[],
  ): void {
    if (state === 'available') this.opening.get(pathId)?.resolve(pathId);
    if (state === 'abandoned') {
      const failure = new QuicError('ERR_QUIC_MIGRATION', 'nobody answers on the new path');
      this.opening.get(pathId)?.reject(failure);
      if (pathId === 0) for (const local of firstSockets()) this.sockets.push({ pathId, local });
      this.leave(pathId);
    }
    if (state !== 'suspended') this.opening.delete(pathId);
  }

  /**
   * What the server sent before it knew still arrives, so that the socket is kept for three probe timeouts.
   * draft-ietf-quic-multipath §3.4
   */
  private leave(pathId: number): void {
    const { endpoint, handle } = this;
    let ptoUs = 0;
    for (const { smoothedRttUs, rttVarianceUs } of handle.pathStatistics())
      ptoUs = Math.max(ptoUs, smoothedRttUs + 4 * rttVarianceUs);
    const untilUs = endpoint.nowUs() + LINGER_PTOS * (ptoUs + MAX_ACK_DELAY_US);
    const alarm = endpoint.createAlarm(() => {
      // An alarm may fire early.
      const restUs = untilUs - endpoint.nowUs();
      if (restUs > 0) return alarm.set(restUs);
      this.alarms.splice(this.alarms.indexOf(alarm), 1);
      this.close(({ pathId: id }) => id === pathId);
    });
    alarm.set(untilUs - endpoint.nowUs());
    this.alarms.push(alarm);
  }

  onClosed(error: unknown): void {
    for (const opening of this.opening.values()) opening.reject(error);
    this.opening.clear();
    for (const alarm of this.alarms.splice(0)) alarm.cancel();
    if (this.endpoint.isShared) this.close(() => true);
  }

  private close(isGone: (socket: { readonly pathId: number }) => boolean): void {
    const gone = this.sockets.filter(isGone);
    for (const { local } of gone) this.endpoint.removeSocket(local);
    for (const one of gone) this.sockets.splice(this.sockets.indexOf(one), 1);
  }
}
