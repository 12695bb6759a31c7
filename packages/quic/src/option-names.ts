import {
  checkOptionNames,
  CONTEXT_OPTION_NAMES,
  type OptionNames,
  TRANSPORT_OPTION_NAMES,
} from '@tsquic/quic-core';
import type {
  CloseOptions,
  CommonOptions,
  ConnectOptions,
  FinishOptions,
  ListenOptions,
  OpenStreamOptions,
  ServerIdentity,
} from './options.ts';
import { use } from './usage.ts';

/** Throws `ERR_QUIC_INVALID_OPTION` for a name that is no option of `connect`, nor of its `transport` and `core`. */
export function checkConnectNames(options: ConnectOptions): void {
  checkNames(options, CONNECT);
}

/** The same for `listen`. */
export function checkListenNames(options: ListenOptions): void {
  checkNames(options, LISTEN);
}

/** The same for `QuicConnection.openStream`. */
export function checkOpenStreamNames(options: OpenStreamOptions): void {
  use(() => checkOptionNames('', options, OPEN_STREAM, {}, ELSEWHERE));
}

/** The same for `close`. */
export function checkCloseNames(options: CloseOptions): void {
  use(() => checkOptionNames('', options, CLOSE, {}, ELSEWHERE));
}

/** The same for `finish`. */
export function checkFinishNames(options: FinishOptions): void {
  use(() => checkOptionNames('', options, FINISH, {}, ELSEWHERE));
}

/** The same for what `SNICallback` gives. */
export function checkIdentityNames(identity: ServerIdentity): void {
  use(() => checkOptionNames('', identity, IDENTITY, {}, ELSEWHERE));
}

function checkNames(options: CommonOptions, known: Readonly<Record<string, true>>): void {
  use(() => {
    checkOptionNames(
      '',
      options,
      known,
      { transport: TRANSPORT_OPTION_NAMES, core: CONTEXT_OPTION_NAMES },
      ELSEWHERE,
    );
    checkOptionNames('transport.', options.transport, TRANSPORT_OPTION_NAMES, {}, ELSEWHERE);
    checkOptionNames('core.', options.core, CONTEXT_OPTION_NAMES, {}, ELSEWHERE);
    checkOptionNames('core.transport.', options.core?.transport, TRANSPORT_OPTION_NAMES, {}, ELSEWHERE);
  });
}

const COMMON: OptionNames<CommonOptions> = {
  ALPNProtocols: true,
  key: true,
  passphrase: true,
  cert: true,
  ca: true,
  verifier: true,
  ciphers: true,
  transport: true,
  signal: true,
  onKeyLog: true,
  socket: true,
  clock: true,
  unixTimeAtZeroUs: true,
  crypto: true,
  core: true,
  context: true,
};

const CONNECT: OptionNames<ConnectOptions> = {
  ...COMMON,
  host: true,
  port: true,
  family: true,
  localAddress: true,
  localPort: true,
  servername: true,
  rejectUnauthorized: true,
  session: true,
  token: true,
  rememberedPath: true,
  onSession: true,
  onToken: true,
  lookup: true,
  attemptDelayMs: true,
};

const LISTEN: OptionNames<ListenOptions> = {
  ...COMMON,
  host: true,
  port: true,
  SNICallback: true,
  requestCert: true,
  rejectUnauthorized: true,
  backlog: true,
  onError: true,
};

const IDENTITY: OptionNames<ServerIdentity> = { key: true, cert: true, passphrase: true };
const OPEN_STREAM: OptionNames<OpenStreamOptions> = {
  unidirectional: true,
  waitUntilAvailable: true,
  signal: true,
};
const CLOSE: OptionNames<CloseOptions> = { code: true, reason: true };
const FINISH: OptionNames<FinishOptions> = { ...CLOSE, signal: true };

/** Names of Node and other stacks, and what they are called here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  address: 'host',
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
};
