import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runStep } from '../../install.ts';
import { type ClientOrder, type Command, type Peer, type ServerOrder, urlOf } from '../../peer.ts';
import { flags } from '../flags.ts';

/** Our own stack, through its command line. */
export const tsquic: Peer = {
  name: 'tsquic',
  about: 'this repository, TypeScript',
  application: 'hq-interop',
  install,
  serve,
  fetch,
};

const inRepository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** How the command line is run: from its sources, so that no build is needed. */
const COMMAND: readonly string[] = [
  process.execPath,
  '-C',
  'tsquic-src',
  '--import',
  inRepository('scripts/ts.mjs'),
  inRepository('packages/cli/src/main.ts'),
];

async function install(): Promise<string> {
  // One look tells whether the sources load at all, before every cell fails for it.
  await runStep([...COMMAND, '--help'], { timeoutMs: 30_000 });
  const manifest: unknown = JSON.parse(await readFile(inRepository('packages/cli/package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}

function serve(order: ServerOrder): Command {
  const { root, certificate: cert, key, host, port, alpn, keyLog: keylog } = order;
  const retry = order.retry ? 'always' : 'never';
  return {
    argv: [...COMMAND, 'serve', ...flags({ root, cert, key, host, port, alpn, retry, keylog })],
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command {
  const { out, authority: ca, alpn, cipher, keyLog: keylog, handshakeOnly } = order;
  const version = order.version === undefined ? undefined : `0x${order.version.toString(16)}`;
  const settings = flags({
    out,
    ca,
    alpn,
    cipher,
    version,
    keylog,
    json: true,
    'handshake-only': handshakeOnly,
  });
  return {
    argv: [...COMMAND, 'get', ...settings, ...order.paths.map((path) => urlOf(order, path))],
    abandons: /version/i,
  };
}
