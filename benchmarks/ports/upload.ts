import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { createNodeProvider } from '@tsquic/crypto/node';
import { EventDispatcher, type StreamHandlers } from '@tsquic/event-adapters';
import { createQuicContext, type QuicContext, type QuicEvent, type QuicStream } from '@tsquic/quic-core';
import { createTestIdentity, TEST_UNIX_TIME_US } from '@tsquic/simulator';

/** What one upload amounts to. */
export interface UploadResult {
  readonly bytes: number;
  readonly checksumOk: boolean;
  readonly lostPackets: number;
  /** From the start of the connection to its end; both ends, all threads. */
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Start to count; the result stops. */
export function startStopwatch(): () => Pick<UploadResult, 'seconds' | 'cpuSeconds'> {
  const begunMs = performance.now();
  const begunCpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(begunCpu);
    return { seconds: (performance.now() - begunMs) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
}

/** The server's half: hears of events, and calls back with the checksum when the stream has ended. */
export interface UploadServer {
  readonly context: QuicContext;
  onEvent(event: QuicEvent): void;
}

/** A server that hashes the first stream it gets, then calls `onReceived` and closes. */
export function createUploadServer(onReceived: (bytes: number, checksum: string) => void): UploadServer {
  const crypto = createNodeProvider();
  const context = createQuicContext({
    crypto,
    alpn: ['upload'],
    identity: createTestIdentity(crypto),
    unixTimeAtZeroUs: TEST_UNIX_TIME_US,
  });
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK_BYTES);
  let bytes = 0;
  const handlersOf = (stream: QuicStream): StreamHandlers => ({
    onReadable: () => {
      for (let count = stream.read(chunk); count > 0; count = stream.read(chunk)) {
        hash.update(chunk.subarray(0, count));
        bytes += count;
      }
      if (!stream.finished) return;
      onReceived(bytes, hash.digest('hex'));
      stream.connection.close();
    },
  });
  const events = new EventDispatcher(context, { onConnection: () => ({ onStream: handlersOf }) });
  return { context, onEvent: events.dispatch };
}

/** The client's half. */
export interface UploadClient {
  readonly context: QuicContext;
  /** Of everything it sends. */
  readonly checksum: string;
  /** Stops the clock that `start` started. */
  stopwatch: ReturnType<typeof startStopwatch>;
  start(to: { readonly ip: string; readonly port: number }, nowUs: number): void;
  onEvent(event: QuicEvent): void;
}

/** A client that sends so many bytes on one stream, then calls `onClosed` when the connection has ended. */
export function createUploadClient(
  bytes: number,
  onClosed: (kind: string, lostPackets: number) => void,
): UploadClient {
  const context = createUploadContext();
  const chunk = createPattern();
  const events = new EventDispatcher(context);
  let sent = 0;
  const feed = (stream: QuicStream): void => {
    while (sent < bytes) {
      const from = sent % chunk.length;
      const part = chunk.subarray(from, Math.min(chunk.length, from + bytes - sent));
      const taken = stream.write(part, sent + part.length === bytes);
      sent += taken;
      if (taken < part.length) return;
    }
  };
  const client: UploadClient = {
    context,
    checksum: checksumOfPattern(bytes),
    stopwatch: startStopwatch(),
    start: (to, nowUs) => {
      client.stopwatch = startStopwatch();
      const connection = context.createConnection({ to }, nowUs);
      events.follow(connection, {
        onConnected: () => {
          const stream = connection.openStream({ unidirectional: true });
          if (stream === undefined) return;
          events.followStream(stream, { onWritable: () => feed(stream) });
          feed(stream);
        },
        onClosed: (reason) => {
          const lost = connection.statistics().packetsLost;
          onClosed(reason.kind === 'application' ? 'done' : JSON.stringify(reason), lost);
        },
      });
    },
    onEvent: events.dispatch,
  };
  return client;
}

/** A client context that trusts whom it meets. */
export function createUploadContext(): QuicContext {
  return createQuicContext({
    crypto: createNodeProvider(),
    alpn: ['upload'],
    dangerouslySkipCertificateCheck: true,
    unixTimeAtZeroUs: TEST_UNIX_TIME_US,
  });
}

/** What is sent, over and over. */
export function createPattern(): Uint8Array {
  return Uint8Array.from({ length: CHUNK_BYTES }, (_, index) => (index * 31 + (index >> 8)) & 255);
}

/** SHA-256 of so many bytes of the pattern, hexadecimal. */
export function checksumOfPattern(bytes: number): string {
  const hash = createHash('sha256');
  const chunk = createPattern();
  for (let at = 0; at < bytes; at += chunk.length)
    hash.update(chunk.subarray(0, Math.min(chunk.length, bytes - at)));
  return hash.digest('hex');
}

const CHUNK_BYTES = 65_536;
