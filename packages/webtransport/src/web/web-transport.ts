import type { ConnectHttp3Options } from 'tsquic/http3';
import { openClientSession } from './client-opening.ts';
import type { WebTransportHash } from './certificate-hashes.ts';
import { domException } from './dom-exception.ts';
import { WebSession } from './web-session.ts';
import { WebTransportSession } from './web-transport-session.ts';
import type { SessionOptions } from '../session-options.ts';

/** Options of `WebTransport`, https://www.w3.org/TR/webtransport/#dictdef-webtransportoptions, and what only exists here. */
export interface WebTransportOptions {
  /** Each session has a connection of its own here. Not together with `serverCertificateHashes`. Default: false. */
  readonly allowPooling?: boolean;
  /** Whether to fail where only streams of TCP would be there. QUIC always has datagrams. Default: false. */
  readonly requireUnreliable?: boolean;
  /** Certificates to trust by their hash in place of authorities. Default: none. */
  readonly serverCertificateHashes?: readonly WebTransportHash[];
  /** What the connection should be good at. It has one controller, whose name `congestionControl` does not tell. Default: 'default'. */
  readonly congestionControl?: 'default' | 'throughput' | 'low-latency';
  /** Application protocols, best first: at most 512 characters each, none twice. Default: none. */
  readonly protocols?: readonly string[];
  /** Fields of the request besides, `origin` for one. Default: none. */
  readonly headers?: HeadersInit;
  /** How many streams of the peer the program expects at once: for programs that read it. Default: null. */
  readonly anticipatedConcurrentIncomingUnidirectionalStreams?: number | null;
  readonly anticipatedConcurrentIncomingBidirectionalStreams?: number | null;
  /** Not of the W3C API: options of the connection, such as `ca`. */
  readonly connection?: Partial<Omit<ConnectHttp3Options, 'host' | 'port' | 'extensions' | 'handlers'>>;
  /** Not of the W3C API: options of the session, such as `dialects`. */
  readonly session?: SessionOptions;
}

type HeadersInit = ConstructorParameters<typeof Headers>[0];

/**
 * A session with a server, https://www.w3.org/TR/webtransport/#web-transport: for programs written for browsers, in Node, Deno and Bun.
 *
 * Throws a SyntaxError for a URL that is none of https, has a fragment, or protocols that cannot be, and a NotSupportedError for
 * `allowPooling` together with hashes. What goes wrong afterwards rejects `ready` and `closed`, which may be ignored.
 */
export class WebTransport extends WebTransportSession {
  /** Whether sessions over TCP could be asked for. */
  static readonly supportsReliableOnly: boolean = false;
  /** What the program asked for, where the connection does so; here it is 'default'. */
  readonly congestionControl: 'default' | 'throughput' | 'low-latency' = 'default';
  anticipatedConcurrentIncomingUnidirectionalStreams: number | null;
  anticipatedConcurrentIncomingBidirectionalStreams: number | null;

  constructor(url: string | URL, options: WebTransportOptions = {}) {
    const target = targetFrom(url);
    checkOptions(options);
    const web = new WebSession();
    super(web);
    this.anticipatedConcurrentIncomingUnidirectionalStreams =
      options.anticipatedConcurrentIncomingUnidirectionalStreams ?? null;
    this.anticipatedConcurrentIncomingBidirectionalStreams =
      options.anticipatedConcurrentIncomingBidirectionalStreams ?? null;
    void openClientSession(web, target, options);
  }
}

function targetFrom(url: string | URL): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw domException('SyntaxError', `${JSON.stringify(String(url).slice(0, 200))} is no URL`);
  }
  if (parsed.protocol !== 'https:') throw domException('SyntaxError', 'the scheme of the URL is https');
  if (parsed.href.includes('#')) throw domException('SyntaxError', 'the URL has no fragment');
  return parsed;
}

function checkOptions({
  allowPooling,
  serverCertificateHashes = [],
  protocols = [],
}: WebTransportOptions): void {
  if (allowPooling === true && serverCertificateHashes.length > 0)
    throw domException(
      'NotSupportedError',
      'allowPooling and serverCertificateHashes cannot be used together',
    );
  for (const [at, protocol] of protocols.entries()) {
    if (protocols.indexOf(protocol) !== at) throw domException('SyntaxError', 'a protocol stands twice');
    if (!/^[ -~]{1,512}$/.test(protocol))
      throw domException('SyntaxError', 'a protocol has 1 to 512 characters of ASCII');
  }
}
