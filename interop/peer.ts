/** A QUIC implementation that can be started as a server for a case or run as a client for one. */
export interface Peer {
  /** As typed after `--peer`. */
  readonly name: string;
  /** What it is, for the report. */
  readonly about: string;
  /** What it speaks above QUIC: files over HTTP/0.9, handshakes of HTTP/3 only, or WebTransport only. */
  readonly application: 'hq-interop' | 'h3' | 'webtransport';
  /** Whether it transfers files over HTTP/3 as well, when the order's `http3` says so. */
  readonly speaksHttp3?: boolean;
  /** Whether it plays cases of WebTransport. Default false. */
  readonly speaksWebTransport?: boolean;
  /** Whether it speaks multipath. Default false. */
  readonly speaksMultipath?: boolean;
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

/**
 * Whether a connection is to speak QUIC version 2: `direct` from the client's first packet on, `negotiated` after a first
 * flight in version 1, when both sides prefer version 2 (RFC 9368 §2.3).
 */
export type VersionTwo = 'none' | 'negotiated' | 'direct';

/** One side's part of a case of the public runner's suite of WebTransport, as its webtransport.md describes it. */
export interface WebTransportOrder {
  /** TESTCASE of this side: handshake, transfer for the side that answers, or transfer-CARRIER-DIRECTION for the one that asks. */
  readonly testCase: string;
  /** Application protocols, best first. */
  readonly protocols: readonly string[];
  /** The path of the session, without its slash, and the folder that files are in on both sides. */
  readonly endpoint: string;
  /** The files to ask for. */
  readonly names: readonly string[];
  /** Where the folder with what may be asked for is. */
  readonly root: string;
  /** Where the folder with what comes is to be, and negotiated_protocol.txt. */
  readonly downloads: string;
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
  /** Serve over HTTP/3. */
  readonly http3: boolean;
  /** Play this part of WebTransport, and nothing else. */
  readonly webTransport: WebTransportOrder | undefined;
  /** NSS key log to write, where the peer can. */
  readonly keyLog: string;
  /** How the connection is to come to QUIC version 2, if it is. */
  readonly versionTwo: VersionTwo;
  readonly retry: boolean;
  /** Give tickets, and resume their sessions. */
  readonly resumes: boolean;
  /** Accept 0-RTT. */
  readonly earlyData: boolean;
  /** Send datagrams back. */
  readonly datagrams: boolean;
  /** Let the client use several paths at once. */
  readonly multipath: boolean;
  /** Prefer X25519MLKEM768. */
  readonly postQuantum: boolean;
  /** Initiate a key update early in the connection. */
  readonly updatesKeys: boolean;
  /** Where its client moves to. */
  readonly migrates: Migration;
  /** The network gives its client other addresses. */
  readonly rebinds: boolean;
  /** Give the handshake and an idle connection `PATIENCE_MS`. */
  readonly patient: boolean;
  /**
   * The preferred address to name (RFC 9000 §9.6), which is the relay's: what comes there reaches `port`, so the server
   * has one socket and must not bind this address.
   */
  readonly preferredAddress: { readonly host: string; readonly port: number } | undefined;
}

/** How long a patient endpoint waits for a handshake, and on an idle connection. */
export const PATIENCE_MS = 180_000;

/** When a client with several paths abandons the first, after it has asked for the last files. */
export const ABANDON_AFTER_MS = 500;

/** Where a client moves to: nowhere, to another port, or to another loopback address (`MOVED_HOST`). */
export type Migration = 'none' | 'port' | 'address';

/** The address that a client moves to where it is asked for another one. */
export const MOVED_HOST = '127.0.0.2';

/** The host that a client is bound to after it has moved, for programs that are told so. */
export const MIGRATION_HOSTS = { none: undefined, port: '127.0.0.1', address: MOVED_HOST } as const;

/** What a client is asked to do, on one connection unless it says otherwise. */
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
  /** Fetch over HTTP/3. */
  readonly http3: boolean;
  /** Play this part of WebTransport, and nothing else. */
  readonly webTransport: WebTransportOrder | undefined;
  readonly keyLog: string;
  /** The only TLS cipher suite to offer. */
  readonly cipher: 'TLS_CHACHA20_POLY1305_SHA256' | undefined;
  /** The QUIC version of the first packet. */
  readonly version: number | undefined;
  /** How the connection is to come to QUIC version 2, if it is. */
  readonly versionTwo: VersionTwo;
  /** Connect, wait until the handshake is confirmed, and close. */
  readonly handshakeOnly: boolean;
  /** The server updates its keys: stay for that. */
  readonly awaitsUpdate: boolean;
  /** Fetch the first path, then all others on a second connection, which resumes the session of the first. */
  readonly resumes: boolean;
  /** Send the requests of that second connection in 0-RTT packets, and fail where they are rejected. */
  readonly earlyData: boolean;
  /** Fetch the first path, move to another socket of one's own, and fetch all others. */
  readonly migrates: Migration;
  /** Send twenty datagrams of 100 bytes, and fail unless they come back. */
  readonly datagrams: boolean;
  /**
   * Fetch the first path, open a second path of the connection from `MOVED_HOST`, fetch all others, and abandon the first path of
   * the connection `ABANDON_AFTER_MS` later.
   */
  readonly multipath: boolean;
  /** Send a share of X25519MLKEM768. */
  readonly postQuantum: boolean;
  /** Initiate a key update early in the connection. */
  readonly updatesKeys: boolean;
  /** Fetch each path on a connection of its own, one after the other, each with a full handshake. */
  readonly connectionPerFile: boolean;
  /** Give the handshake and an idle connection `PATIENCE_MS`. */
  readonly patient: boolean;
  /** Go to the server's preferred address once the handshake is confirmed. RFC 9000 §9.6 */
  readonly followsPreferredAddress: boolean;
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

/** Whether the order was refused. */
export function isUnsupported(answer: object): answer is Unsupported {
  return 'unsupported' in answer;
}

/** The URL of a file on the server that a client was told to reach. */
export function urlOf(order: Pick<ClientOrder, 'host' | 'port'>, path: string): string {
  const host = order.host.includes(':') ? `[${order.host}]` : order.host;
  return `https://${host}:${order.port}/${path}`;
}

/** The URLs of what a client of WebTransport asks for, or that of its session. */
export function sessionUrls(
  order: Pick<ClientOrder, 'host' | 'port'>,
  { endpoint, names }: WebTransportOrder,
): string[] {
  return names.length === 0
    ? [urlOf(order, endpoint)]
    : names.map((name) => urlOf(order, `${endpoint}/${name}`));
}
