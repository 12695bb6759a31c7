import { fileURLToPath } from 'node:url';
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
import { installNpmProgram, npmProgram } from '../npm-package.ts';
import { socketAddress } from '../socket-address.ts';

/** Bun from npm: its node:quic, and its `fetch` and `Bun.serve` over HTTP/3, are lsquic with BoringSSL. */
export const bun: Peer = {
  name: 'bun',
  about: 'lsquic in Bun, C',
  application: 'hq-interop',
  speaksHttp3: true,
  install: () => installNpmProgram('bun', '1.4.5'),
  serve,
  fetch,
};

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const KEYS = 'its node:quic does not act on updateKey()';

const groupsOf = ({ postQuantum }: { readonly postQuantum: boolean }): string | undefined =>
  postQuantum ? 'X25519MLKEM768:X25519' : undefined;

function serve(order: ServerOrder): Command | Unsupported {
  if (order.retry) return { unsupported: 'its node:quic ignores the option validateAddress' };
  if (order.updatesKeys) return { unsupported: KEYS };
  const files = [order.root, order.certificate, order.key];
  if (order.http3) {
    const argv = [npmProgram('bun'), script('http3-server.mjs'), ...files, order.host, String(order.port)];
    return { argv, ready: /listening on / };
  }
  return {
    argv: [
      npmProgram('bun'),
      script('server.mjs'),
      ...files,
      order.host,
      String(order.port),
      order.alpn,
      groupsOf(order) ?? '',
      String(order.patient ? PATIENCE_MS : 0),
      order.preferredAddress === undefined ? '' : socketAddress(order.preferredAddress),
    ],
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command | Unsupported {
  if (order.migrates !== 'none') return { unsupported: 'its node:quic has no call to move a session' };
  if (order.cipher !== undefined) return { unsupported: 'its node:quic ignores the option ciphers' };
  if (order.handshakeOnly) return { unsupported: 'its script fetches files only' };
  if (order.updatesKeys) return { unsupported: KEYS };
  // lsquic begins with version 1 where it speaks both, which `version` and `minVersion` do not change.
  if (order.versionTwo === 'direct') return { unsupported: 'its node:quic begins with version 1' };
  const urls = order.paths.map((path) => urlOf(order, path));
  if (order.http3) return { argv: [npmProgram('bun'), script('http3-client.mjs'), order.out, ...urls] };
  const { authority: ca, out, alpn, resumes, earlyData, datagrams } = order;
  const settings = flags({
    ca,
    out,
    alpn,
    version: order.version ?? 1,
    groups: groupsOf(order),
    resumes,
    earlyData,
    datagrams,
    patienceMs: order.patient ? PATIENCE_MS : undefined,
    follows: order.followsPreferredAddress,
    connectionPerFile: order.connectionPerFile,
  });
  return {
    argv: [npmProgram('bun'), script('client.mjs'), ...settings, ...urls],
    abandons: /ERR_QUIC_VERSION_NEGOTIATION_ERROR/,
  };
}
