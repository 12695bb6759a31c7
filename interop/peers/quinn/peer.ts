import {
  ABANDON_AFTER_MS,
  type ClientOrder,
  type Command,
  MIGRATION_HOSTS,
  MOVED_HOST,
  type Peer,
  type ServerOrder,
  type Unsupported,
} from '../../peer.ts';
import { buildCrate, crateProgram } from '../crate.ts';
import { flags } from '../flags.ts';
import { socketAddress } from '../socket-address.ts';

/** quinn from crates.io, built into one small program that speaks HTTP/0.9. */
export const quinn: Peer = createQuinn('quinn', 'quinn and rustls, Rust');

/** The peer whose program is that of quinn, over quinn or over a crate with its interface. */
export function createQuinn(crate: string, about: string, speaksMultipath = false): Peer {
  const program = crateProgram(crate);
  return {
    name: crate,
    about,
    application: 'hq-interop',
    speaksMultipath,
    install: () => buildCrate(crate),
    serve: (order) => serve(program, order),
    fetch: (order) => fetch(program, order),
  };
}

const VERSION_2 = 'it speaks version 1 and drafts of it';

function serve(program: string, order: ServerOrder): Command | Unsupported {
  if (order.versionTwo !== 'none') return { unsupported: VERSION_2 };
  const { root, certificate: cert, key, alpn, retry, patient, preferredAddress } = order;
  const settings = flags({
    listen: socketAddress(order),
    root,
    cert,
    key,
    alpn,
    retry,
    patient,
    'preferred-address': preferredAddress && socketAddress(preferredAddress),
    multipath: order.multipath,
    'key-update': order.updatesKeys,
    'post-quantum': order.postQuantum,
  });
  return {
    argv: [program, 'serve', ...settings],
    env: { SSLKEYLOGFILE: order.keyLog },
    ready: /listening on /,
  };
}

function fetch(program: string, order: ClientOrder): Command | Unsupported {
  if (order.versionTwo !== 'none') return { unsupported: VERSION_2 };
  if (order.version !== undefined) return { unsupported: 'its client begins with versions that it speaks' };
  if (order.followsPreferredAddress)
    return { unsupported: 'its client stays where it is when the server prefers another address' };
  const { authority: ca, out, alpn, patient } = order;
  const settings = flags({
    server: socketAddress(order),
    ca,
    out,
    alpn,
    patient,
    chacha20: order.cipher !== undefined,
    resume: order.resumes,
    'early-data': order.earlyData,
    migrate: MIGRATION_HOSTS[order.migrates],
    datagrams: order.datagrams,
    multipath: order.multipath,
    'second-path': order.multipath ? MOVED_HOST : undefined,
    'abandon-after': order.multipath ? String(ABANDON_AFTER_MS) : undefined,
    'key-update': order.updatesKeys,
    'post-quantum': order.postQuantum,
    'connection-per-file': order.connectionPerFile,
  });
  return { argv: [program, 'get', ...settings, ...order.paths], env: { SSLKEYLOGFILE: order.keyLog } };
}
