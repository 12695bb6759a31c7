import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_DIRECTORY, runStep } from '../../install.ts';
import { type ClientOrder, type Command, type Peer, type ServerOrder, urlOf } from '../../peer.ts';

/** quic-go from the Go module proxy, built into one small program with its own HTTP/0.9 package. */
export const quicGo: Peer = {
  name: 'quic-go',
  about: 'quic-go, Go',
  application: 'hq-interop',
  install,
  serve,
  fetch,
};

const sources = fileURLToPath(new URL('.', import.meta.url));
const program = join(PEERS_DIRECTORY, 'quic-go');

async function install(): Promise<string> {
  // The build cache makes this quick when nothing changed.
  await runStep(['go', 'build', '-o', program, '.'], { cwd: sources, timeoutMs: 300_000 });
  const version = ['go', 'list', '-m', '-f', '{{.Version}}', 'github.com/quic-go/quic-go'];
  return runStep(version, { cwd: sources });
}

function serve(order: ServerOrder): Command {
  return {
    argv: [
      ...[program, 'serve', '-root', order.root, '-cert', order.certificate, '-key', order.key],
      ...['-host', order.host, '-port', String(order.port), '-keylog', order.keyLog],
      ...(order.retry ? ['-retry'] : []),
    ],
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command {
  return {
    argv: [
      ...[program, 'get', '-ca', order.authority, '-out', order.out, '-keylog', order.keyLog],
      ...(order.cipher === undefined ? [] : ['-chacha20']),
      ...(order.version === undefined ? [] : ['-version', order.version.toString(16)]),
      ...order.paths.map((path) => urlOf(order, path)),
    ],
  };
}
