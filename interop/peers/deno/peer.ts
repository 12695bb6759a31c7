import { fileURLToPath } from 'node:url';
import {
  type ClientOrder,
  type Command,
  type Peer,
  type ServerOrder,
  type Unsupported,
  urlOf,
} from '../../peer.ts';
import { installNpmProgram, npmProgram } from '../npm-package.ts';

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

function serve(order: ServerOrder): Command | Unsupported {
  if (order.retry) return { unsupported: 'its API cannot ask for a Retry' };
  if (order.updatesKeys) return { unsupported: 'its API cannot update keys' };
  const files = [order.root, order.certificate, order.key];
  return {
    argv: [...run, script('server.ts'), ...files, order.host, String(order.port), order.alpn],
    env,
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command | Unsupported {
  if (order.cipher !== undefined) return { unsupported: 'its API cannot choose cipher suites' };
  if (order.version !== undefined) return { unsupported: 'its API cannot choose the QUIC version' };
  if (order.handshakeOnly) return { unsupported: 'its script fetches files only' };
  if (order.updatesKeys) return { unsupported: 'its API cannot update keys' };
  const urls = order.paths.map((path) => urlOf(order, path));
  return { argv: [...run, script('client.ts'), order.authority, order.out, order.alpn, ...urls], env };
}
