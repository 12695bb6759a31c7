import { fileURLToPath } from 'node:url';
import {
  type ClientOrder,
  type Command,
  type Peer,
  type ServerOrder,
  type Unsupported,
  urlOf,
} from '../../peer.ts';
import { installNpmProgram, npmProgram } from '../npm-package.ts';

/** Bun from npm: its node:quic is lsquic with BoringSSL. */
export const bun: Peer = {
  name: 'bun',
  about: 'lsquic in Bun, C',
  application: 'hq-interop',
  install: () => installNpmProgram('bun', '1.4.5'),
  serve,
  fetch,
};

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const KEYS = 'its node:quic does not act on updateKey()';

function serve(order: ServerOrder): Command | Unsupported {
  if (order.retry) return { unsupported: 'its node:quic ignores the option validateAddress' };
  if (order.updatesKeys) return { unsupported: KEYS };
  const files = [order.root, order.certificate, order.key];
  return {
    argv: [npmProgram('bun'), script('server.mjs'), ...files, order.host, String(order.port), order.alpn],
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command | Unsupported {
  if (order.cipher !== undefined) return { unsupported: 'its node:quic ignores the option ciphers' };
  if (order.handshakeOnly) return { unsupported: 'its script fetches files only' };
  if (order.updatesKeys) return { unsupported: KEYS };
  const settings = [order.authority, order.out, order.alpn, String(order.version ?? 1)];
  const urls = order.paths.map((path) => urlOf(order, path));
  return {
    argv: [npmProgram('bun'), script('client.mjs'), ...settings, ...urls],
    abandons: /ERR_QUIC_VERSION_NEGOTIATION_ERROR/,
  };
}
