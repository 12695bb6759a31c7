import { fileURLToPath } from 'node:url';
import {
  type ClientOrder,
  type Command,
  PATIENCE_MS,
  type Peer,
  type ServerOrder,
  type Unsupported,
  urlOf,
} from '../../peer.ts';
import { installNpmProgram, npmProgram } from '../npm-package.ts';
import { socketAddress } from '../socket-address.ts';

/** Deno from npm: its built-in QUIC is quinn. */
export const deno: Peer = {
  name: 'deno',
  about: 'quinn in Deno, Rust',
  application: 'hq-interop',
  install: () => installNpmProgram('deno', '2.9.6'),
  serve,
  fetch,
};

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const run = [
  npmProgram('deno'),
  'run',
  '--quiet',
  '--no-config',
  '--no-check',
  '--allow-all',
  '--unstable-net',
];
const env = { NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' };

const VERSION_2 = 'its quinn speaks version 1 and drafts of it';

/** Milliseconds as text; '' leaves the choice to it. It has no other timeout for a handshake. */
function idleTimeoutOf({ patient }: ServerOrder | ClientOrder): string {
  return patient ? String(PATIENCE_MS) : '';
}

function serve(order: ServerOrder): Command | Unsupported {
  if (order.versionTwo !== 'none') return { unsupported: VERSION_2 };
  if (order.retry) return { unsupported: 'its API cannot ask for a Retry' };
  if (order.updatesKeys) return { unsupported: 'its API cannot update keys' };
  const files = [order.root, order.certificate, order.key];
  return {
    argv: [
      ...run,
      script('server.ts'),
      ...files,
      order.host,
      String(order.port),
      order.alpn,
      idleTimeoutOf(order),
      order.preferredAddress === undefined ? '' : socketAddress(order.preferredAddress),
    ],
    env,
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command | Unsupported {
  if (order.followsPreferredAddress)
    return {
      unsupported: 'its client sends to the address of the handshake alone, whatever the server prefers',
    };
  if (order.versionTwo !== 'none') return { unsupported: VERSION_2 };
  if (order.migrates !== 'none') return { unsupported: 'its API binds a client to one socket' };
  if (order.cipher !== undefined) return { unsupported: 'its API cannot choose cipher suites' };
  if (order.version !== undefined) return { unsupported: 'its API cannot choose the QUIC version' };
  if (order.handshakeOnly) return { unsupported: 'its script fetches files only' };
  if (order.updatesKeys) return { unsupported: 'its API cannot update keys' };
  if (order.postQuantum) return { unsupported: 'its client sends a share of X25519 alone' };
  const settings = [
    order.authority,
    order.out,
    order.alpn,
    String(order.datagrams),
    String(order.resumes),
    String(order.earlyData),
    String(order.connectionPerFile),
    idleTimeoutOf(order),
  ];
  const urls = order.paths.map((path) => urlOf(order, path));
  return { argv: [...run, script('client.ts'), ...settings, ...urls], env };
}
