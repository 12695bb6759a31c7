/**
 * Events and frames of draft-ietf-quic-qlog-quic-events and draft-ietf-quic-qlog-main-schema, copied from
 * their CDDL by hand: every field by its type, required ones marked with `!`.
 */

export type FieldKind =
  | 'text'
  | 'hex'
  | 'uint'
  | 'number'
  | 'bool'
  | 'frame'
  | 'range'
  | RegExp
  /** An enumeration. */
  | readonly string[]
  | { readonly listOf: FieldKind }
  | { readonly fields: FieldTable };

export interface FieldTable {
  readonly [field: string]: FieldKind;
}

export const RAW = { fields: { length: 'uint', payload_length: 'uint', data: 'hex' } } as const;
const RAWS = { listOf: RAW } as const;
const HEXES = { listOf: 'hex' } as const;
const FRAME_LIST = { listOf: 'frame' } as const;
const ENDPOINT = {
  fields: {
    ip_v4: /^[\d.]+$/,
    port_v4: 'uint',
    ip_v6: /^[\da-f:.]+$/,
    port_v6: 'uint',
    connection_ids: HEXES,
  },
} as const;
const ALPN = { fields: { byte_value: 'hex', string_value: 'text' } } as const;
const ALPNS = { listOf: ALPN } as const;
const TOKEN = { fields: { type: ['retry', 'resumption'], details: { fields: {} }, raw: RAW } } as const;
const ECN_MARKS = { listOf: ['Not-ECT', 'ECT(1)', 'ECT(0)', 'CE'] } as const;
const CHECKSUMS = { listOf: 'uint' } as const;
/** TransportError or CryptoError. */
const TRANSPORT_ERROR = new RegExp(
  '^(crypto_error_0x1[0-9a-f]{2}|no_error|internal_error|connection_refused|flow_control_error|stream_limit_error|' +
    'stream_state_error|final_size_error|frame_encoding_error|transport_parameter_error|connection_id_limit_error|' +
    'protocol_violation|invalid_token|application_error|crypto_buffer_exceeded|key_update_error|aead_limit_reached|' +
    'no_viable_path|unknown)$',
);
const HEADER = {
  fields: {
    'packet_type!': [
      'initial',
      'handshake',
      '0RTT',
      '1RTT',
      'retry',
      'version_negotiation',
      'stateless_reset',
      'unknown',
    ],
    packet_type_bytes: 'uint',
    spin_bit: 'bool',
    key_phase: 'uint',
    key_phase_bit: 'bool',
    packet_number_length: 'uint',
    // Optional there, but of no use without.
    'packet_number!': 'uint',
    token: TOKEN,
    length: 'uint',
    version: 'hex',
    scil: 'uint',
    dcil: 'uint',
    scid: 'hex',
    dcid: 'hex',
  },
} as const;

const INITIATOR = ['local', 'remote'] as const;
const KEY_TRIGGERS = ['tls', 'remote_update', 'local_update'] as const;
const KEY_TYPES = ['initial', 'handshake', '0rtt', '1rtt'].flatMap((level) => [
  `server_${level}_secret`,
  `client_${level}_secret`,
]);

export const EVENTS: Readonly<Record<string, FieldTable>> = {
  'quic:connection_started': { 'local!': ENDPOINT, 'remote!': ENDPOINT },
  'quic:connection_closed': {
    initiator: INITIATOR,
    connection_error: TRANSPORT_ERROR,
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
  'quic:tuple_assigned': { 'tuple_id!': 'text', tuple_remote: ENDPOINT, tuple_local: ENDPOINT },
  'quic:mtu_updated': { old: 'uint', 'new!': 'uint', done: 'bool' },
  'quic:version_information': { server_versions: HEXES, client_versions: HEXES, chosen_version: 'hex' },
  'quic:alpn_information': { server_alpns: ALPNS, client_alpns: ALPNS, chosen_alpn: ALPN },
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
    preferred_address: ENDPOINT,
    unknown_parameters: { listOf: { fields: { 'id!': 'uint', value: 'hex' } } },
    max_datagram_frame_size: 'uint',
    grease_quic_bit: 'bool',
    reset_stream_at: 'bool',
  },
  'quic:packet_sent': {
    'header!': HEADER,
    frames: FRAME_LIST,
    raw: RAW,
    datagram_payload_checksum: 'uint',
    is_mtu_probe_packet: 'bool',
    trigger: 'text',
  },
  'quic:packet_received': {
    'header!': HEADER,
    frames: FRAME_LIST,
    raw: RAW,
    datagram_payload_checksum: 'uint',
    trigger: ['keys_available'],
  },
  'quic:packet_dropped': {
    header: HEADER,
    raw: RAW,
    datagram_payload_checksum: 'uint',
    details: { fields: { code: 'text' } },
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
    header: HEADER,
    raw: RAW,
    datagram_payload_checksum: 'uint',
    trigger: ['backpressure', 'keys_unavailable'],
  },
  'quic:udp_datagrams_sent': {
    count: 'uint',
    raw: RAWS,
    ecn: ECN_MARKS,
    datagram_payload_checksums: CHECKSUMS,
  },
  'quic:udp_datagrams_received': {
    count: 'uint',
    raw: RAWS,
    ecn: ECN_MARKS,
    datagram_payload_checksums: CHECKSUMS,
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
    header: HEADER,
    frames: FRAME_LIST,
    is_mtu_probe_packet: 'bool',
    trigger: ['reordering_threshold', 'time_threshold', 'pto_expired'],
    // Every event may be extended ("$$quic-packetlost-extension"): the size of the packet is added.
    raw: RAW,
  },
  'loglevel:info': { 'message!': 'text' },
  'loglevel:error': { code: 'uint', message: 'text' },
};

/** Beside `frame_type`, and `raw`, which every frame may have. */
export const FRAMES: Readonly<Record<string, FieldTable>> = {
  padding: {},
  ping: {},
  ack: { ack_delay: 'number', acked_ranges: { listOf: 'range' }, ect1: 'uint', ect0: 'uint', ce: 'uint' },
  reset_stream: { 'stream_id!': 'uint', 'error!': ['unknown'], error_code: 'uint', 'final_size!': 'uint' },
  stop_sending: { 'stream_id!': 'uint', 'error!': ['unknown'], error_code: 'uint' },
  crypto: { 'offset!': 'uint', 'raw!': RAW },
  new_token: { 'token!': TOKEN },
  stream: { 'stream_id!': 'uint', offset: 'uint', fin: 'bool' },
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
    error: TRANSPORT_ERROR,
    error_code: 'uint',
    reason: 'text',
    reason_bytes: 'hex',
    trigger_frame_type: 'uint',
  },
  handshake_done: {},
  unknown: { 'frame_type_bytes!': 'uint' },
  datagram: {},
};

const H3_FIELDS = {
  listOf: { fields: { name: 'text', name_bytes: 'hex', value: 'text', value_bytes: 'hex' } },
} as const;
const H3_SETTING_NAMES = [
  ...['settings_qpack_max_table_capacity', 'settings_max_field_section_size'],
  ...['settings_qpack_blocked_streams', 'settings_enable_connect_protocol'],
  ...['settings_h3_datagram', 'reserved', 'unknown'],
];
const H3_FRAME_EVENT: FieldTable = {
  'stream_id!': 'uint',
  'frame!': {
    fields: {
      'frame_type!': [
        ...['data', 'headers', 'cancel_push', 'settings', 'push_promise', 'goaway', 'max_push_id'],
        ...['reserved', 'unknown', 'priority_update'],
      ],
      headers: H3_FIELDS,
      settings: {
        listOf: { fields: { name: H3_SETTING_NAMES, name_bytes: 'uint', 'value!': 'uint' } },
      },
      id: 'uint',
      push_id: 'uint',
      stream_id: 'uint',
      priority_field_value: 'text',
      frame_type_bytes: 'uint',
      raw: RAW,
    },
  },
};
const H3_DATAGRAM_EVENT: FieldTable = { 'quarter_stream_id!': 'uint', raw: RAW };

/** Events of draft-ietf-quic-qlog-h3-events, likewise. */
export const HTTP3_EVENTS: Readonly<Record<string, FieldTable>> = {
  'http3:parameters_set': {
    initiator: ['local', 'remote'],
    max_field_section_size: 'uint',
    max_table_capacity: 'uint',
    blocked_streams_count: 'uint',
    extended_connect: 'uint',
    h3_datagram: 'uint',
    waits_for_settings: 'bool',
  },
  'http3:stream_type_set': {
    initiator: ['local', 'remote'],
    'stream_id!': 'uint',
    'stream_type!': [
      ...['request', 'control', 'push', 'reserved', 'unknown', 'qpack_encode', 'qpack_decode'],
    ],
    stream_type_bytes: 'uint',
    associated_push_id: 'uint',
  },
  'http3:priority_updated': {
    stream_id: 'uint',
    push_id: 'uint',
    old: 'text',
    'new!': 'text',
    trigger: ['client_signal_received', 'local', 'other'],
    reason: ['client_signal_only', 'client_server_merged', 'local_policy', 'other'],
  },
  'http3:frame_created': H3_FRAME_EVENT,
  'http3:frame_parsed': H3_FRAME_EVENT,
  'http3:datagram_created': H3_DATAGRAM_EVENT,
  'http3:datagram_parsed': H3_DATAGRAM_EVENT,
};
