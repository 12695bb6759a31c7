import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ClientOrder,
  type Command,
  PATIENCE_MS,
  type Peer,
  type ServerOrder,
  type Unsupported,
  urlOf,
  type WebTransportOrder,
} from '../../peer.ts';
import { installNpmProgram, npmProgram } from '../npm-package.ts';
import { socketAddress } from '../socket-address.ts';

/** Deno from npm: its built-in QUIC is quinn. */
export const deno: Peer = {
  name: 'deno',
  about: 'quinn in Deno, Rust',
  application: 'hq-interop',
  speaksWebTransport: true,
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

/** Its streams of WebTransport are closed by the garbage collector. */
const COLLECTABLE = '--v8-flags=--expose-gc';

/** What one side of a session asks it to do, and it cannot. */
function inabilityOf({ testCase, names }: WebTransportOrder): Unsupported | undefined {
  if (testCase === 'handshake') return { unsupported: 'its WebTransport negotiates no application protocol' };
  // https://github.com/denoland/deno/issues/36822
  if (testCase.includes('bidirectional') && names.length > 0)
    return {
      unsupported: 'it sends no FIN on a bidirectional stream that it reads: its requests do not end',
    };
  return undefined;
}

/** The directories of its part in a session. */
function directoriesOf({ root, downloads, endpoint }: WebTransportOrder): string[] {
  return [join(root, endpoint), join(downloads, endpoint)];
}

function serveSession(order: ServerOrder, own: WebTransportOrder): Command | Unsupported {
  const inability = inabilityOf(own);
  if (inability !== undefined) return inability;
  const settings = [own.testCase, order.certificate, order.key, order.host, String(order.port)];
  return {
    argv: [
      ...run,
      COLLECTABLE,
      script('session-server.ts'),
      ...settings,
      ...directoriesOf(own),
      ...own.names,
    ],
    env,
    ready: /listening on /,
  };
}

function joinSession(order: ClientOrder, own: WebTransportOrder): Command | Unsupported {
  const inability = inabilityOf(own);
  if (inability !== undefined) return inability;
  const settings = [own.testCase, urlOf(order, own.endpoint), ...directoriesOf(own)];
  return {
    argv: [...run, COLLECTABLE, script('session-client.ts'), ...settings, ...own.names],
    env: { ...env, DENO_CERT: order.authority },
  };
}

function serve(order: ServerOrder): Command | Unsupported {
  if (order.webTransport !== undefined) return serveSession(order, order.webTransport);
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
  if (order.webTransport !== undefined) return joinSession(order, order.webTransport);
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
