import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_DIRECTORY, runStep } from '../../install.ts';
import {
  type ClientOrder,
  type Command,
  MOVED_HOST,
  PATIENCE_MS,
  type Peer,
  type ServerOrder,
  type Unsupported,
  urlOf,
  type WebTransportOrder,
} from '../../peer.ts';
import { flags } from '../flags.ts';
import { installPythonPackages } from '../python-packages.ts';

/** aioquic from PyPI in a virtual environment, driven by scripts of ours. */
export const aioquic: Peer = {
  name: 'aioquic',
  about: 'aioquic, Python',
  application: 'hq-interop',
  speaksHttp3: true,
  speaksWebTransport: true,
  install,
  serve,
  fetch,
};

const environment = join(PEERS_DIRECTORY, 'aioquic');
const python = join(environment, 'bin', 'python');
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function install(): Promise<string> {
  await installPythonPackages('aioquic', script('requirements.txt'));
  return runStep([python, '-c', 'import importlib.metadata as m; print(m.version("aioquic"))']);
}

const POST_QUANTUM = 'aioquic has no X25519MLKEM768';

/** Version 2, then 1. */
const BOTH_VERSIONS = '6b3343cf,1';

/** Its sockets are of IPv6, and reach IPv4 addresses as well. */
const MIGRATION_HOSTS = { none: undefined, port: '::', address: `::ffff:${MOVED_HOST}` } as const;

/** Seconds; it has no other timeout for a handshake. */
function patienceOf({ patient }: ServerOrder | ClientOrder): number | undefined {
  return patient ? PATIENCE_MS / 1000 : undefined;
}

/** Its part in a session, as a command line. */
function playing(
  role: 'serve' | 'join',
  order: ServerOrder | ClientOrder,
  own: WebTransportOrder,
  files: Readonly<Record<string, string>>,
): string[] {
  const { testCase: task, protocols, endpoint, root, downloads, names } = own;
  const settings = {
    ...{ task, protocols: protocols.join(','), endpoint, root, downloads, ...files },
    ...{ host: order.host, port: order.port, keylog: order.keyLog },
  };
  return [python, script('session.py'), role, ...flags(settings), ...names];
}

function serve(order: ServerOrder): Command | Unsupported {
  if (order.webTransport !== undefined) {
    const files = { cert: order.certificate, key: order.key };
    return { argv: playing('serve', order, order.webTransport, files), ready: /listening on / };
  }
  if (order.preferredAddress !== undefined)
    return { unsupported: 'its server has no option to name a preferred address' };
  if (order.postQuantum) return { unsupported: POST_QUANTUM };
  const { root, certificate: cert, key, host, port, alpn, keyLog: keylog, retry, updatesKeys } = order;
  return {
    argv: [
      python,
      script('server.py'),
      ...flags({
        root,
        cert,
        key,
        host,
        port,
        alpn,
        keylog,
        http3: order.http3,
        retry,
        'update-keys': updatesKeys,
        'idle-timeout': patienceOf(order),
        versions: order.versionTwo === 'none' ? undefined : BOTH_VERSIONS,
      }),
    ],
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command | Unsupported {
  if (order.webTransport !== undefined)
    return { argv: playing('join', order, order.webTransport, { ca: order.authority }) };
  if (order.postQuantum) return { unsupported: POST_QUANTUM };
  const { authority: ca, out, alpn, keyLog: keylog, cipher, handshakeOnly, updatesKeys } = order;
  const version = order.version?.toString(16);
  const settings = flags({
    ca,
    out,
    alpn,
    keylog,
    cipher,
    version,
    versions: order.versionTwo === 'none' ? undefined : BOTH_VERSIONS,
    'original-version': order.versionTwo === 'negotiated' ? '1' : undefined,
    migrate: MIGRATION_HOSTS[order.migrates],
    'handshake-only': handshakeOnly,
    'update-keys': updatesKeys,
    'idle-timeout': patienceOf(order),
    'connection-per-file': order.connectionPerFile,
    resume: order.resumes,
    'early-data': order.earlyData,
    datagrams: order.datagrams,
    http3: order.http3,
  });
  const urls = order.paths.map((path) => urlOf(order, path));
  return { argv: [python, script('client.py'), ...settings, ...urls] };
}
