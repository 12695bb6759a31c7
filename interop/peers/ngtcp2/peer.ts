import { installDebianPackages, runStep } from '../../install.ts';
import {
  type ClientOrder,
  type Command,
  type Peer,
  type ServerOrder,
  type Unsupported,
  urlOf,
} from '../../peer.ts';
import { flags } from '../flags.ts';

/** ngtcp2 with GnuTLS from Debian. It speaks HTTP/3 only, so it takes part by its handshakes. */
export const ngtcp2: Peer = {
  name: 'ngtcp2',
  about: 'ngtcp2 with GnuTLS, C',
  application: 'h3',
  install,
  serve,
  fetch,
};

const POST_QUANTUM = 'its GnuTLS has no X25519MLKEM768';
const VERSION_2 = '0.12.1 has the number of a draft for version 2';
const PACKAGES = ['ngtcp2-client', 'ngtcp2-server'];

/** dpkg-query names no architecture and fails for a package that was never installed. */
function installedVersion(): Promise<string> {
  return runStep(['dpkg-query', '--show', '--showformat=${Version}\\n', ...PACKAGES]).then((text) => {
    const [client = '', server = ''] = text.split('\n');
    if (client === '' || server === '') throw new Error(`${PACKAGES.join(' and ')} are not installed`);
    return client;
  });
}

async function install(): Promise<string> {
  try {
    return await installedVersion();
  } catch {
    await installDebianPackages(PACKAGES);
    return installedVersion();
  }
}

const FILES = 'it speaks HTTP/3 only';

function serve(order: ServerOrder): Command | Unsupported {
  if (order.preferredAddress !== undefined) return { unsupported: FILES };
  if (order.versionTwo !== 'none') return { unsupported: VERSION_2 };
  if (order.updatesKeys) return { unsupported: 'its server has no option to update keys' };
  if (order.postQuantum) return { unsupported: POST_QUANTUM };
  const settings = flags({
    'no-quic-dump': true,
    'no-http-dump': true,
    htdocs: order.root,
    'validate-addr': order.retry,
  });
  return {
    argv: ['gtlsserver', ...settings, order.host, String(order.port), order.key, order.certificate],
    env: { SSLKEYLOGFILE: order.keyLog, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
  };
}

/** What its client cannot do; undefined where it can. */
function refusalOf(order: ClientOrder): Unsupported | undefined {
  if (order.connectionPerFile || order.followsPreferredAddress) return { unsupported: FILES };
  if (order.versionTwo !== 'none') return { unsupported: VERSION_2 };
  if (order.postQuantum) return { unsupported: POST_QUANTUM };
  if (order.awaitsUpdate) return { unsupported: 'its client is ended when its handshake is confirmed' };
  if (order.resumes) return { unsupported: 'its client connects once a run, and is ended by its output' };
  return undefined;
}

function fetch(order: ClientOrder): Command | Unsupported {
  const refusal = refusalOf(order);
  if (refusal !== undefined) return refusal;
  const { version, updatesKeys, http3 } = order;
  const settings = flags({
    'no-quic-dump': true,
    'no-http-dump': true,
    sni: 'localhost',
    ciphers: order.cipher === undefined ? undefined : CHACHA20_PRIORITY,
    version: version === undefined ? undefined : `0x${version.toString(16)}`,
    'preferred-versions': version === undefined ? undefined : 'v1',
    'key-update': updatesKeys ? '100ms' : undefined,
    'delay-stream': updatesKeys ? '200ms' : undefined,
    download: http3 ? order.out : undefined,
    'exit-on-all-streams-close': http3,
  });
  // Otherwise a request is sent only so that something travels under the new keys.
  const request = updatesKeys || http3 ? order.paths.map((path) => urlOf(order, path)) : [];
  return {
    argv: ['gtlsclient', ...settings, order.host, String(order.port), ...request],
    env: { SSLKEYLOGFILE: order.keyLog },
    // It would idle on: the frame that confirms the handshake, or the keys, is its success.
    ...(!http3 && { success: updatesKeys ? /\bkey update confirmed\b/ : /\bHANDSHAKE_DONE\b/ }),
  };
}

const CHACHA20_PRIORITY = 'NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305';
