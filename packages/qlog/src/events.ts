import {
  type Address,
  alertOf,
  type CloseReason,
  Drop,
  dropName,
  PacketType,
  TransportCode,
  transportCodeName,
} from '@tsquic/quic-core';
import type { RecoveryMetrics, TransportParameters } from '@tsquic/quic-core';

/** The names of events: those of the drafts, or the older ones that qvis supports. */
export type QlogNames = 'quic' | 'qvis';

/**
 * The events that are written, by their names in draft-ietf-quic-qlog-quic-events, and their names in qvis.
 */
export const QVIS_NAMES = {
  'quic:connection_started': 'connectivity:connection_started',
  'quic:connection_closed': 'connectivity:connection_closed',
  'quic:tuple_assigned': 'connectivity:path_assigned',
  'quic:mtu_updated': 'connectivity:mtu_updated',
  'quic:version_information': 'transport:version_information',
  'quic:alpn_information': 'transport:alpn_information',
  'quic:parameters_set': 'transport:parameters_set',
  'quic:packet_sent': 'transport:packet_sent',
  'quic:packet_received': 'transport:packet_received',
  'quic:packet_dropped': 'transport:packet_dropped',
  'quic:packet_buffered': 'transport:packet_buffered',
  'quic:udp_datagrams_sent': 'transport:datagrams_sent',
  'quic:udp_datagrams_received': 'transport:datagrams_received',
  'quic:key_updated': 'security:key_updated',
  'quic:key_discarded': 'security:key_discarded',
  'quic:recovery_metrics_updated': 'recovery:metrics_updated',
  'quic:congestion_state_updated': 'recovery:congestion_state_updated',
  'quic:packet_lost': 'recovery:packet_lost',
  'http3:parameters_set': 'http:parameters_set',
  'http3:stream_type_set': 'http:stream_type_set',
  'http3:priority_updated': 'http:priority_updated',
  'http3:frame_created': 'http:frame_created',
  'http3:frame_parsed': 'http:frame_parsed',
  'http3:datagram_created': 'http:datagram_created',
  'http3:datagram_parsed': 'http:datagram_parsed',
  'loglevel:info': 'generic:info',
  'loglevel:error': 'generic:error',
} as const;

/** A name of the drafts. */
export type EventName = keyof typeof QVIS_NAMES;

/** The name that an event is written under. */
export function eventName(name: EventName, names: QlogNames): string {
  return names === 'quic' ? name : QVIS_NAMES[name];
}

/** The name of a packet type. */
export function packetTypeName(type: PacketType): string {
  switch (type) {
    case PacketType.Initial:
      return 'initial';
    case PacketType.ZeroRtt:
      return '0RTT';
    case PacketType.Handshake:
      return 'handshake';
    case PacketType.OneRtt:
      return '1RTT';
    case PacketType.Retry:
      return 'retry';
    default:
      return 'version_negotiation';
  }
}

/** ECN codepoints by their bits. RFC 3168 §5 */
export const ECN_NAMES: readonly string[] = ['Not-ECT', 'ECT(1)', 'ECT(0)', 'CE'];

/** TupleEndpointInfo; empty while a client does not know its own address. */
export function endpointInfo({ ip, port }: Address): object {
  if (ip === '') return {};
  return ip.includes(':') ? { ip_v6: ip, port_v6: port } : { ip_v4: ip, port_v4: port };
}

/** Data of `version_information`; an empty list stands for an unknown one, and version 0 for none. */
export function versionInformation(
  client: readonly number[],
  server: readonly number[],
  chosen: number,
): object {
  return {
    ...(client.length === 0 ? {} : { client_versions: client.map(versionText) }),
    ...(server.length === 0 ? {} : { server_versions: server.map(versionText) }),
    ...(chosen === 0 ? {} : { chosen_version: versionText(chosen) }),
  };
}

/** QuicVersion: the version number as eight hexadecimal digits. */
function versionText(version: number): string {
  return version.toString(16).padStart(8, '0');
}

/** Data of `connection_closed`. */
export function connectionClosed(reason: CloseReason): object {
  switch (reason.kind) {
    case 'application':
      return {
        initiator: reason.remote ? 'remote' : 'local',
        application_error: 'unknown',
        error_code: reason.code,
        reason: reason.text,
        trigger: 'application',
      };
    case 'transport':
      return {
        initiator: reason.remote ? 'remote' : 'local',
        ...transportError(reason.code, 'connection_error'),
        reason: reason.text,
        trigger: reason.code === 0 ? 'unspecified' : 'error',
      };
    case 'idle-timeout':
    case 'handshake-timeout':
      return { initiator: 'local', trigger: 'idle_timeout' };
    case 'stateless-reset':
      return { initiator: 'remote', trigger: 'stateless_reset' };
    case 'version-negotiation':
      return { initiator: 'remote', trigger: 'version_mismatch' };
    default:
      return { initiator: 'local', reason: reason.kind, trigger: 'aborted' };
  }
}

/** A transport error code as the field `name`, with `error_code` beside it when the drafts have no name. */
export function transportError(code: number, name: string): object {
  if (alertOf(code) !== undefined) return { [name]: `crypto_error_0x${code.toString(16)}` };
  if (code > TransportCode.NoViablePath) return { [name]: 'unknown', error_code: code };
  return { [name]: transportCodeName(code).toLowerCase() };
}

/** Data of `parameters_set`. */
export function parametersSet(parameters: TransportParameters, isLocal: boolean): object {
  const p = parameters;
  return {
    initiator: isLocal ? 'local' : 'remote',
    ...hexOf('original_destination_connection_id', p.originalDestinationConnectionId),
    ...hexOf('initial_source_connection_id', p.initialSourceConnectionId),
    ...hexOf('retry_source_connection_id', p.retrySourceConnectionId),
    disable_active_migration: p.disableActiveMigration,
    max_idle_timeout: p.maxIdleTimeoutMs,
    max_udp_payload_size: p.maxUdpPayloadSize,
    ack_delay_exponent: p.ackDelayExponent,
    max_ack_delay: p.maxAckDelayMs,
    active_connection_id_limit: p.activeConnectionIdLimit,
    initial_max_data: p.initialMaxData,
    initial_max_stream_data_bidi_local: p.initialMaxStreamDataBidiLocal,
    initial_max_stream_data_bidi_remote: p.initialMaxStreamDataBidiRemote,
    initial_max_stream_data_uni: p.initialMaxStreamDataUni,
    initial_max_streams_bidi: p.initialMaxStreamsBidi,
    initial_max_streams_uni: p.initialMaxStreamsUni,
    reset_stream_at: p.resetStreamAt,
  };
}

/** Data of `recovery_metrics_updated`; times become milliseconds, the rate bits per second. */
export function recoveryMetrics(metrics: RecoveryMetrics): Record<string, number> {
  const { pacingRate } = metrics;
  const rtts =
    metrics.latestRttUs === 0
      ? {}
      : {
          min_rtt: metrics.minRttUs / 1000,
          latest_rtt: metrics.latestRttUs / 1000,
          rtt_variance: Math.round(metrics.rttVarianceUs) / 1000,
        };
  return {
    ...rtts,
    smoothed_rtt: Math.round(metrics.smoothedRttUs) / 1000,
    pto_count: metrics.probeTimeouts,
    congestion_window: Math.round(metrics.congestionWindowBytes),
    bytes_in_flight: metrics.bytesInFlight,
    ...(pacingRate === 0 ? {} : { pacing_rate: Math.round(pacingRate * 8) }),
  };
}

/** Data of `packet_dropped`. */
export function packetDropped(drop: Drop, bytes: number): object {
  return {
    raw: { length: bytes },
    trigger: DROP_TRIGGERS.get(drop) ?? 'general',
    details: { code: dropName(drop) },
  };
}

/** Bytes in hexadecimal under a name, or nothing. */
function hexOf(name: string, bytes: Uint8Array | undefined): object {
  if (bytes === undefined) return {};
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return { [name]: text };
}

const DROP_TRIGGERS: ReadonlyMap<Drop, string> = new Map<Drop, string>([
  [Drop.Truncated, 'invalid'],
  [Drop.FixedBitClear, 'invalid'],
  [Drop.ConnectionIdTooLong, 'invalid'],
  [Drop.NoSample, 'invalid'],
  [Drop.SmallInitial, 'invalid'],
  [Drop.UnexpectedType, 'invalid'],
  [Drop.UnknownVersion, 'unsupported'],
  [Drop.ForeignConnectionId, 'connection_unknown'],
  [Drop.UnknownConnection, 'connection_unknown'],
  [Drop.NoKeys, 'key_unavailable'],
  [Drop.Unauthentic, 'decryption_failure'],
  [Drop.Duplicate, 'duplicate'],
  [Drop.Refused, 'rejected'],
  [Drop.BadToken, 'rejected'],
  [Drop.WrongAddress, 'rejected'],
  [Drop.BlockedPort, 'rejected'],
]);
