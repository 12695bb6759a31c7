import { type Command, flag, number, text } from '../option.ts';
import {
  ALPN,
  CA,
  CERT,
  CRYPTO,
  HELP,
  INSECURE,
  JSON_LINE,
  KEY,
  PASSPHRASE,
  TIMEOUT,
} from '../shared-options.ts';

/** `tsquic conform`. */
export const CONFORM: Command = {
  name: 'conform',
  summary: 'test any QUIC server or client against the RFCs',
  operands: '[HOST:PORT]',
  options: [
    text('only', 'PATTERN', 'rows whose name, section or requirement contains PATTERN'),
    flag('list', 'name the rows, and test nothing'),
    { ...ALPN, kind: 'list', help: 'application protocol; may be repeated (default h3 and hq-interop)' },
    text('sni', 'NAME', 'name to ask the server for, which its certificate must carry (default: HOST)'),
    number('version', '0xHEX', 'QUIC version: 1 (default), or 0x6b3343cf for version 2', [1, 0xffff_ffff]),
    { ...TIMEOUT, help: 'time to wait for an answer (default 2)' },
    CA,
    INSECURE,
    number('parallel', 'N', 'rows at once against a server (default 4)', [1, 64]),
    flag('client', 'listen, and test the clients that connect: a row each'),
    text('host', 'HOST', 'address to listen on (default 127.0.0.1)'),
    number('port', 'PORT', 'port to listen on (default 4433; 0: any free one)', [0, 65_535]),
    text(
      'exec',
      'COMMAND',
      'the client to run for each row, by a shell, with $PORT set; it is ended with the row',
    ),
    { ...CERT, help: 'certificate chain (PEM) to show to clients (default: one made for localhost)' },
    KEY,
    PASSPHRASE,
    text('junit', 'FILE', 'write the results to FILE as JUnit XML'),
    CRYPTO,
    JSON_LINE,
    flag('quiet', 'neither progress nor rows that pass'),
    HELP,
  ],
  notes: [
    'Each row is a connection of its own: a normal handshake, one wrong or special thing, and a look at what comes back.',
    'pass: what the RFC asks for came. fail: something else did; the packets follow. cannot tell: nothing can be concluded, with the reason.',
    'Exit code: 1 when a row failed, otherwise 0.',
  ],
};
