import { connectHttp3, type Http3Session } from 'tsquic/http3';
import { ClientSessions, type NoSession } from '../session/client-sessions.ts';
import { http3OptionsFor } from '../session/http3-options.ts';
import { type SessionConfig, sessionConfigOf } from '../session-options.ts';
import { createHashVerifier } from './certificate-hashes.ts';
import { Http3Host } from './http3-host.ts';
import { sessionError } from './web-transport-error.ts';
import type { WebSession } from './web-session.ts';
import type { WebTransportOptions } from './web-transport.ts';

/** Connect to the server of a URL and ask for a session. Never rejects: what goes wrong fails the session. */
export async function openClientSession(
  web: WebSession,
  url: URL,
  options: WebTransportOptions,
): Promise<void> {
  const abort = new AbortController();
  let http: Http3Session | undefined;
  web.onOver = () => {
    if (http === undefined) abort.abort();
    else if (web.end?.kind !== 'closed') void http.close();
    else closeSoon(http, web);
  };
  try {
    const config = sessionConfigOf(options.session ?? {});
    const fields = fieldsFrom(options.headers);
    let client!: ClientSessions;
    http = await connect(url, options, config, abort.signal, (made) => (client = made));
    web.http = http;
    if (web.failure !== undefined) return void http.close();
    await http.settled;
    const authority = url.port === '' ? url.hostname : url.host;
    const session = client.connect({
      ...{ authority, path: `${url.pathname}${url.search}`, fields, handlers: web },
      protocols: options.protocols ?? [],
    });
    if (typeof session === 'string') throw sessionError(refusalText(session, client));
    web.session = session;
    http.wake();
  } catch (error) {
    web.fail(
      isSessionError(error) ? error : sessionError(`Opening handshake failed: ${messageOf(error)}`, error),
    );
    void http?.close();
  }
}

function connect(
  url: URL,
  { connection = {}, serverCertificateHashes = [] }: WebTransportOptions,
  config: SessionConfig,
  signal: AbortSignal,
  onClient: (client: ClientSessions) => void,
): Promise<Http3Session> {
  const { settings, streamTypes, bidirectionalTypes, datagrams } = http3OptionsFor(config);
  return connectHttp3({
    ...connection,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 443 : Number(url.port),
    signal: connection.signal === undefined ? signal : AbortSignal.any([connection.signal, signal]),
    ...(serverCertificateHashes.length === 0
      ? {}
      : { verifier: createHashVerifier(serverCertificateHashes) }),
    extensions: [
      {
        ...{ settings, streamTypes, bidirectionalTypes, datagrams },
        onSession: (session) => {
          const client = new ClientSessions(new Http3Host(session), config);
          onClient(client);
          return {
            onSettings: (told) => client.onSettings(told),
            onExtensionStream: (stream) => client.sessions.onStream(stream),
            onStreamsAvailable: (unidirectional) => client.sessions.onStreamsAvailable(unidirectional),
            onGoAway: () => client.sessions.onGoAway(),
          };
        },
      },
    ],
  });
}

/** The connection is of no use without its session; but first the server should have heard why that ended. */
function closeSoon(http: Http3Session, web: WebSession): void {
  const timer = setTimeout(() => void http.close(), PATIENCE_MS);
  web.onStreamOver = () => {
    clearTimeout(timer);
    void http.close();
  };
}

function fieldsFrom(headers: WebTransportOptions['headers']): { name: string; value: string }[] {
  if (headers === undefined) return [];
  return [...new Headers(headers)].map(([name, value]) => ({ name, value }));
}

function refusalText(why: NoSession, client: ClientSessions): string {
  if (why === 'unsupported')
    return `the server does not offer WebTransport: it lacks ${client.missing.join(', ')}`;
  return why === 'no-stream' ? 'the server takes no requests' : `no session can be asked for: ${why}`;
}

function isSessionError(error: unknown): boolean {
  return error instanceof Error && error.name === 'WebTransportError';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Milliseconds that a server has to acknowledge the end of a session, as Chromium 156 waits at most. */
const PATIENCE_MS = 2000;
