import type { RememberedPath } from '@tsquic/congestion';
import type { Connection } from '../connection/connection.ts';
import { Timer } from '../connection/timers.ts';
import { TransportCode } from '../errors/transport-error.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import type { CloseReason } from '../events.ts';
import { addressText, showAs } from '../inspection.ts';
import { rememberedPath } from '../path/path-memory.ts';
import { priorityOf } from '../streams/priority.ts';
import type { Stream } from '../streams/stream.ts';
import type {
  ClientPath,
  MovedPath,
  ConnectionState,
  ConnectionStatistics,
  PathStatistics,
  PathThresholds,
  PathWish,
  QuicConnection,
  QuicStream,
  StreamOptions,
  QuicDatagrams,
} from './handles.ts';
import type { Address } from '../path/address.ts';
import type { PreferredAddress } from '../path/preferred-address.ts';
import { assertCode } from './application-code.ts';
import { assertCredit } from './credit.ts';
import { DatagramsHandle } from './datagrams-handle.ts';
import {
  abandonPath,
  allPathStatistics,
  movePath,
  openPath,
  setPathStatus,
  watchPaths,
} from './path-calls.ts';
import { connectionStatistics } from './connection-statistics.ts';
import { StreamHandle } from './stream-handle.ts';

/** A program's view of one connection. */
export class ConnectionHandle implements QuicConnection {
  readonly id: number;
  readonly isClient: boolean;
  readonly logId: string;
  private readonly core: Connection;
  private readonly touch: (connection: Connection) => void;
  private datagramsHandle: DatagramsHandle | undefined = undefined;

  static {
    // A connection holds keys, which must not appear in logs.
    showAs(
      ConnectionHandle.prototype,
      'QuicConnection',
      ({ id, isClient, remoteAddress, version, closeReason }) => ({
        id,
        isClient,
        remote: addressText(remoteAddress),
        version,
        closeReason,
      }),
    );
  }

  /** @param touch - is called when the connection may have something to send. */
  constructor(core: Connection, touch: (connection: Connection) => void) {
    this.core = core;
    this.id = core.id;
    this.isClient = core.isClient;
    this.logId = core.parts.logId;
    this.touch = touch;
  }

  get closeReason(): CloseReason | undefined {
    return this.core.parts.closeState.reason;
  }

  get remoteAddress(): Address {
    const { multipath, paths } = this.core.parts;
    return (multipath?.best.paths ?? paths).active.remote;
  }

  get version(): number {
    return this.core.parts.fields.version.current.id;
  }

  get takesResetAt(): boolean {
    return this.core.parts.streams.table.peerTakesResetAt;
  }

  get rememberedPath(): RememberedPath | undefined {
    return rememberedPath(this.core.parts.paths.active);
  }

  openStream(options: StreamOptions = {}): QuicStream | undefined {
    const { unidirectional = false } = options;
    const priority = options.priority === undefined ? undefined : priorityOf(options.priority);
    if (this.hasEnded) return undefined;
    const { table } = this.core.parts.streams;
    const wasRefused = table.counts(unidirectional).wantsMore;
    const stream = table.open(unidirectional);
    if (stream !== undefined) {
      stream.priority = priority ?? stream.priority;
      return viewOf(stream, this, this.core, this.touch);
    }
    // A second call sends nothing.
    if (!wasRefused) this.touch(this.core);
    return undefined;
  }

  stream(streamId: number): QuicStream | undefined {
    if (this.core.parts.earlyAdmission?.hides(streamId) === true) return undefined;
    const stream = this.core.parts.streams.table.find(streamId);
    return stream === undefined ? undefined : viewOf(stream, this, this.core, this.touch);
  }

  get datagrams(): QuicDatagrams {
    this.datagramsHandle ??= new DatagramsHandle(this.core, this.touch);
    return this.datagramsHandle;
  }

  close(code = 0, text = ''): void {
    assertCode(code);
    this.core.parts.life.close({ kind: 'application', code, text, remote: false });
    this.touch(this.core);
  }

  refuse(): void {
    const code = TransportCode.ConnectionRefused;
    this.core.parts.life.close({ kind: 'transport', code, frameType: 0, text: '', remote: false });
    this.touch(this.core);
  }

  certificateVerdict(alert: number | undefined): void {
    if (!this.core.parts.handshake.awaitsVerdict)
      throw new QuicUsageError(
        'no-certificate',
        `no certificate of connection ${this.id} waits for a verdict`,
      );
    if (this.hasEnded) return;
    try {
      this.core.parts.handshake.certificateVerdict(alert);
    } catch (error) {
      this.core.parts.life.closeFor(error);
    }
    this.touch(this.core);
  }

  updateKeys(): boolean {
    const { handshake, idle, keys } = this.core.parts;
    if (this.hasEnded || !handshake.confirmed || !keys.oneRtt.isSettled) return false;
    keys.oneRtt.isWanted = idle.pingPending = true;
    this.touch(this.core);
    return true;
  }

  get earlyData(): QuicConnection['earlyData'] {
    const { earlyOffer, earlyAdmission } = this.core.parts;
    return (earlyOffer ?? earlyAdmission)?.state ?? 'none';
  }

  earlyDataVerdict(isFirstUse: boolean): void {
    const { parts } = this.core;
    if (parts.earlyAdmission === undefined)
      throw new QuicUsageError('no-early-data-use', `connection ${this.id} has used no ticket`);
    for (const held of parts.earlyAdmission.answer(isFirstUse)) parts.emit(held);
  }

  exportKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array {
    if (!this.core.parts.handshake.complete)
      throw new QuicUsageError('not-connected', `connection ${this.id} has not completed its handshake`);
    return this.core.parts.handshake.exportKeyingMaterial(label, context, length);
  }

  grant(bytes: number): void {
    assertCredit(bytes);
    if (this.hasEnded) return;
    this.core.parts.flow.grant(bytes);
    this.touch(this.core);
  }

  setManualCredit(isManual: boolean): void {
    if (this.hasEnded) return;
    this.core.parts.flow.setManual(isManual);
    this.touch(this.core);
  }

  wakeAt(timeUs: number): void {
    if (Number.isNaN(timeUs)) throw new QuicUsageError('invalid-option', 'a time to wake at is a number');
    if (this.hasEnded) return;
    this.core.parts.timers.set(Timer.Application, timeUs);
    this.touch(this.core);
  }

  get preferredAddress(): PreferredAddress | undefined {
    return this.core.parts.migration.offer;
  }

  probe(path: MovedPath): boolean {
    return this.touched(movePath(this.core, path, (migration, move, nowUs) => migration.probe(move, nowUs)));
  }

  migrate(path: MovedPath & { readonly atOnce?: boolean }): boolean {
    return this.touched(movePath(this.core, path, (migration, move, nowUs) => migration.move(move, nowUs)));
  }

  get state(): ConnectionState {
    const { closeState, handshake, life } = this.core.parts;
    if (closeState.active) return life.finished ? 'closed' : closeState.draining ? 'draining' : 'closing';
    if (handshake.confirmed) return 'confirmed';
    return handshake.complete ? 'connected' : 'handshaking';
  }

  statistics(): ConnectionStatistics {
    return connectionStatistics(this.core, this.state);
  }

  pathStatistics(): readonly PathStatistics[] {
    return allPathStatistics(this.core);
  }

  openPath(path: ClientPath): number | undefined {
    return this.touched(openPath(this.core, path));
  }

  abandonPath(pathId: number): boolean {
    return this.touched(abandonPath(this.core, pathId));
  }

  setPathStatus(pathId: number, status: PathWish): boolean {
    return this.touched(setPathStatus(this.core, pathId, status));
  }

  watchPaths(thresholds: PathThresholds | undefined): void {
    watchPaths(this.core, thresholds);
    if (!this.hasEnded) this.touch(this.core);
  }

  /** What a call on paths returns; one that did nothing makes no work, however often a program repeats it. */
  private touched<T extends boolean | number | undefined>(result: T): T {
    if (result !== false && result !== undefined && !this.hasEnded) this.touch(this.core);
    return result;
  }

  /** Whether the connection has ended; the program may not have taken its `closed` event yet. */
  private get hasEnded(): boolean {
    return this.core.parts.closeState.active;
  }
}

/** The program's handle of a stream, made when it is first asked for. */
function viewOf(
  stream: Stream,
  connection: QuicConnection,
  core: Connection,
  touch: (connection: Connection) => void,
): StreamHandle {
  stream.view ??= new StreamHandle(connection, core, stream, touch);
  return stream.view as StreamHandle;
}
