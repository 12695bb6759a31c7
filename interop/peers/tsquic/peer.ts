import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  type ClientOrder,
  type Command,
  type Peer,
  type ServerOrder,
  type Unsupported,
  urlOf,
} from '../../peer.ts';

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
  ...[process.execPath, '-C', 'tsquic-src', '--import', inRepository('scripts/ts.mjs')],
  inRepository('packages/cli/src/main.ts'),
];

async function install(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(inRepository('packages/cli/package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}

function serve(order: ServerOrder): Command | Unsupported {
  if (order.retry) return { unsupported: 'its command line has no option for it' };
  return {
    argv: [
      ...[...COMMAND, 'serve', '--root', order.root, '--cert', order.certificate, '--key', order.key],
      ...['--host', order.host, '--port', String(order.port), '--alpn', order.alpn, '--keylog', order.keyLog],
    ],
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command {
  const version = order.version?.toString(16);
  return {
    argv: [
      ...[...COMMAND, 'get', '--out', order.out, '--ca', order.authority, '--alpn', order.alpn, '--json'],
      ...(order.cipher === undefined ? [] : ['--cipher', order.cipher]),
      ...(version === undefined ? [] : ['--version', `0x${version}`]),
      ...(order.handshakeOnly ? ['--handshake-only'] : []),
      ...order.paths.map((path) => urlOf(order, path)),
    ],
    env: { SSLKEYLOGFILE: order.keyLog },
  };
}
