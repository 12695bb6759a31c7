import type { CongestionFactory } from '@tsquic/congestion';
import {
  createQuicContext,
  type Address,
  type QuicConnection,
  type QuicEvent,
  type Tracer,
} from '@tsquic/quic-core';
import type { CipherSuite, CryptoProvider } from '@tsquic/crypto';
import {
  nodeClock,
  openNodePort,
  QuicLoop,
  unixTimeAtZeroUs,
  type DatagramPort,
} from '@tsquic/event-adapters';
import type { CertificateVerifier } from '@tsquic/tls13';

/** How to connect. */
export interface ClientSettings {
  readonly crypto: CryptoProvider;
  readonly alpn: string;
  /** Undefined accepts any certificate. */
  readonly verifier: CertificateVerifier | undefined;
  readonly serverName: string;
  readonly cipherSuites: readonly CipherSuite[] | undefined;
  readonly version: number | undefined;
  readonly handshakeTimeoutMs: number;
  readonly maxUdpPayloadBytes: number | undefined;
  readonly onKeyLog: ((line: string) => void) | undefined;
  readonly tracer: Tracer | undefined;
  readonly congestion: CongestionFactory | undefined;
}

/** One client connection with a socket and a context of its own. */
export class ClientConnection {
  readonly quic: QuicConnection;
  /** Hears all events of the connection. */
  onEvent: (event: QuicEvent) => void = () => {};
  /** Hears what `onEvent` throws. */
  onError: (error: unknown) => void = () => {};

  private readonly loop: QuicLoop;

  /**
   * Open a socket and begin the handshake. Rejects when the system gives no socket, or with a `QuicUsageError` for
   * settings that cannot work.
   */
  static async open(to: Address, settings: ClientSettings): Promise<ClientConnection> {
    const port = await openNodePort({ connect: to });
    try {
      return new ClientConnection(port, to, settings);
    } catch (error) {
      port.close();
      throw error;
    }
  }

  private constructor(port: DatagramPort, to: Address, settings: ClientSettings) {
    const { verifier, cipherSuites, version, maxUdpPayloadBytes, onKeyLog, tracer, congestion } = settings;
    const context = createQuicContext({
      crypto: settings.crypto,
      alpn: [settings.alpn],
      ...(verifier === undefined ? { dangerouslySkipCertificateCheck: true } : { verifier }),
      ...(cipherSuites === undefined ? {} : { cipherSuites }),
      ...(onKeyLog === undefined ? {} : { onKeyLog }),
      ...(tracer === undefined ? {} : { tracer }),
      ...(congestion === undefined ? {} : { congestion }),
      unixTimeAtZeroUs,
      transport: {
        handshakeTimeoutMs: settings.handshakeTimeoutMs,
        streamWindowBytes: STREAM_WINDOW_BYTES,
        connectionWindowBytes: 2 * STREAM_WINDOW_BYTES,
        maxStreamWindowBytes: MAX_STREAM_WINDOW_BYTES,
        maxConnectionWindowBytes: 2 * MAX_STREAM_WINDOW_BYTES,
        ...(maxUdpPayloadBytes === undefined ? {} : { maxUdpPayloadBytes }),
      },
    });
    this.loop = new QuicLoop({
      context,
      port,
      clock: nodeClock,
      onEvent: (event) => this.onEvent(event),
      onError: (error) => this.onError(error),
    });
    this.quic = context.createConnection(
      {
        to,
        from: port.local,
        serverName: settings.serverName,
        ...(version === undefined ? {} : { version }),
      },
      this.loop.nowUs(),
    );
    this.loop.wake();
  }

  /** Call after using the connection or a stream outside `onEvent`. */
  wake(): void {
    this.loop.wake();
  }

  /** Say goodbye, when there is somebody to say it to, and give everything back. */
  close(): void {
    if (this.quic.closeReason === undefined) this.quic.close();
    this.loop.close();
  }
}

/** One round trip of a gigabit a second over 8 ms. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
/** 300 Mbit/s over 100 ms: what may wait here and, unacknowledged, in the server's memory. */
const MAX_STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
