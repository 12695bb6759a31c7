import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_DIRECTORY, runStep } from '../../install.ts';
import { type ClientOrder, type Command, type Peer, type ServerOrder, urlOf } from '../../peer.ts';
import { flags } from '../flags.ts';

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
  const { root, certificate: cert, key, host, port, alpn, keyLog: keylog, retry } = order;
  return {
    argv: [program, 'serve', ...flags({ root, cert, key, host, port, alpn, keylog, retry })],
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command {
  const { authority: ca, out, keyLog: keylog } = order;
  const settings = flags({
    ca,
    out,
    keylog,
    chacha20: order.cipher !== undefined,
    version: order.version?.toString(16),
    'handshake-only': order.handshakeOnly ? order.alpn : undefined,
  });
  return { argv: [program, 'get', ...settings, ...order.paths.map((path) => urlOf(order, path))] };
}
