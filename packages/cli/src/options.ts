import { CONTROLLER_NAMES } from '@tsquic/congestion';

/** One option of a command, as data: parsing, `--help` and their tests all read this. */
export interface Option {
  readonly name: string;
  /** `optional-text` may stand alone: its value is then ''. */
  readonly kind: 'flag' | 'text' | 'optional-text' | 'list' | 'number';
  /** What the value is called in `--help`. */
  readonly value?: string;
  readonly help: string;
  /** A command without this option is an error. */
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
  /** What operands are called in `--help`; '' when there are none. */
  readonly operands: string;
  readonly options: readonly Option[];
  /** Paragraphs under the options. */
  readonly notes: readonly string[];
}

const HELP: Option = { name: 'help', kind: 'flag', help: 'show this and exit' };
const CRYPTO: Option = {
  name: 'crypto',
  kind: 'text',
  value: 'NAME',
  help: 'cryptography: node (default, node:crypto) or noble (pure TypeScript)',
  choices: ['node', 'noble'],
};
const CIPHER: Option = {
  name: 'cipher',
  kind: 'list',
  value: 'NAME',
  help: 'cipher suite to use, best first; may be repeated. Default: all of TLS 1.3',
};
const KEYLOG: Option = {
  name: 'keylog',
  kind: 'optional-text',
  value: '[FILE]',
  help: 'append TLS secrets to FILE, alone to $SSLKEYLOGFILE: who reads it reads the traffic',
};
const QLOG: Option = {
  name: 'qlog',
  kind: 'optional-text',
  value: '[DIR]',
  help: 'write a .sqlog file for each connection to DIR (default $QLOGDIR, if that is set)',
};
const CONGESTION: Option = {
  name: 'congestion',
  kind: 'text',
  value: 'NAME',
  help: `congestion control: ${CONTROLLER_NAMES.join(', ')} (default cubic)`,
  choices: CONTROLLER_NAMES,
};
const ALPN: Option = {
  name: 'alpn',
  kind: 'text',
  value: 'NAME',
  help: 'application protocol (default hq-interop)',
};
const SERVE_ALPN: Option = { ...ALPN, help: 'application protocol (default hq-interop and perf)' };
const MTU: Option = {
  name: 'mtu',
  kind: 'number',
  value: 'BYTES',
  help: 'largest UDP payload to send (default 1350)',
  range: [1200, 65_527],
};

const CA: Option = {
  name: 'ca',
  kind: 'list',
  value: 'FILE',
  help: 'trust these issuers (PEM) instead of the built-in ones; may be repeated',
};
const SERVER_NAME: Option = {
  name: 'server-name',
  kind: 'text',
  value: 'NAME',
  help: 'name the certificate must carry (default: the host of the URL)',
};
const TIMEOUT: Option = {
  name: 'timeout',
  kind: 'number',
  value: 'SECONDS',
  help: 'time for the handshake (default 10)',
  range: [0.1, 3600],
};
const INSECURE: Option = {
  name: 'insecure',
  kind: 'flag',
  help: 'accept any certificate: anybody in between can read and change everything',
};
const JSON_LINE: Option = { name: 'json', kind: 'flag', help: 'end with one line of JSON on stdout' };

/** Every command of `tsquic`. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'get',
    summary: 'fetch files over QUIC (HTTP/0.9 on hq-interop)',
    operands: 'URL…',
    options: [
      {
        name: 'out',
        kind: 'text',
        value: 'DIR',
        help: 'write each file to DIR under the last part of its path; - writes one file to stdout',
      },
      CA,
      INSECURE,
      SERVER_NAME,
      ALPN,
      CIPHER,
      {
        name: 'version',
        kind: 'number',
        value: '0xHEX',
        help: 'QUIC version to begin with (default 0x1)',
        range: [1, 0xffff_ffff],
      },
      {
        name: 'scenario',
        kind: 'text',
        value: 'LIST',
        help: "fetch [*N:][STREAM:][AFTER:]PATH;… from the HOST:PORT that stands for URLs: '0:index.html;4:/12345'",
      },
      {
        name: 'handshake-only',
        kind: 'flag',
        help: 'connect, wait until the handshake is confirmed, fetch nothing',
      },
      TIMEOUT,
      { name: 'checksum', kind: 'flag', help: 'tell the SHA-256 of each file; always on without --out' },
      MTU,
      CONGESTION,
      QLOG,
      KEYLOG,
      CRYPTO,
      JSON_LINE,
      { name: 'quiet', kind: 'flag', help: 'neither progress nor summary' },
      HELP,
    ],
    notes: [
      'All files of one host travel on one connection, at once. Without --out they are received, counted and dropped.',
      "A scenario is picoquicdemo's: *N asks N times, STREAM names an entry, AFTER the one that must be over first (default the one before, - none).",
      'Exit code: 0 when every file arrived whole, otherwise 1.',
    ],
  },
  {
    name: 'serve',
    summary: 'serve the files of a directory over QUIC',
    operands: '',
    options: [
      {
        name: 'root',
        kind: 'text',
        value: 'DIR',
        help: 'directory to serve; nothing outside is, links included',
        required: true,
      },
      {
        name: 'cert',
        kind: 'text',
        value: 'FILE',
        help: 'certificate chain (PEM), leaf first',
        required: true,
      },
      { name: 'key', kind: 'text', value: 'FILE', help: 'its private key (PEM)', required: true },
      {
        name: 'host',
        kind: 'text',
        value: 'IP',
        help: 'address to listen on (default 127.0.0.1; :: is every address)',
      },
      {
        name: 'port',
        kind: 'number',
        value: 'PORT',
        help: 'UDP port (default 4433; 0: any free one)',
        range: [0, 65_535],
      },
      SERVE_ALPN,
      CIPHER,
      {
        name: 'retry',
        kind: 'text',
        value: 'WHEN',
        help: 'validate addresses by Retry: never, always, or busy (default)',
        choices: ['never', 'always', 'busy'],
      },
      MTU,
      CONGESTION,
      QLOG,
      KEYLOG,
      CRYPTO,
      JSON_LINE,
      HELP,
    ],
    notes: [
      'Prints "listening on HOST:PORT" when it is. A path of digits without a file, /12345, is that many bytes. SIGINT and SIGTERM close the connections and end it.',
    ],
  },
  {
    name: 'perf',
    summary: 'measure a server that speaks the perf protocol, as tsquic serve does',
    operands: 'HOST:PORT',
    options: [
      {
        name: 'download',
        kind: 'number',
        value: 'BYTES',
        help: 'bytes to ask for in each transaction (default 10000000)',
        range: [0, Number.MAX_SAFE_INTEGER],
      },
      {
        name: 'upload',
        kind: 'number',
        value: 'BYTES',
        help: 'bytes to send in each transaction (default: the request alone, 8)',
        range: [0, Number.MAX_SAFE_INTEGER],
      },
      {
        name: 'transactions',
        kind: 'number',
        value: 'N',
        help: 'transactions, each on a stream of its own (default 1)',
        range: [1, 1_000_000],
      },
      {
        name: 'parallel',
        kind: 'number',
        value: 'N',
        help: 'transactions at once (default 1)',
        range: [1, 1_000_000],
      },
      {
        name: 'unidirectional',
        kind: 'flag',
        help: 'ask on streams of one way; answers come on streams of the server',
      },
      CA,
      INSECURE,
      SERVER_NAME,
      CIPHER,
      TIMEOUT,
      MTU,
      CONGESTION,
      QLOG,
      KEYLOG,
      CRYPTO,
      JSON_LINE,
      HELP,
    ],
    notes: [
      'Prints the lines of picoquicdemo. The duration counts from the first stream to the last byte of the last answer, without the handshake.',
    ],
  },
  {
    name: 'ladder',
    summary: 'draw the packets of qlog files between the two ends',
    operands: 'FILE.sqlog...',
    options: [
      {
        name: 'first',
        kind: 'number',
        value: 'N',
        help: 'rows from the beginning (default 40)',
        range: [0, 1_000_000],
      },
      {
        name: 'last',
        kind: 'number',
        value: 'N',
        help: 'rows from the end (default 20)',
        range: [0, 1_000_000],
      },
      {
        name: 'width',
        kind: 'number',
        value: 'COLUMNS',
        help: 'columns to draw in (default: those of the terminal, or 100)',
        range: [40, 1000],
      },
      HELP,
    ],
    notes: ['Reads both event namings, also of other stacks. A packet with ✗ was declared lost later on.'],
  },
  {
    name: 'cert',
    summary: 'make a self-signed certificate for tests and private use',
    operands: '',
    options: [
      { name: 'out', kind: 'text', value: 'DIR', help: 'directory for cert.pem and key.pem', required: true },
      {
        name: 'host',
        kind: 'list',
        value: 'NAME',
        help: 'DNS name or IP to certify; may be repeated',
        required: true,
      },
      { name: 'days', kind: 'number', value: 'N', help: 'days of validity (default 14)', range: [1, 825] },
      { name: 'force', kind: 'flag', help: 'overwrite what is there' },
      HELP,
    ],
    notes: ['ECDSA P-256. Give cert.pem to clients with --ca; keep key.pem to yourself.'],
  },
];
