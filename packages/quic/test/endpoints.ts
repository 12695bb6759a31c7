import { jest } from '@jest/globals';
import { createSelfSigned, type PemPair } from 'tsquic/certificates';
import {
  connect,
  type ConnectionHandler,
  type ConnectOptions,
  listen,
  type ListenOptions,
  type QuicConnection,
  type QuicListener,
} from 'tsquic';

// Sockets and programs take as long as the machine is busy; nothing here measures that.
jest.setTimeout(60_000);

export const HOST = '127.0.0.1';
export const PROTOCOL = 'test';

/** A certificate for loopback, made once for each test file. */
export function certificate(): Promise<PemPair> {
  made ??= createSelfSigned({ hosts: ['localhost', HOST, '::1'] });
  return made;
}
let made: Promise<PemPair> | undefined;

export async function serve(
  handler?: ConnectionHandler,
  options: Partial<ListenOptions> = {},
): Promise<QuicListener> {
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  return listen({ host: HOST, cert, key, ALPNProtocols: [PROTOCOL], ...options }, handler);
}

export async function dial(
  listener: QuicListener,
  options: Partial<ConnectOptions> = {},
): Promise<QuicConnection> {
  const { certificatePem: ca } = await certificate();
  const { ip, port } = listener.address;
  return connect({ host: ip, port, ca, ALPNProtocols: [PROTOCOL], ...options });
}

/** A client, its server's end of the connection, and both ends' end. */
export interface ConnectedPair {
  readonly listener: QuicListener;
  readonly client: QuicConnection;
  readonly server: QuicConnection;
  close(): Promise<void>;
}

export async function connectedPair(
  clientOptions: Partial<ConnectOptions> = {},
  serverOptions: Partial<ListenOptions> = {},
): Promise<ConnectedPair> {
  const listener = await serve(undefined, serverOptions);
  const accepted = take(listener);
  const client = await dial(listener, clientOptions);
  const server = await accepted;
  return {
    listener,
    client,
    server,
    async close() {
      await client.close();
      await listener.close();
    },
  };
}

/** The next of an iteration. */
export async function take<T>(source: AsyncIterable<T>): Promise<T> {
  const { value, done } = await source[Symbol.asyncIterator]().next();
  if (done === true) throw new Error('the iteration has ended');
  return value;
}

export async function send(writable: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
}

export async function receive(readable: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = readable.getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
}

/** A source of zeros that tells how much was asked of it. */
export class Zeros {
  offered = 0;
  readonly readable: ReadableStream<Uint8Array>;

  constructor(totalBytes: number) {
    this.readable = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const left = totalBytes - this.offered;
          if (left === 0) return controller.close();
          const chunk = new Uint8Array(Math.min(left, 65_536));
          this.offered += chunk.length;
          controller.enqueue(chunk);
        },
      },
      { highWaterMark: 0 },
    );
  }
}

/** Send `length` bytes and read them back, changed by nobody. */
export async function echo(client: QuicConnection, server: QuicConnection, length: number): Promise<number> {
  const answering = (async () => {
    for await (const stream of server) {
      await stream.readable.pipeTo(stream.writable);
      return;
    }
  })();
  const stream = await client.openStream();
  const writing = new Blob([new Uint8Array(length).fill(7)]).stream().pipeTo(stream.writable);
  let bytes = 0;
  for await (const chunk of stream.readable) bytes += chunk.length;
  await Promise.all([writing, answering]);
  return bytes;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
