import { CONTROLLER_NAMES } from '@tsquic/congestion';
import { flag, list, number, type Option, optionalText, text } from './option.ts';

export const HELP: Option = flag('help', 'show this and exit');
export const CRYPTO: Option = text(
  'crypto',
  'NAME',
  'cryptography: node (default, node:crypto) or noble (pure TypeScript)',
  { choices: ['node', 'noble'] },
);
export const CIPHER: Option = list(
  'cipher',
  'NAME',
  'cipher suite to use, best first; may be repeated. Default: all of TLS 1.3',
);
export const KEYLOG: Option = optionalText(
  'keylog',
  '[FILE]',
  'append TLS secrets to FILE, alone to $SSLKEYLOGFILE: who reads it reads the traffic',
);
export const QLOG: Option = optionalText(
  'qlog',
  '[DIR]',
  'write a .sqlog file for each connection to DIR (default $QLOGDIR, if that is set)',
);
export const CONGESTION: Option = text(
  'congestion',
  'NAME',
  `congestion control: ${CONTROLLER_NAMES.join(', ')} (default cubic)`,
  { choices: CONTROLLER_NAMES },
);
export const ALPN: Option = text(
  'alpn',
  'NAME',
  'application protocol: h3 (default), or hq-interop for HTTP/0.9',
);
export const SERVE_ALPN: Option = { ...ALPN, help: 'application protocol (default h3, hq-interop and perf)' };
export const MTU: Option = number(
  'mtu',
  'BYTES',
  'largest UDP payload to send (default 1350)',
  [1200, 65_527],
);

export const PATH: Option = list(
  'path',
  'ADDRESS',
  'use a further path at the same time, from this local address; may be repeated. The server must offer multipath',
);
export const PATHS: Option = number(
  'paths',
  'N',
  'paths that a client may use at once (default 0: no multipath)',
  [0, 32],
);

export const UDP: Option = text(
  'udp',
  'KIND',
  'UDP sockets: dgram (node:dgram) or ffi (system calls through node:ffi or bun:ffi, the default where it works)',
  { choices: ['dgram', 'ffi'] },
);
export const QUIC_VERSIONS: Option = text(
  'quic-versions',
  'LIST',
  'versions of QUIC to speak, first preferred: 1, 2, 1,2 or 2,1 (default 1,2, where a server leaves the choice to its clients)',
);

export const CA: Option = list(
  'ca',
  'FILE',
  'trust these issuers (PEM) instead of the built-in ones; may be repeated',
);
export const SERVER_NAME: Option = text(
  'server-name',
  'NAME',
  'name the certificate must carry (default: the host of the URL)',
);
export const CERT: Option = text(
  'cert',
  'FILE',
  'certificate chain (PEM) to show a server that asks for one, leaf first',
);
export const KEY: Option = text('key', 'FILE', 'its private key (PEM)');
export const PASSPHRASE: Option = text(
  'passphrase-file',
  'FILE',
  'the first line of FILE decrypts the private key',
);
export const TIMEOUT: Option = number(
  'timeout',
  'SECONDS',
  'time for the handshake, and until a server that says nothing counts as gone; half as long again for one that acknowledges and does not answer (default 10)',
  [0.1, 3600],
);
export const INSECURE: Option = flag(
  'insecure',
  'accept any certificate: anybody in between can read and change everything',
);
export const JSON_LINE: Option = flag('json', 'end with one line of JSON on stdout');
