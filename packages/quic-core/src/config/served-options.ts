import type { CongestionFactory } from '@tsquic/congestion';
import type { CertificateVerifier, Identity } from '@tsquic/tls13';
import { QuicUsageError } from '../errors/usage-error.ts';
import type { Address } from '../path/address.ts';
import { given } from './accepted.ts';
import { earlyDataUnder } from './early-data-options.ts';
import { checkOptionNames, type OptionNames } from './option-names.ts';
import type { Settings } from './settings.ts';
import type { TransportOptions } from './transport-options.ts';
import { checkTransport } from './transport-ranges.ts';

/** A client whose ClientHello was read. */
export interface GreetedClient {
  /** The name that the client asks for, in lower case; '' when it sent none. RFC 6066 §3 */
  readonly serverName: string;
  /** The application protocol that was chosen. RFC 7301 */
  readonly alpn: string;
  /** The protocols that the client offers. */
  readonly offered: readonly string[];
  /** The client's address, which need not be validated yet. */
  readonly from: Address;
  /** The QUIC version in use. */
  readonly version: number;
}

/** The transport options that a server may choose by name and protocol: those that no packet has depended on yet. */
export type ServedTransportOptions = Pick<
  TransportOptions,
  | 'idleTimeoutMs'
  | 'keepAliveMs'
  | 'connectionWindowBytes'
  | 'maxConnectionWindowBytes'
  | 'streamWindowBytes'
  | 'maxStreamWindowBytes'
  | 'maxBidirectionalStreams'
  | 'maxUnidirectionalStreams'
  | 'defaultStreamPriority'
  | 'maxDatagramFrameBytes'
  | 'datagramPriority'
>;

/** Options of one client, chosen by its ClientHello. What is left out stays as it is for all. */
export interface ServedOptions {
  readonly identity?: Identity;
  readonly clientCertificate?: 'none' | 'request' | 'require';
  /** Judges the certificate of the client. */
  readonly verifier?: CertificateVerifier;
  readonly transport?: ServedTransportOptions;
  readonly congestion?: CongestionFactory;
  /** False rejects 0-RTT: the client sends the same data again after the handshake. RFC 9001 §4.6.2 */
  readonly earlyData?: false;
}

const SERVED_OPTION_NAMES: OptionNames<ServedOptions> = {
  identity: true,
  clientCertificate: true,
  verifier: true,
  transport: true,
  congestion: true,
  earlyData: true,
};

const SERVED_TRANSPORT_NAMES: OptionNames<ServedTransportOptions> = {
  idleTimeoutMs: true,
  keepAliveMs: true,
  connectionWindowBytes: true,
  maxConnectionWindowBytes: true,
  streamWindowBytes: true,
  maxStreamWindowBytes: true,
  maxBidirectionalStreams: true,
  maxUnidirectionalStreams: true,
  defaultStreamPriority: true,
  maxDatagramFrameBytes: true,
  datagramPriority: true,
};

/** The settings of a client under these options. Throws `QuicUsageError` for values that make no sense. */
export function servedSettings(settings: Settings, options: ServedOptions): Settings {
  checkOptionNames('', options, SERVED_OPTION_NAMES, { transport: SERVED_TRANSPORT_NAMES });
  checkOptionNames('transport.', options.transport, SERVED_TRANSPORT_NAMES);
  const {
    congestion = settings.congestion,
    clientCertificate = 'none',
    verifier = settings.verifier,
  } = options;
  const chosen = given(options.transport);
  checkTransport(chosen);
  const transport = { ...settings.transport, ...chosen };
  if (typeof congestion !== 'function')
    throw new QuicUsageError('invalid-option', 'congestion must be a function');
  if (clientCertificate !== 'none' && verifier === undefined && settings.options.judgeCertificates !== true)
    throw new QuicUsageError('invalid-option', 'clientCertificate needs a verifier');
  const earlyData = options.earlyData === false ? undefined : earlyDataUnder(settings.earlyData, transport);
  return { ...settings, transport, congestion, verifier, earlyData };
}
