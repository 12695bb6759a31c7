/**
 * Events and frames of draft-ietf-quic-qlog-quic-events and draft-ietf-quic-qlog-main-schema, read off their CDDL
 * by hand: every field by its type, those that must be there marked with `!`.
 */

export type FieldKind =
  | 'text'
  | 'hex'
  | 'uint'
  | 'number'
  | 'bool'
  | 'object'
  | 'frames'
  | 'header'
  | 'list'
  | readonly string[];

export type FieldTable = Readonly<Record<string, FieldKind>>;

const INITIATOR = ['local', 'remote'] as const;
const KEY_TRIGGERS = ['tls', 'remote_update', 'local_update'] as const;
const KEY_TYPES = ['initial', 'handshake', '0rtt', '1rtt'].flatMap((level) => [
  `server_${level}_secret`,
  `client_${level}_secret`,
]);

export const EVENTS: Readonly<Record<string, FieldTable>> = {
  'quic:connection_started': { 'local!': 'object', 'remote!': 'object' },
  'quic:connection_closed': {
    initiator: INITIATOR,
    connection_error: 'text',
    application_error: ['unknown'],
    error_code: 'uint',
    internal_code: 'uint',
    reason: 'text',
    trigger: [
      'idle_timeout',
      'application',
      'error',
      'version_mismatch',
      'stateless_reset',
      'aborted',
      'unspecified',
    ],
  },
  'quic:tuple_assigned': { 'tuple_id!': 'text', tuple_remote: 'object', tuple_local: 'object' },
  'quic:mtu_updated': { old: 'uint', 'new!': 'uint', done: 'bool' },
  'quic:version_information': { server_versions: 'list', client_versions: 'list', chosen_version: 'hex' },
  'quic:alpn_information': { server_alpns: 'list', client_alpns: 'list', chosen_alpn: 'object' },
  'quic:parameters_set': {
    initiator: INITIATOR,
    resumption_allowed: 'bool',
    early_data_enabled: 'bool',
    tls_cipher: 'text',
    original_destination_connection_id: 'hex',
    initial_source_connection_id: 'hex',
    retry_source_connection_id: 'hex',
    stateless_reset_token: 'hex',
    disable_active_migration: 'bool',
    max_idle_timeout: 'uint',
    max_udp_payload_size: 'uint',
    ack_delay_exponent: 'uint',
    max_ack_delay: 'uint',
    active_connection_id_limit: 'uint',
    initial_max_data: 'uint',
    initial_max_stream_data_bidi_local: 'uint',
    initial_max_stream_data_bidi_remote: 'uint',
    initial_max_stream_data_uni: 'uint',
    initial_max_streams_bidi: 'uint',
    initial_max_streams_uni: 'uint',
    preferred_address: 'object',
    unknown_parameters: 'list',
    max_datagram_frame_size: 'uint',
    grease_quic_bit: 'bool',
    reset_stream_at: 'bool',
  },
  'quic:packet_sent': {
    'header!': 'header',
    frames: 'frames',
    raw: 'object',
    datagram_payload_checksum: 'uint',
    is_mtu_probe_packet: 'bool',
    trigger: 'text',
  },
  'quic:packet_received': {
    'header!': 'header',
    frames: 'frames',
    raw: 'object',
    datagram_payload_checksum: 'uint',
    trigger: ['keys_available'],
  },
  'quic:packet_dropped': {
    header: 'header',
    raw: 'object',
    datagram_payload_checksum: 'uint',
    details: 'object',
    trigger: [
      'internal_error',
      'rejected',
      'unsupported',
      'invalid',
      'duplicate',
      'connection_unknown',
      'decryption_failure',
      'key_unavailable',
      'general',
    ],
  },
  'quic:packet_buffered': {
    header: 'header',
    raw: 'object',
    datagram_payload_checksum: 'uint',
    trigger: ['backpressure', 'keys_unavailable'],
  },
  'quic:udp_datagrams_sent': { count: 'uint', raw: 'list', ecn: 'list', datagram_payload_checksums: 'list' },
  'quic:udp_datagrams_received': {
    count: 'uint',
    raw: 'list',
    ecn: 'list',
    datagram_payload_checksums: 'list',
  },
  'quic:key_updated': {
    'key_type!': KEY_TYPES,
    old: 'hex',
    new: 'hex',
    key_phase: 'uint',
    trigger: KEY_TRIGGERS,
  },
  'quic:key_discarded': { 'key_type!': KEY_TYPES, key: 'hex', key_phase: 'uint', trigger: KEY_TRIGGERS },
  'quic:recovery_metrics_updated': {
    min_rtt: 'number',
    smoothed_rtt: 'number',
    latest_rtt: 'number',
    rtt_variance: 'number',
    pto_count: 'uint',
    congestion_window: 'uint',
    bytes_in_flight: 'uint',
    ssthresh: 'uint',
    packets_in_flight: 'uint',
    pacing_rate: 'uint',
  },
  'quic:congestion_state_updated': { old: 'text', 'new!': 'text', trigger: 'text' },
  'quic:packet_lost': {
    header: 'header',
    frames: 'frames',
    is_mtu_probe_packet: 'bool',
    trigger: ['reordering_threshold', 'time_threshold', 'pto_expired'],
    // Every event may be extended ("$$quic-packetlost-extension"): we add the size of the packet.
    raw: 'object',
  },
  'loglevel:info': { 'message!': 'text' },
  'loglevel:error': { code: 'uint', message: 'text' },
};

export const FRAMES: Readonly<Record<string, FieldTable>> = {
  padding: {},
  ping: {},
  ack: { ack_delay: 'number', acked_ranges: 'list', ect1: 'uint', ect0: 'uint', ce: 'uint' },
  reset_stream: { 'stream_id!': 'uint', 'error!': 'text', error_code: 'uint', 'final_size!': 'uint' },
  stop_sending: { 'stream_id!': 'uint', 'error!': 'text', error_code: 'uint' },
  // `length` is an addition that older tools read.
  crypto: { 'offset!': 'uint', 'raw!': 'object', length: 'uint' },
  new_token: { 'token!': 'object' },
  stream: { 'stream_id!': 'uint', offset: 'uint', fin: 'bool', length: 'uint' },
  max_data: { 'maximum!': 'uint' },
  max_stream_data: { 'stream_id!': 'uint', 'maximum!': 'uint' },
  max_streams: { 'stream_type!': ['bidirectional', 'unidirectional'], 'maximum!': 'uint' },
  data_blocked: { 'limit!': 'uint' },
  stream_data_blocked: { 'stream_id!': 'uint', 'limit!': 'uint' },
  streams_blocked: { 'stream_type!': ['bidirectional', 'unidirectional'], 'limit!': 'uint' },
  new_connection_id: {
    'sequence_number!': 'uint',
    'retire_prior_to!': 'uint',
    connection_id_length: 'uint',
    'connection_id!': 'hex',
    stateless_reset_token: 'hex',
  },
  retire_connection_id: { 'sequence_number!': 'uint' },
  path_challenge: { data: 'hex' },
  path_response: { data: 'hex' },
  connection_close: {
    error_space: ['transport', 'application'],
    error: 'text',
    error_code: 'uint',
    reason: 'text',
    reason_bytes: 'hex',
    trigger_frame_type: 'uint',
  },
  handshake_done: {},
  unknown: { 'frame_type_bytes!': 'uint' },
  datagram: { length: 'uint' },
};

export const PACKET_TYPES: readonly string[] = [
  'initial',
  'handshake',
  '0RTT',
  '1RTT',
  'retry',
  'version_negotiation',
  'stateless_reset',
  'unknown',
];
