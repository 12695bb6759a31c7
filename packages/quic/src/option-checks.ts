import {
  type AcceptOptions,
  type AdmissionAnswer,
  checkOptionNames,
  CONTEXT_OPTION_NAMES,
  type QuicContextOptions,
  TRANSPORT_OPTION_NAMES,
  TRANSPORT_RANGES,
  type TransportOptions,
} from '@tsquic/quic-core';
import { QuicError } from './errors.ts';
import { checkTogether } from './option-combinations.ts';
import {
  ANYTHING,
  BOOLEAN,
  BYTES,
  checkKinds,
  either,
  FUNCTION,
  integer,
  type Kind,
  type Kinds,
  listOf,
  NUMBER,
  objectWith,
  oneOf,
  STRING,
  TEXT_OR_BYTES,
} from './option-kinds.ts';
import type {
  ClientEndpointOptions,
  CloseOptions,
  CommonOptions,
  ConnectOptions,
  FinishOptions,
  ListenOptions,
  OpenStreamOptions,
  SecureContext,
  SendDatagramOptions,
  ServedOptions,
  ServerIdentity,
} from './options.ts';
import { QuicSendGroup } from './send-orders.ts';
import { use } from './usage.ts';

/**
 * Throws `ERR_QUIC_INVALID_OPTION` for an unknown option of `connect`, or of its `transport` and `core`, and
 * for a value of the wrong kind. Programs in JavaScript are not checked by a compiler.
 */
export function checkConnectOptions(options: ConnectOptions): void {
  checkEndpoint(options, CONNECT, { call: 'listen', kinds: LISTEN });
  if (options.port === undefined) throw wrong('port must be an integer from 1 to 65535: it has no default');
  if (options.endpoint === undefined) return;
  for (const name of [
    ...Object.keys(CLIENT_ENDPOINT),
    'socket',
    'context',
    'udp',
  ] as (keyof ConnectOptions)[])
    if (name !== 'ALPNProtocols' && options[name] !== undefined)
      throw wrong(`${name} is decided by endpoint, for all of its connections: give it to QuicEndpoint`);
}

/** Check the options of `QuicEndpoint` likewise. */
export function checkClientEndpoint(options: ClientEndpointOptions): void {
  checkEndpoint(options, CLIENT_ENDPOINT, { call: 'connect', kinds: CONNECT });
}

/** Check the options of `listen` likewise. */
export function checkListenOptions(options: ListenOptions): void {
  checkEndpoint(options, LISTEN, { call: 'connect', kinds: CONNECT });
}

/** Throws likewise for a handler of `listen` that cannot be called. */
export function checkHandler(handler: unknown): void {
  use(() => checkKinds('', { handler }, { handler: FUNCTION }));
}

/**
 * Throws `QuicUsageError` for what `admit` may not answer. The core checks it too, and ignores the client without
 * telling the program.
 */
export function checkAdmissionAnswer(answer: AdmissionAnswer): void {
  checkKinds('', { 'the answer of admit': answer }, ADMISSION_ANSWER);
  if (answer === undefined || typeof answer === 'string') return;
  checkOptionNames('', answer, ACCEPT, { transport: TRANSPORT }, ELSEWHERE);
  checkKinds('', answer, ACCEPT);
  checkOptionNames('transport.', answer.transport, TRANSPORT, {}, ELSEWHERE);
  checkKinds('transport.', answer.transport ?? {}, TRANSPORT);
}

/** Check the options of `QuicConnection.openStream` likewise. */
export function checkOpenStream(options: OpenStreamOptions): void {
  check(options, OPEN_STREAM);
  const { priority, sendOrder = null } = options;
  if (priority !== undefined && sendOrder !== null) throw wrong('priority and sendOrder exclude each other');
}

/** Check the options of `QuicDatagrams.send` likewise. */
export function checkSendDatagram(options: SendDatagramOptions): void {
  check(options, SEND_DATAGRAM);
}

/** Check the options of `close` likewise, before anything is closed. */
export function checkClose(options: CloseOptions): void {
  check(options, CLOSE);
}

/** Check the options of `finish` likewise. */
export function checkFinish(options: FinishOptions): void {
  check(options, FINISH);
}

/** Check the argument of `setSecureContext` likewise. */
export function checkSecureContext(options: SecureContext): void {
  check(options, SECURE_CONTEXT);
}

/** The same for what `optionsFor` gives. */
export function checkServedOptions(options: ServedOptions): void {
  check(options, SERVED);
}

/** Check the result of `SNICallback` likewise. */
export function checkServerIdentity(identity: ServerIdentity): void {
  check(identity, IDENTITY);
}

export function check(options: object, kinds: Readonly<Record<string, Kind>>): void {
  use(() => {
    checkKinds('', options, {});
    checkOptionNames('', options, kinds, {}, ELSEWHERE);
    checkKinds('', options, kinds);
  });
}

/** The options of the other role, and the call that takes them. */
interface OtherRole {
  readonly call: string;
  readonly kinds: Readonly<Record<string, Kind>>;
}

function checkEndpoint(
  options: CommonOptions,
  kinds: Readonly<Record<string, Kind>>,
  other: OtherRole,
): void {
  use(() => {
    checkKinds('', options, {});
    for (const [name, value] of Object.entries(options))
      if (value !== undefined && !Object.hasOwn(kinds, name) && Object.hasOwn(other.kinds, name))
        throw wrong(`there is no option ${name} here: it is one of ${other.call}`);
    const groups = { transport: TRANSPORT, core: CONTEXT_OPTION_NAMES };
    checkOptionNames('', options, kinds, groups, ELSEWHERE);
    checkKinds('', options, kinds);
    const { transport = {}, core = {} } = options;
    checkOptionNames('transport.', transport, TRANSPORT, {}, ELSEWHERE);
    checkKinds('transport.', transport, TRANSPORT);
    checkOptionNames('core.', core, CONTEXT_OPTION_NAMES, {}, ELSEWHERE);
    checkKinds('core.', core, CORE);
    checkOptionNames('core.transport.', core.transport, TRANSPORT, {}, ELSEWHERE);
    checkKinds('core.transport.', core.transport ?? {}, TRANSPORT);
  });
  checkTogether(options);
}

function wrong(message: string): QuicError {
  return new QuicError('ERR_QUIC_INVALID_OPTION', message);
}

const OBJECT = objectWith('an object');
const CERTIFICATES = either(TEXT_OR_BYTES, listOf(TEXT_OR_BYTES));
const PROTOCOLS: Kind = {
  expected: 'a list of at least one protocol name, each a string of 1 to 255 bytes',
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isProtocol),
};
export const SOCKET: Kind = objectWith('a DatagramPort', 'send', 'close');
export const PORT_TO_BIND: Kind = integer(0, 65_535);
const CONNECTION_IDS = objectWith('a generator of connection IDs', 'generate');
const SIGNAL = objectWith('an AbortSignal', 'addEventListener', 'removeEventListener', 'throwIfAborted');

/** RFC 7301 §3.1 */
function isProtocol(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const { length } = ENCODER.encode(value);
  return length > 0 && length <= 255;
}

const ENCODER = new TextEncoder();

const CONTROLLER: Kind = {
  expected: "a function that makes controllers, as controllerByName('bbr') of @tsquic/congestion is",
  accepts: FUNCTION.accepts,
};

const VERSIONS = listOf(integer(1, 0xffff_ffff));

const COMMON: Kinds<CommonOptions> = {
  ALPNProtocols: PROTOCOLS,
  key: TEXT_OR_BYTES,
  passphrase: STRING,
  cert: CERTIFICATES,
  ca: CERTIFICATES,
  verifier: objectWith('a CertificateVerifier', 'verify'),
  ciphers: STRING,
  ecdhCurve: STRING,
  versions: VERSIONS,
  transport: OBJECT,
  signal: SIGNAL,
  onPath: FUNCTION,
  onPathState: FUNCTION,
  onPathQuality: FUNCTION,
  onKeyLog: FUNCTION,
  socket: SOCKET,
  udp: oneOf('dgram', 'ffi'),
  clock: objectWith('a Clock', 'nowUs', 'createAlarm'),
  unixTimeAtZeroUs: NUMBER,
  crypto: objectWith('a CryptoProvider', 'random'),
  core: OBJECT,
  context: objectWith('a context of the core', 'incomingPacket', 'prepareNextPacket', 'nextEvent'),
};

/** As in node:tls, only `false` turns checks off: null and 0 often come from unset configuration. */
const REJECT_UNAUTHORIZED = ANYTHING;

const CONNECT: Kinds<ConnectOptions> = {
  ...COMMON,
  endpoint: objectWith('a QuicEndpoint', 'close'),
  host: STRING,
  port: integer(1, 65_535),
  family: oneOf(0, 4, 6),
  localAddress: STRING,
  localPort: PORT_TO_BIND,
  servername: STRING,
  rejectUnauthorized: REJECT_UNAUTHORIZED,
  version: integer(1, 0xffff_ffff),
  session: BYTES,
  earlyData: BOOLEAN,
  token: BYTES,
  rememberedPath: OBJECT,
  onSession: FUNCTION,
  onToken: FUNCTION,
  followPreferredAddress: BOOLEAN,
  lookup: FUNCTION,
  attemptDelayMs: integer(0),
};

const {
  signal: _signal,
  onPath: _onPath,
  onPathState: _onPathState,
  onPathQuality: _onPathQuality,
  socket: _socket,
  context: _context,
  udp: _udp,
  ...OF_CONTEXTS
} = COMMON;
const CLIENT_ENDPOINT: Kinds<ClientEndpointOptions> = {
  ...OF_CONTEXTS,
  localAddress: CONNECT.localAddress,
  localPort: CONNECT.localPort,
  rejectUnauthorized: REJECT_UNAUTHORIZED,
};

const LISTEN: Kinds<ListenOptions> = {
  ...COMMON,
  host: either(STRING, listOf(STRING)),
  port: PORT_TO_BIND,
  preferredAddress: OBJECT,
  SNICallback: FUNCTION,
  ALPNCallback: FUNCTION,
  optionsFor: FUNCTION,
  earlyData: either(BOOLEAN, OBJECT),
  requestCert: BOOLEAN,
  rejectUnauthorized: REJECT_UNAUTHORIZED,
  backlog: integer(0),
  maxConnections: integer(0),
  blockList: objectWith('a net.BlockList', 'check'),
  admit: FUNCTION,
  perAddress: OBJECT,
  connectionIds: CONNECTION_IDS,
  onError: FUNCTION,
};

const ANY_SIZE: readonly [number, number] = [0, Number.MAX_SAFE_INTEGER];
/** The ranges are those of the core. */
const TRANSPORT: Readonly<Record<string, Kind>> = {
  ...Object.fromEntries(
    Object.keys(TRANSPORT_OPTION_NAMES).map((name) => [
      name,
      integer(...(TRANSPORT_RANGES[name as keyof TransportOptions] ?? ANY_SIZE)),
    ]),
  ),
  ecn: BOOLEAN,
  reliableReset: BOOLEAN,
  ackFrequency: BOOLEAN,
  disableActiveMigration: BOOLEAN,
  redundantPaths: BOOLEAN,
  outgoingDatagramDrop: oneOf('oldest', 'newest'),
  incomingDatagramDrop: oneOf('oldest', 'newest'),
  spinBit: oneOf('on', 'off', 'random'),
  greaseQuicBit: BOOLEAN,
} satisfies Partial<Kinds<TransportOptions>>;

/** Options of the core that are functions, objects or bytes. The core checks numbers itself. */
const CORE: Readonly<Partial<Record<keyof QuicContextOptions, Kind>>> = {
  crypto: COMMON.crypto,
  alpn: either(PROTOCOLS, FUNCTION),
  verifier: COMMON.verifier,
  dangerouslySkipCertificateCheck: BOOLEAN,
  judgeCertificates: BOOLEAN,
  clientCertificate: oneOf('none', 'request', 'require'),
  versions: VERSIONS,
  transport: OBJECT,
  congestion: CONTROLLER,
  pathScheduler: FUNCTION,
  resetKey: BYTES,
  ticketKey: BYTES,
  tokenKey: BYTES,
  retry: either(oneOf('never', 'always'), integer(0)),
  blockedPorts: listOf(PORT_TO_BIND),
  admit: FUNCTION,
  optionsFor: FUNCTION,
  perAddress: OBJECT,
  connectionIds: CONNECTION_IDS,
  preferredAddress: OBJECT,
  onKeyLog: FUNCTION,
  tracer: OBJECT,
  beforeSealing: FUNCTION,
};

const ACCEPT: Kinds<AcceptOptions> = {
  transport: OBJECT,
  congestion: CONTROLLER,
  alpn: either(PROTOCOLS, FUNCTION),
  earlyData: { expected: 'false', accepts: (value) => value === false },
};
const ADMISSION_ANSWER = {
  'the answer of admit': {
    expected: "'accept', 'retry', 'refuse', 'ignore', undefined, or an object with options, and no promise",
    accepts: (value: unknown) =>
      OUTCOMES.accepts(value) || (OBJECT.accepts(value) && !THENABLE.accepts(value)),
  },
};
const OUTCOMES = oneOf('accept', 'retry', 'refuse', 'ignore');
const THENABLE = objectWith('a promise', 'then');

const IDENTITY: Kinds<ServerIdentity> = { key: TEXT_OR_BYTES, cert: CERTIFICATES, passphrase: STRING };
const SERVED: Kinds<ServedOptions> = {
  ...IDENTITY,
  requestCert: BOOLEAN,
  rejectUnauthorized: REJECT_UNAUTHORIZED,
  ca: CERTIFICATES,
  verifier: COMMON.verifier,
  transport: OBJECT,
  congestion: CONTROLLER,
  earlyData: { expected: 'false', accepts: (value) => value === false },
};
const SECURE_CONTEXT = { ...IDENTITY, SNICallback: FUNCTION };
function isPriority(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'object' && value !== null);
}

const OPEN_STREAM: Kinds<OpenStreamOptions> = {
  unidirectional: BOOLEAN,
  waitUntilAvailable: BOOLEAN,
  // The core checks the value.
  priority: { expected: 'a number or an object', accepts: isPriority },
  sendOrder: {
    expected: 'an integer, or null',
    accepts: (value) => value === null || Number.isSafeInteger(value),
  },
  sendGroup: {
    expected: 'a QuicSendGroup, or null',
    accepts: (value) => value === null || value instanceof QuicSendGroup,
  },
  highWaterMark: integer(1),
  signal: SIGNAL,
};
const SEND_DATAGRAM: Kinds<SendDatagramOptions> = {
  maxAge: { expected: 'a number from 0 on', accepts: (value) => typeof value === 'number' && value >= 0 },
  onOutcome: FUNCTION,
  path: either(integer(0), oneOf('all')),
};
const CLOSE: Kinds<CloseOptions> = { code: integer(0), reason: STRING };
const FINISH: Kinds<FinishOptions> = { ...CLOSE, signal: SIGNAL };

/** Names of options in Node and other stacks, and the corresponding ones here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  address: 'host',
  enableEarlyData: 'earlyData',
  sessionTicket: 'session',
  hostname: 'host',
  serverName: 'servername',
  alpn: 'ALPNProtocols',
  timeout: 'transport.idleTimeoutMs',
  handshakeTimeout: 'transport.handshakeTimeoutMs',
  keepAlive: 'transport.keepAliveMs',
  keepAliveInitialDelay: 'transport.keepAliveMs',
  checkServerIdentity: 'verifier',
  error: 'code',
  errorCode: 'code',
  groups: 'ecdhCurve',
  curves: 'ecdhCurve',
};
