import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_DIRECTORY, runStep } from '../../install.ts';
import type { ClientOrder, Command, Peer, ServerOrder, Unsupported, WebTransportOrder } from '../../peer.ts';
import { flags } from '../flags.ts';
import { socketAddress } from '../socket-address.ts';

/** webtransport-go from the Go module proxy, over the quic-go that it was made for, built into one small program. */
export const webTransportGo: Peer = {
  name: 'webtransport-go',
  about: 'WebTransport over quic-go, Go',
  application: 'webtransport',
  speaksWebTransport: true,
  install,
  serve,
  fetch,
};

const sources = fileURLToPath(new URL('.', import.meta.url));
const program = join(PEERS_DIRECTORY, 'webtransport-go');

async function install(): Promise<string> {
  // The build cache makes this quick when nothing changed.
  await runStep(['go', 'build', '-o', program, '.'], { cwd: sources, timeoutMs: 300_000 });
  const version = ['go', 'list', '-m', '-f', '{{.Version}}', 'github.com/quic-go/webtransport-go'];
  return runStep(version, { cwd: sources });
}

/** Flags of its part in a session. */
function partOf({ testCase, protocols, endpoint, root, downloads }: WebTransportOrder): string[] {
  return flags({ task: testCase, protocols: protocols.join(','), endpoint, root, downloads });
}

function serve({ webTransport, ...order }: ServerOrder): Command | Unsupported {
  if (webTransport === undefined) return NOTHING_ELSE;
  const { certificate: cert, key, host, port, keyLog: keylog } = order;
  const settings = [...partOf(webTransport), ...flags({ cert, key, host, port, keylog })];
  return { argv: [program, 'serve', ...settings, ...webTransport.names], ready: /listening on / };
}

function fetch({ webTransport, ...order }: ClientOrder): Command | Unsupported {
  if (webTransport === undefined) return NOTHING_ELSE;
  const settings = flags({ ca: order.authority, address: socketAddress(order), keylog: order.keyLog });
  return { argv: [program, 'join', ...partOf(webTransport), ...settings, ...webTransport.names] };
}

const NOTHING_ELSE: Unsupported = { unsupported: 'the peer speaks WebTransport only' };
