import { parseArgs } from 'node:util';
import { canOpenFfiPort } from '@tsquic/event-adapters/ffi';

/** The runner asked for a case that this endpoint does not know. */
export class UnsupportedCase extends Error {}

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

/** The parameters of an endpoint. Those that concern the other role have no effect. */
const PARAMETERS = {
  /** Protocol instead of hq-interop. */
  alpn: text,
  /** The name that a certificate must carry, instead of that in the URL. */
  'server-name': text,
  /** The only TLS cipher suite to offer. */
  cipher: text,
  /** Key exchange groups, as `ecdhCurve` of tsquic. */
  groups: text,
  /** Versions of QUIC to speak, first preferred, separated by commas. */
  versions: { ...text, default: '1' },
  /** The version that a client begins with. */
  'first-version': text,
  /** A client has done its work when the server has answered by Version Negotiation. */
  'expect-negotiation': flag,
  /** A server answers Initial packets without a token by Retry. */
  retry: flag,
  /** A client fetches the first file, then all others on a second connection, which resumes the session of the first. */
  resume: flag,
  /** That second connection asks in 0-RTT packets, and the server takes them. */
  'early-data': flag,
  /** A client fetches each file on a connection of its own, one after the other. */
  'connection-per-file': flag,
  /** Wait three minutes for a handshake, and on an idle connection. */
  patient: flag,
  /** New keys before the first request, or the first answer. */
  'update-keys': flag,
  /** A server asks its clients to come to its next port. */
  'prefer-address': flag,
  /** The same with this address, IP:PORT, which somebody else leads to the server's own port. */
  'preferred-address': text,
  /** A client stays where it is, whatever address the server prefers. */
  stay: flag,
  /** A client fetches the first file, moves to a socket at this address of its own, and fetches all others. */
  'move-to': text,
  /** A client sends twenty datagrams, and a server sends them back. */
  datagrams: flag,
  /** Files go over HTTP/3 instead of HTTP/0.9. */
  http3: flag,
  /** Let several paths be used at once. */
  multipath: flag,
  /**
   * A client fetches the first file, opens a second path from this address of its own, and fetches all others; half a second later
   * it abandons the first path.
   */
  'second-path': text,
  /** A client fetches nothing. */
  'handshake-only': flag,
} as const;

/** How an endpoint behaves: its parameters, by name. */
export type Manner = ReturnType<typeof parse>;

/** What a case is for this endpoint, as parameters. */
const CASES: Readonly<Record<string, string>> = {
  handshake: '',
  transfer: '',
  chacha20: '--cipher=TLS_CHACHA20_POLY1305_SHA256',
  retry: '--retry',
  resumption: '--resume',
  zerortt: '--resume --early-data',
  http3: '--alpn=h3 --http3',
  multiconnect: '--connection-per-file --patient',
  keyupdate: '--update-keys',
  v2: '--versions=0x6b3343cf,1 --first-version=1',
  connectionmigration: '--prefer-address',
  versionnegotiation: '--first-version=0x1a2a3a4a --expect-negotiation',
  // Marks need sockets that set and show them.
  ...(canOpenFfiPort() ? { ecn: '' } : {}),
  // Cases that differ by the network or the files alone, under names that the runner also has for them.
  ...Object.fromEntries(
    ['longrtt', 'multiplexing', 'blackhole', 'amplificationlimit', 'ipv6', 'rebind-port', 'rebind-addr'].map(
      (name) => [name, ''],
    ),
  ),
};

/**
 * The manner that a case of the runner asks for, with `parameters` besides. Throws `UnsupportedCase` for an unknown case,
 * and a `TypeError` for an unknown parameter.
 */
export function mannerOf(testCase: string, parameters: readonly string[]): Manner {
  const own = Object.hasOwn(CASES, testCase) ? CASES[testCase] : undefined;
  if (own === undefined) throw new UnsupportedCase(`no case ${testCase || 'without a name'}`);
  return parse([...own.split(' ').filter((word) => word !== ''), ...parameters]);
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: PARAMETERS }).values;
}
