import { CONTROLLER_NAMES } from '@tsquic/congestion';

/** One option of a command, as data from which parsing, `--help` and their tests are derived. */
export interface Option {
  readonly name: string;
  /** `optional-text` may stand alone, and has the value '' then. */
  readonly kind: 'flag' | 'text' | 'optional-text' | 'list' | 'number';
  /** The name of the value in `--help`. */
  readonly value?: string;
  readonly help: string;
  /** Whether a command without this option is an error. */
  readonly required?: boolean;
  /** Bounds of a number, inclusive. */
  readonly range?: readonly [number, number];
  /** Allowed values of a text. */
  readonly choices?: readonly string[];
}

/** One command. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The names of operands in `--help`; '' when there are none. */
  readonly operands: string;
  readonly options: readonly Option[];
  /** Paragraphs of `--help` after the options. */
  readonly notes: readonly string[];
}

export const HELP: Option = { name: 'help', kind: 'flag', help: 'show this and exit' };
export const CRYPTO: Option = {
  name: 'crypto',
  kind: 'text',
  value: 'NAME',
  help: 'cryptography: node (default, node:crypto) or noble (pure TypeScript)',
  choices: ['node', 'noble'],
};
export const CIPHER: Option = {
  name: 'cipher',
  kind: 'list',
  value: 'NAME',
  help: 'cipher suite to use, best first; may be repeated. Default: all of TLS 1.3',
};
export const KEYLOG: Option = {
  name: 'keylog',
  kind: 'optional-text',
  value: '[FILE]',
  help: 'append TLS secrets to FILE, alone to $SSLKEYLOGFILE: who reads it reads the traffic',
};
export const QLOG: Option = {
  name: 'qlog',
  kind: 'optional-text',
  value: '[DIR]',
  help: 'write a .sqlog file for each connection to DIR (default $QLOGDIR, if that is set)',
};
export const CONGESTION: Option = {
  name: 'congestion',
  kind: 'text',
  value: 'NAME',
  help: `congestion control: ${CONTROLLER_NAMES.join(', ')} (default cubic)`,
  choices: CONTROLLER_NAMES,
};
export const ALPN: Option = {
  name: 'alpn',
  kind: 'text',
  value: 'NAME',
  help: 'application protocol: h3 (default), or hq-interop for HTTP/0.9',
};
export const SERVE_ALPN: Option = { ...ALPN, help: 'application protocol (default h3, hq-interop and perf)' };
export const MTU: Option = {
  name: 'mtu',
  kind: 'number',
  value: 'BYTES',
  help: 'largest UDP payload to send (default 1350)',
  range: [1200, 65_527],
};

export const PATH: Option = {
  name: 'path',
  kind: 'list',
  value: 'ADDRESS',
  help: 'use a further path at the same time, from this local address; may be repeated. The server must offer multipath',
};
export const PATHS: Option = {
  name: 'paths',
  kind: 'number',
  value: 'N',
  help: 'paths that a client may use at once (default 0: no multipath)',
  range: [0, 32],
};

export const UDP: Option = {
  name: 'udp',
  kind: 'text',
  value: 'KIND',
  help: 'UDP sockets: dgram (node:dgram) or ffi (system calls through node:ffi, the default where it works)',
  choices: ['dgram', 'ffi'],
};
export const QUIC_VERSIONS: Option = {
  name: 'quic-versions',
  kind: 'text',
  value: 'LIST',
  help: 'versions of QUIC to speak, first preferred: 1, 2, 1,2 or 2,1 (default 1,2, where a server leaves the choice to its clients)',
};

export const CA: Option = {
  name: 'ca',
  kind: 'list',
  value: 'FILE',
  help: 'trust these issuers (PEM) instead of the built-in ones; may be repeated',
};
export const SERVER_NAME: Option = {
  name: 'server-name',
  kind: 'text',
  value: 'NAME',
  help: 'name the certificate must carry (default: the host of the URL)',
};
export const CERT: Option = {
  name: 'cert',
  kind: 'text',
  value: 'FILE',
  help: 'certificate chain (PEM) to show a server that asks for one, leaf first',
};
export const KEY: Option = { name: 'key', kind: 'text', value: 'FILE', help: 'its private key (PEM)' };
export const PASSPHRASE: Option = {
  name: 'passphrase-file',
  kind: 'text',
  value: 'FILE',
  help: 'the first line of FILE decrypts the private key',
};
export const TIMEOUT: Option = {
  name: 'timeout',
  kind: 'number',
  value: 'SECONDS',
  help: 'time for the handshake, and until a server that says nothing counts as gone; half as long again for one that acknowledges and does not answer (default 10)',
  range: [0.1, 3600],
};
export const INSECURE: Option = {
  name: 'insecure',
  kind: 'flag',
  help: 'accept any certificate: anybody in between can read and change everything',
};
export const JSON_LINE: Option = { name: 'json', kind: 'flag', help: 'end with one line of JSON on stdout' };
