import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_DIRECTORY, runStep } from '../../install.ts';
import {
  type ClientOrder,
  type Command,
  MIGRATION_HOSTS,
  PATIENCE_MS,
  type Peer,
  type ServerOrder,
  type Unsupported,
  urlOf,
} from '../../peer.ts';
import { flags } from '../flags.ts';

/** quic-go from the Go module proxy, built into one small program with its own HTTP/0.9 package. */
export const quicGo: Peer = {
  name: 'quic-go',
  about: 'quic-go, Go',
  application: 'hq-interop',
  speaksHttp3: true,
  install,
  serve,
  fetch,
};

const sources = fileURLToPath(new URL('.', import.meta.url));
const program = join(PEERS_DIRECTORY, 'quic-go');

async function install(): Promise<string> {
  // The build cache makes this quick when nothing changed.
  await runStep(['go', 'build', '-o', program, '.'], { cwd: sources, timeoutMs: 300_000 });
  const version = ['go', 'list', '-m', '-f', '{{.Version}}', 'github.com/quic-go/quic-go'];
  return runStep(version, { cwd: sources });
}

const NEGOTIATION = 'it has no compatible version negotiation (RFC 9368 §2.3)';

function patienceOf({ patient }: ServerOrder | ClientOrder): string | undefined {
  return patient ? `${PATIENCE_MS}ms` : undefined;
}

function serve(order: ServerOrder): Command | Unsupported {
  if (order.preferredAddress !== undefined)
    return { unsupported: 'it has no option to name a preferred address' };
  // A server of quic-go speaks versions 1 and 2.
  if (order.versionTwo === 'negotiated') return { unsupported: NEGOTIATION };
  const { root, certificate: cert, key, host, port, alpn, keyLog: keylog, retry, datagrams } = order;
  return {
    argv: [
      program,
      'serve',
      ...flags({ root, cert, key, host, port, alpn, keylog, retry, datagrams, patience: patienceOf(order) }),
      ...flags({ http3: order.http3 }),
    ],
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command | Unsupported {
  if (order.followsPreferredAddress)
    return { unsupported: 'it takes the connection ID of a preferred address, and stays where it is' };
  if (order.versionTwo === 'negotiated') return { unsupported: NEGOTIATION };
  const { authority: ca, out, keyLog: keylog } = order;
  const settings = flags({
    ca,
    out,
    keylog,
    http3: order.http3,
    chacha20: order.cipher !== undefined,
    version: order.version?.toString(16),
    'handshake-only': order.handshakeOnly ? order.alpn : undefined,
    resume: order.resumes,
    'early-data': order.earlyData,
    migrate: MIGRATION_HOSTS[order.migrates],
    v2: order.versionTwo === 'direct',
    datagrams: order.datagrams,
    patience: patienceOf(order),
    'connection-per-file': order.connectionPerFile,
  });
  return { argv: [program, 'get', ...settings, ...order.paths.map((path) => urlOf(order, path))] };
}
