import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_DIRECTORY, runStep } from '../../install.ts';
import { type ClientOrder, type Command, type Peer, type ServerOrder, urlOf } from '../../peer.ts';
import { flags } from '../flags.ts';

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
  const { root, certificate: cert, key, host, port, alpn, keyLog: keylog, retry, updatesKeys } = order;
  return {
    argv: [
      python,
      script('server.py'),
      ...flags({ root, cert, key, host, port, alpn, keylog, retry, 'update-keys': updatesKeys }),
    ],
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command {
  const { authority: ca, out, alpn, keyLog: keylog, cipher, handshakeOnly, updatesKeys } = order;
  const version = order.version?.toString(16);
  const settings = flags({
    ca,
    out,
    alpn,
    keylog,
    cipher,
    version,
    'handshake-only': handshakeOnly,
    'update-keys': updatesKeys,
  });
  const urls = order.paths.map((path) => urlOf(order, path));
  return { argv: [python, script('client.py'), ...settings, ...urls] };
}
