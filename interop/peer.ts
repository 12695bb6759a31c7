/** A QUIC implementation that can be started as a server for a case or run as a client for one. */
export interface Peer {
  /** As typed after `--peer`. */
  readonly name: string;
  /** What it is, for the report. */
  readonly about: string;
  /** What it speaks above QUIC: files over HTTP/0.9, or handshakes of HTTP/3 only. */
  readonly application: 'hq-interop' | 'h3';
  /**
   * Makes the peer runnable and resolves to its version. Quick when that is done already, and bounded in time.
   * Rejects with the reason when it cannot be installed.
   */
  install(): Promise<string>;
  /** How to start it as a server. */
  serve(order: ServerOrder): Command | Unsupported;
  /** How to run it as a client. */
  fetch(order: ClientOrder): Command | Unsupported;
}

/** What a server is asked to do. */
export interface ServerOrder {
  readonly host: string;
  readonly port: number;
  /** The directory it serves. */
  readonly root: string;
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
  readonly alpn: string;
  /** NSS key log to write, where the peer can. */
  readonly keyLog: string;
  readonly retry: boolean;
  /** Initiate a key update early in the connection. */
  readonly updatesKeys: boolean;
}

/** What a client is asked to do on one connection. */
export interface ClientOrder {
  readonly host: string;
  readonly port: number;
  /** Paths below the server's root, without a leading slash. */
  readonly paths: readonly string[];
  /** The directory it writes `<basename>` of each path to. */
  readonly out: string;
  /** PEM file of the authority that signed the server's certificate. */
  readonly authority: string;
  readonly alpn: string;
  readonly keyLog: string;
  /** The only TLS cipher suite to offer. */
  readonly cipher: 'TLS_CHACHA20_POLY1305_SHA256' | undefined;
  /** The QUIC version of the first packet. */
  readonly version: number | undefined;
  /** Connect, wait until the handshake is confirmed, and close. */
  readonly handshakeOnly: boolean;
  /** Initiate a key update early in the connection. */
  readonly updatesKeys: boolean;
}

/** A process to start. */
export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A server is up when its output matches; without it, when it answers a version probe. */
  readonly ready?: RegExp;
  /** A client that does not end by itself has succeeded when its output matches. */
  readonly success?: RegExp;
  /** What a client prints that gives up because of a Version Negotiation packet; others fall back. */
  readonly abandons?: RegExp;
}

/** The peer cannot do what the case needs: the cell is not applicable, for this reason. */
export interface Unsupported {
  readonly unsupported: string;
}

/** Whether the peer refused the order. */
export function isUnsupported(answer: Command | Unsupported): answer is Unsupported {
  return 'unsupported' in answer;
}

/** The URL of a file on the server that a client was told to reach. */
export function urlOf(order: Pick<ClientOrder, 'host' | 'port'>, path: string): string {
  const host = order.host.includes(':') ? `[${order.host}]` : order.host;
  return `https://${host}:${order.port}/${path}`;
}
