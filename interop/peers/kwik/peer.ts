import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_DIRECTORY, runStep } from '../../install.ts';
import {
  type ClientOrder,
  type Command,
  MIGRATION_HOSTS,
  type Peer,
  type ServerOrder,
  type Unsupported,
} from '../../peer.ts';
import { flags } from '../flags.ts';

/** kwik from Maven, below one small program that speaks HTTP/0.9. */
export const kwik: Peer = {
  name: 'kwik',
  about: 'kwik and agent15, Java',
  application: 'hq-interop',
  install,
  serve,
  fetch,
};

const source = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const target = join(PEERS_DIRECTORY, 'kwik');
const classes = [join(target, 'classes'), join(target, 'libraries', '*')].join(':');
const quickStart = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
// kwik compares a certificate with names alone, so that each address needs one.
const program = ['java', ...quickStart, `-Djdk.net.hosts.file=${source('hosts')}`, '-cp', classes, 'Main'];

async function install(): Promise<string> {
  const build = [
    'mvn',
    '--quiet',
    '--batch-mode',
    '--file',
    source('pom.xml'),
    `-Dtarget=${target}`,
    'compile',
  ];
  // Without a look at the registry where everything is there.
  await runStep([...build, '--offline']).catch(() => runStep(build));
  const names = await readdir(join(target, 'libraries'));
  return /^kwik-(\S+)\.jar$/m.exec(names.join('\n'))?.[1] ?? 'unknown';
}

const POST_QUANTUM = 'agent15 has no X25519MLKEM768';

function serve(order: ServerOrder): Command | Unsupported {
  if (order.postQuantum) return { unsupported: POST_QUANTUM };
  if (order.updatesKeys) return { unsupported: 'its server has no call to update keys' };
  if (order.preferredAddress !== undefined)
    return { unsupported: 'its server has no word for a preferred address' };
  if (order.rebinds) return { unsupported: 'its server goes on sending to the address of the handshake' };
  if (order.migrates !== 'none')
    return { unsupported: 'its server sends disable_active_migration, and so forbids the client to move' };
  const { root, certificate: cert, key, host, port, alpn, retry, patient } = order;
  return {
    argv: [...program, 'serve', ...flags({ root, cert, key, host, port, alpn, retry, patient })],
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command | Unsupported {
  if (order.postQuantum) return { unsupported: POST_QUANTUM };
  if (order.version !== undefined) return { unsupported: 'its client begins with versions that it speaks' };
  if (order.followsPreferredAddress)
    return { unsupported: 'its client stays where it is when the server prefers another address' };
  const { authority: ca, host, port, out, alpn, keyLog: keylog, datagrams, patient } = order;
  const settings = flags({
    ca,
    host,
    port,
    out,
    alpn,
    keylog,
    datagrams,
    patient,
    version: order.versionTwo === 'direct' ? 2 : 1,
    'preferred-version': order.versionTwo === 'negotiated' ? 2 : undefined,
    chacha20: order.cipher !== undefined,
    resume: order.resumes,
    'early-data': order.earlyData,
    'key-update': order.updatesKeys,
    migrate: MIGRATION_HOSTS[order.migrates],
    'connection-per-file': order.connectionPerFile,
  });
  return { argv: [...program, 'get', ...settings, ...order.paths] };
}
