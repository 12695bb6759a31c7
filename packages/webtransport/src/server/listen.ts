import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { X509Certificate } from 'node:crypto';
import type { QuicConnection, QuicError } from 'tsquic';
import { type Http3Handler, type Http3Server, serve, type ServeOptions } from 'tsquic/http3';
import { explainDeparture } from '../explain/departure.ts';
import { webTransport, type WebTransportHandler, type WebTransportServerOptions } from './extension.ts';

/** Options of `listenWebTransport`: those of `serve`, and those of sessions. */
export interface ListenWebTransportOptions extends ServeOptions {
  /** Options of the sessions. */
  readonly webTransport?: WebTransportServerOptions;
  /** Answers requests that are no sessions. Default: 404. */
  readonly onRequest?: Http3Handler;
}

/**
 * Serve WebTransport alone, or beside requests: `serve` with the extension `webTransport`. With `webTransport.log`, handshakes that fail
 * because of the certificate are explained as well. Rejects as `serve` does.
 */
export async function listenWebTransport(
  options: ListenWebTransportOptions,
  handler: WebTransportHandler,
): Promise<Http3Server> {
  const { webTransport: sessionOptions = {}, onRequest = notFound, extensions = [], ...serving } = options;
  const server = await serve(
    { ...serving, extensions: [...extensions, webTransport(handler, sessionOptions)] },
    onRequest,
  );
  const { log } = sessionOptions;
  if (log !== undefined) explainHandshakes(server, leafOf(options.cert), log);
  return server;
}

function notFound(): Response {
  return new Response(null, { status: 404 });
}

/** Tell why clients leave before their handshake is complete. */
function explainHandshakes(
  server: Http3Server,
  certificate: Uint8Array | undefined,
  log: (line: string) => void,
): void {
  const onClosed = (message: unknown): void => {
    const { connection, error } = message as { readonly connection: QuicConnection; readonly error: unknown };
    const alert = (error as Partial<QuicError & { readonly alert: number }> | undefined)?.alert;
    if (connection.isClient || alert === undefined || connection.localAddress.port !== server.address.port)
      return;
    const { ip, port } = connection.remoteAddress;
    const lines = explainDeparture({
      address: `${ip.includes(':') ? `[${ip}]` : ip}:${port}`,
      ...{ settings: undefined, ours: new Map(), reason: '', alert, certificate, unixTimeMs: Date.now() },
    });
    for (const line of lines) log(line);
  };
  subscribe(CHANNEL, onClosed);
  const stop = (): void => void unsubscribe(CHANNEL, onClosed);
  server.closed.then(stop, stop);
}

/** The certificate that clients are shown, where it can be read. */
function leafOf(cert: ServeOptions['cert']): Uint8Array | undefined {
  const first = Array.isArray(cert)
    ? (cert[0] as string | Uint8Array | undefined)
    : (cert as string | Uint8Array);
  try {
    return first === undefined ? undefined : Uint8Array.from(new X509Certificate(first).raw);
  } catch {
    return undefined;
  }
}

const CHANNEL = 'tsquic.connection.closed';
