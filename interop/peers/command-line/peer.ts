import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../bundle.ts';
import { PEERS_DIRECTORY, runStep } from '../../install.ts';
import {
  type ClientOrder,
  type Command,
  PATIENCE_MS,
  type Peer,
  type ServerOrder,
  type Unsupported,
  urlOf,
} from '../../peer.ts';
import { flags } from '../flags.ts';

/** The command that users have: `tsquic get` and `tsquic serve`. */
export const commandLine: Peer = {
  name: 'command-line',
  about: 'the command of this repository, TypeScript',
  application: 'hq-interop',
  install,
  serve,
  fetch,
};

const inRepository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const directory = join(PEERS_DIRECTORY, 'command-line');

/** How the command is started, once it is installed. */
export const command: readonly string[] = [process.execPath, join(directory, 'command.mjs')];

async function install(): Promise<string> {
  await bundle({ command: inRepository('packages/cli/src/main.ts') }, directory);
  // One look tells whether the command runs at all, before every cell fails for it.
  await runStep([...command, '--help'], { timeoutMs: 30_000 });
  const manifest: unknown = JSON.parse(await readFile(inRepository('packages/cli/package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}

/** Both sides prefer version 2; a client begins with it unless it is told another. */
function versionList({ versionTwo }: Pick<ServerOrder, 'versionTwo'>): string | undefined {
  return versionTwo === 'none' ? undefined : '2,1';
}

const NO_OPTION = 'the command has no option for it';

function serve(order: ServerOrder): Command | Unsupported {
  const { root, certificate: cert, key, host, port, alpn, keyLog: keylog, earlyData } = order;
  if (order.updatesKeys || order.postQuantum || order.datagrams || order.patient)
    return { unsupported: NO_OPTION };
  if (order.preferredAddress !== undefined) return { unsupported: NO_OPTION };
  const retry = order.retry ? 'always' : 'never';
  const settings = flags({
    ...{ root, cert, key, host, port, alpn, retry, keylog },
    'quic-versions': versionList(order),
    'early-data': earlyData,
  });
  return { argv: [...command, 'serve', ...settings], ready: /listening on / };
}

function fetch(order: ClientOrder): Command | Unsupported {
  const { out, authority: ca, alpn, cipher, keyLog: keylog, handshakeOnly } = order;
  if (order.updatesKeys || order.postQuantum || order.datagrams) return { unsupported: NO_OPTION };
  if (order.resumes || order.connectionPerFile)
    return { unsupported: 'the command connects once to a server' };
  if (order.migrates !== 'none') return { unsupported: NO_OPTION };
  const first = order.versionTwo === 'negotiated' ? 1 : order.version;
  const settings = flags({
    ...{ out, ca, alpn, cipher, keylog },
    version: first === undefined ? undefined : `0x${first.toString(16)}`,
    'quic-versions': versionList(order),
    timeout: order.patient ? PATIENCE_MS / 1000 : undefined,
    json: true,
    'handshake-only': handshakeOnly,
  });
  return {
    argv: [...command, 'get', ...settings, ...order.paths.map((path) => urlOf(order, path))],
    abandons: /version/i,
  };
}
