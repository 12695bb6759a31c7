import type { RememberedPath } from '@tsquic/congestion';
import type { Connection } from '../connection/connection.ts';
import { transportReason } from '../connection/close-state.ts';
import { Timer } from '../connection/timers.ts';
import { TransportCode, TransportError } from '../errors/transport-error.ts';
import { QuicUsageError } from '../errors/usage-error.ts';
import type { CloseReason } from '../events.ts';
import { rememberedPath } from '../path/path-memory.ts';
import type { Stream } from '../streams/stream.ts';
import type { ConnectionStatistics, PathStatistics, QuicConnection, QuicStream } from './handles.ts';
import type { Address } from './address.ts';
import { assertCode } from './application-code.ts';
import { pathStatistics } from './path-statistics.ts';
import { StreamHandle } from './stream-handle.ts';

/** A program's view of one connection. */
export class ConnectionHandle implements QuicConnection {
  readonly id: number;
  readonly isClient: boolean;
  readonly logId: string;
  private readonly core: Connection;
  private readonly touch: () => void;
  private readonly handles = new WeakMap<Stream, StreamHandle>();

  /** @param touch - the connection has something to do. */
  constructor(core: Connection, touch: () => void) {
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
    return this.core.parts.paths.active.remote;
  }

  get rememberedPath(): RememberedPath | undefined {
    return rememberedPath(this.core.parts.paths.active);
  }

  openStream(options: { readonly unidirectional?: boolean } = {}): QuicStream | undefined {
    if (this.hasEnded) return undefined;
    const { streams } = this.core.parts;
    const unidirectional = options.unidirectional ?? false;
    const wasRefused = streams.counts(unidirectional).wantsMore;
    const stream = streams.open(unidirectional);
    if (stream !== undefined) return this.handleOf(stream);
    // The peer hears of it once.
    if (!wasRefused) this.touch();
    return undefined;
  }

  stream(streamId: number): QuicStream | undefined {
    const stream = this.core.parts.streams.find(streamId);
    return stream === undefined ? undefined : this.handleOf(stream);
  }

  close(code = 0, text = ''): void {
    assertCode(code);
    this.core.close({ kind: 'application', code, text, remote: false });
    this.touch();
  }

  refuse(): void {
    const code = TransportCode.ConnectionRefused;
    this.core.close({ kind: 'transport', code, frameType: 0, text: '', remote: false });
    this.touch();
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
      if (!(error instanceof TransportError)) throw error;
      this.core.close(transportReason(error));
    }
    this.touch();
  }

  exportKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array {
    if (!this.core.parts.handshake.complete)
      throw new QuicUsageError('not-connected', `connection ${this.id} has not completed its handshake`);
    return this.core.parts.handshake.exportKeyingMaterial(label, context, length);
  }

  wakeAt(timeUs: number): void {
    if (Number.isNaN(timeUs)) throw new QuicUsageError('invalid-option', 'a time to wake at is a number');
    if (this.hasEnded) return;
    this.core.parts.timers.set(Timer.Application, timeUs);
    this.touch();
  }

  statistics(): ConnectionStatistics {
    const { statistics, recovery, paths, closeState, handshake, idle } = this.core.parts;
    const path = pathStatistics(paths.active, true);
    const idlePeriodUs = idle.periodUs(this.core.ptoUs);
    return {
      state: closeState.active
        ? this.core.finished
          ? 'closed'
          : closeState.draining
            ? 'draining'
            : 'closing'
        : handshake.confirmed
          ? 'confirmed'
          : handshake.complete
            ? 'connected'
            : 'handshaking',
      ...statistics,
      packetsSent: recovery.packetsSent,
      packetsLost: recovery.packetsLost,
      packetsSpuriouslyLost: recovery.spurious.total,
      smoothedRttUs: path.smoothedRttUs,
      latestRttUs: path.latestRttUs,
      minRttUs: path.minRttUs,
      rttVarianceUs: path.rttVarianceUs,
      congestionWindowBytes: path.congestionWindowBytes,
      bytesInFlight: path.bytesInFlight,
      probeTimeouts: recovery.pto.total,
      mtuBytes: path.mtuBytes,
      idleTimeoutMs: idlePeriodUs === Infinity ? 0 : Math.ceil(idlePeriodUs / 1000),
    };
  }

  pathStatistics(): readonly PathStatistics[] {
    return this.core.parts.paths.known.map((path, index) => pathStatistics(path, index === 0));
  }

  private handleOf(stream: Stream): StreamHandle {
    let handle = this.handles.get(stream);
    if (handle === undefined) {
      handle = new StreamHandle(this, this.core, stream, this.touch);
      this.handles.set(stream, handle);
    }
    return handle;
  }

  /** The connection has ended, which the program may not have heard yet. */
  private get hasEnded(): boolean {
    return this.core.parts.closeState.active;
  }
}
