import type { ClientOrder, Command, Peer, ServerOrder, Unsupported } from '../../peer.ts';
import { buildCrate, crateProgram } from '../crate.ts';
import { flags } from '../flags.ts';
import { socketAddress } from '../socket-address.ts';

/** s2n-quic from crates.io, built into one small program that speaks HTTP/0.9. */
export const s2nQuic: Peer = {
  name: 's2n-quic',
  about: 's2n-quic and rustls, Rust',
  application: 'hq-interop',
  install: () => buildCrate('s2n-quic'),
  serve,
  fetch,
};

const program = crateProgram('s2n-quic');

const KEYS = 'it has no call to update keys';
const EARLY_DATA = 'it has no 0-RTT';
const VERSION_2 = 'it speaks version 1 alone';

function serve(order: ServerOrder): Command | Unsupported {
  if (order.updatesKeys) return { unsupported: KEYS };
  if (order.earlyData) return { unsupported: EARLY_DATA };
  if (order.versionTwo !== 'none') return { unsupported: VERSION_2 };
  if (order.preferredAddress !== undefined)
    return { unsupported: 'its server has no word for a preferred address' };
  const { root, certificate: cert, key, alpn, retry, patient } = order;
  const settings = flags({
    listen: socketAddress(order),
    root,
    cert,
    key,
    alpn,
    retry,
    patient,
    resume: order.resumes,
    'post-quantum': order.postQuantum,
  });
  return {
    argv: [program, 'serve', ...settings],
    env: { SSLKEYLOGFILE: order.keyLog },
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command | Unsupported {
  if (order.updatesKeys) return { unsupported: KEYS };
  if (order.earlyData) return { unsupported: EARLY_DATA };
  if (order.versionTwo !== 'none') return { unsupported: VERSION_2 };
  if (order.version !== undefined)
    return { unsupported: 'its client begins with the version that it speaks' };
  if (order.migrates !== 'none') return { unsupported: 'its client has one socket' };
  if (order.followsPreferredAddress)
    return { unsupported: 'its client stays where it is when the server prefers another address' };
  const { authority: ca, out, alpn, datagrams, patient } = order;
  const settings = flags({
    server: socketAddress(order),
    ca,
    out,
    alpn,
    patient,
    datagrams,
    resume: order.resumes,
    chacha20: order.cipher !== undefined,
    'post-quantum': order.postQuantum,
    'connection-per-file': order.connectionPerFile,
  });
  return { argv: [program, 'get', ...settings, ...order.paths], env: { SSLKEYLOGFILE: order.keyLog } };
}
