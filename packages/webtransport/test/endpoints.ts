import type { Http3Server } from 'tsquic/http3';
import {
  listenWebTransport,
  WebTransport,
  type WebTransportHandler,
  type WebTransportOptions,
  type WebTransportServerOptions,
  type WebTransportServerSession,
} from '@tsquic/webtransport';
import { createHashedCertificate, type HashedCertificate } from '@tsquic/webtransport/certificates';

let made: Promise<HashedCertificate> | undefined;

/** One certificate for all tests of a file. */
export function certificate(): Promise<HashedCertificate> {
  return (made ??= createHashedCertificate());
}

/** A server on the loopback, and clients of it. */
export class Endpoints {
  readonly server: Http3Server;
  readonly lines: string[];
  readonly sessions: WebTransportServerSession[];
  readonly hash: Uint8Array;
  private readonly clients: WebTransport[] = [];
  private readonly waiting: ((session: WebTransportServerSession) => void)[] = [];
  private taken = 0;

  private constructor(
    server: Http3Server,
    hash: Uint8Array,
    lines: string[],
    sessions: WebTransportServerSession[],
  ) {
    this.server = server;
    this.hash = hash;
    this.lines = lines;
    this.sessions = sessions;
  }

  static async begin(
    options: WebTransportServerOptions = {},
    handler: WebTransportHandler = () => {},
    more: Partial<Parameters<typeof listenWebTransport>[0]> = {},
  ): Promise<Endpoints> {
    const { certificatePem: cert, privateKeyPem: key, hash } = await certificate();
    const lines: string[] = [];
    const sessions: WebTransportServerSession[] = [];
    const server: Http3Server = await listenWebTransport(
      {
        host: '127.0.0.1',
        cert,
        key,
        webTransport: { log: (line) => lines.push(line), ...options },
        ...more,
      },
      (session) => {
        sessions.push(session);
        endpoints?.waiting.shift()?.(session);
        return handler(session);
      },
    );
    const endpoints = new Endpoints(server, hash, lines, sessions);
    return endpoints;
  }

  url(path = '/'): string {
    return `https://127.0.0.1:${this.server.address.port}${path}`;
  }

  client(options: WebTransportOptions = {}, path = '/'): WebTransport {
    const client = new WebTransport(this.url(path), {
      serverCertificateHashes: [{ algorithm: 'sha-256', value: this.hash }],
      ...options,
    });
    this.clients.push(client);
    return client;
  }

  /** A client and its session at the server. */
  async open(options: WebTransportOptions = {}): Promise<[WebTransport, WebTransportServerSession]> {
    const client = this.client(options);
    const session = this.next();
    await client.ready;
    return [client, await session];
  }

  /** The next session that the server accepts. */
  next(): Promise<WebTransportServerSession> {
    const there = this.sessions[this.taken++];
    return there === undefined
      ? new Promise((resolve) => this.waiting.push(resolve))
      : Promise.resolve(there);
  }

  async end(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.server.close();
  }
}

/** Everything of a stream as text. */
export async function textOf(readable: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of readable) text += decoder.decode(chunk, { stream: true });
  return text;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Write a text and end the stream. */
export async function send(writable: WritableStream, text: string): Promise<void> {
  const writer = writable.getWriter();
  await writer.write(bytes(text));
  await writer.close();
}

/** What a promise rejects with. Throws where it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const nothing = {};
  const error = await promise.then(
    () => nothing,
    (reason: unknown) => reason,
  );
  if (error === nothing) throw new Error('it did not reject');
  return error as Error & Record<string, unknown>;
}
