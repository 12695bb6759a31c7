import type { ClientOrder, Command, Peer, ServerOrder, Unsupported, WebTransportOrder } from '../../peer.ts';
import { buildCrate, crateProgram } from '../crate.ts';
import { flags } from '../flags.ts';
import { socketAddress } from '../socket-address.ts';

/** web-transport-quinn from crates.io, built into one small program. */
export const webTransportQuinn: Peer = {
  name: 'web-transport-quinn',
  about: 'WebTransport over quinn, Rust',
  application: 'webtransport',
  speaksWebTransport: true,
  install: () => buildCrate('web-transport-quinn'),
  serve,
  fetch,
};

const program = crateProgram('web-transport-quinn');

/** Its part in a session. */
function partOf({ testCase, protocols, endpoint, root, downloads }: WebTransportOrder): string[] {
  return flags({ task: testCase, protocols: protocols.join(','), endpoint, root, downloads, alpn: 'h3' });
}

function serve({ webTransport, ...order }: ServerOrder): Command | Unsupported {
  if (webTransport === undefined) return NOTHING_ELSE;
  const settings = flags({ listen: socketAddress(order), cert: order.certificate, key: order.key });
  return {
    argv: [program, 'serve', ...partOf(webTransport), ...settings, ...webTransport.names],
    env: { SSLKEYLOGFILE: order.keyLog },
    ready: /listening on /,
  };
}

function fetch({ webTransport, ...order }: ClientOrder): Command | Unsupported {
  if (webTransport === undefined) return NOTHING_ELSE;
  const settings = flags({ server: socketAddress(order), ca: order.authority });
  return {
    argv: [program, 'join', ...partOf(webTransport), ...settings, ...webTransport.names],
    env: { SSLKEYLOGFILE: order.keyLog },
  };
}

const NOTHING_ELSE: Unsupported = { unsupported: 'the peer speaks WebTransport only' };
