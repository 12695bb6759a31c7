import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_DIRECTORY, runStep } from '../../install.ts';
import { type ClientOrder, type Command, type Peer, type ServerOrder, urlOf } from '../../peer.ts';

/** aioquic from PyPI in a virtual environment, driven by two scripts of ours. */
export const aioquic: Peer = {
  name: 'aioquic',
  about: 'aioquic, Python',
  application: 'hq-interop',
  install,
  serve,
  fetch,
};

const environment = join(PEERS_DIRECTORY, 'aioquic');
const python = join(environment, 'bin', 'python');
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function install(): Promise<string> {
  const requirements = script('requirements.txt');
  const version = [python, '-c', 'import importlib.metadata as m; print(m.version("aioquic"))'];
  const wanted = [python, '-m', 'pip', 'install', '--quiet', '--requirement', requirements];
  const isInstalled = await runStep([...wanted, '--dry-run', '--no-index']).then(
    (plan) => !plan.includes('Would install'),
    () => false,
  );
  if (!isInstalled) {
    await runStep(['python3', '-m', 'venv', environment]);
    await runStep(wanted);
  }
  return runStep(version);
}

function serve(order: ServerOrder): Command {
  return {
    argv: [
      ...[python, script('server.py'), '--root', order.root, '--cert', order.certificate, '--key', order.key],
      ...['--host', order.host, '--port', String(order.port), '--alpn', order.alpn, '--keylog', order.keyLog],
      ...(order.retry ? ['--retry'] : []),
    ],
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command {
  return {
    argv: [
      ...[python, script('client.py'), '--ca', order.authority, '--out', order.out, '--alpn', order.alpn],
      ...['--keylog', order.keyLog],
      ...(order.cipher === undefined ? [] : ['--cipher', order.cipher]),
      ...(order.version === undefined ? [] : ['--version', order.version.toString(16)]),
      ...order.paths.map((path) => urlOf(order, path)),
    ],
  };
}
