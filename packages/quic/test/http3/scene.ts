import { createNodeProvider } from '@tsquic/crypto/node';
import { certificate } from '../endpoints.ts';
import { VirtualNetwork } from '../virtual-network.ts';
import {
  connectHttp3,
  type ConnectHttp3Options,
  type Http3Handler,
  type Http3Server,
  type Http3Session,
  serve,
  type ServeOptions,
} from 'tsquic/http3';

/** A server of HTTP/3 and its clients in a network in memory, where no real time passes. */
export class Scene {
  readonly network: VirtualNetwork = new VirtualNetwork();
  server!: Http3Server;
  private readonly pem: { readonly certificatePem: string; readonly privateKeyPem: string };

  private constructor(pem: { readonly certificatePem: string; readonly privateKeyPem: string }) {
    this.pem = pem;
  }

  static async create(handler: Http3Handler, options: Partial<ServeOptions> = {}): Promise<Scene> {
    const scene = new Scene(await certificate());
    scene.server = await scene.serve(handler, options);
    return scene;
  }

  /** What every end needs here. */
  get world(): {
    crypto: ReturnType<typeof createNodeProvider>;
    clock: VirtualNetwork['clock'];
    unixTimeAtZeroUs: number;
  } {
    const { clock, unixTimeAtZeroUs } = this.network;
    return { crypto: createNodeProvider(), clock, unixTimeAtZeroUs };
  }

  serve(handler: Http3Handler, options: Partial<ServeOptions> = {}): Promise<Http3Server> {
    const { certificatePem: cert, privateKeyPem: key } = this.pem;
    return serve(
      { ...this.world, cert, key, socket: this.network.openPort('10.0.0.2'), ...options },
      handler,
    );
  }

  connect(options: Partial<ConnectHttp3Options> = {}): Promise<Http3Session> {
    const { ip: host, port } = this.server.address;
    const socket = this.network.openPort('10.0.0.1');
    return this.until(
      connectHttp3({
        ...this.world,
        host,
        port,
        servername: 'localhost',
        ca: this.pem.certificatePem,
        socket,
        ...options,
      }),
    );
  }

  /** Let virtual time pass until a promise has settled. */
  until<T>(promise: Promise<T>): Promise<T> {
    return this.network.until(promise);
  }
}

/** What a client got of one answer. */
export interface Answer {
  readonly interim: readonly number[];
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly text: string;
  readonly trailers: Readonly<Record<string, string>>;
}

/** A request of a client that reads everything. Rejects with the code when the request fails. */
export function ask(
  session: Http3Session,
  target: {
    method?: string;
    path?: string;
    fields?: Record<string, string>;
    content?: Uint8Array | string;
  } = {},
): Promise<Answer> {
  const { method = 'GET', path = '/', fields = {}, content } = target;
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return new Promise((resolve, reject) => {
    const answer = { interim: [] as number[], status: 0, fields: {}, text: '', trailers: {} };
    const decoder = new TextDecoder();
    const into = new Uint8Array(10_000);
    let sent = 0;
    const send = (): void => {
      if (bytes !== undefined && !stream.hasEnded) sent += stream.write(bytes.subarray(sent), true);
    };
    const stream = session.request(
      {
        ...{ method, scheme: 'https', authority: 'localhost', path },
        fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
      },
      { ends: content === undefined },
      {
        onInterim: ({ status }) => void answer.interim.push(status),
        onResponse: (head) => {
          answer.status = head.status;
          answer.fields = record(head.fields);
        },
        onContent: () => {
          for (let count = stream.read(into); count > 0; count = stream.read(into))
            answer.text += decoder.decode(into.subarray(0, count), { stream: true });
        },
        onTrailers: (lines) => void (answer.trailers = record(lines)),
        onWritable: send,
        onEnd: () => resolve(answer),
        onFailed: ({ code }) => reject(code),
        onClosed: ({ kind }) => reject(kind),
      },
    )!;
    send();
    session.wake();
  });
}

function record(fields: readonly { name: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value]));
}
