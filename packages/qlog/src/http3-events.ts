import type { Http3FrameRecord, Http3Tracer, Settings } from '@tsquic/http3';
import type { EventName } from './events.ts';

/** Writes an event of one connection. */
export type WriteHttp3Event = (name: EventName, data: object) => void;

/** A tracer of HTTP/3 that writes the events of draft-ietf-quic-qlog-h3-events. */
export function createHttp3Tracer(write: WriteHttp3Event): Required<Http3Tracer> {
  const frame = (name: EventName, stream_id: number, record: Http3FrameRecord): void =>
    write(name, { stream_id, frame: http3Frame(record) });
  const datagram = (name: EventName, streamId: number, bytes: number): void =>
    write(name, { quarter_stream_id: streamId / 4, raw: { payload_length: bytes } });
  return {
    onSettings: (isLocal, settings) => write('http3:parameters_set', parametersSet(settings, isLocal)),
    onStreamType: (stream_id, isLocal, type) =>
      write('http3:stream_type_set', { initiator: initiator(isLocal), stream_id, ...streamType(type) }),
    onFrameCreated: (streamId, record) => frame('http3:frame_created', streamId, record),
    onFrameParsed: (streamId, record) => frame('http3:frame_parsed', streamId, record),
    onDatagramCreated: (streamId, bytes) => datagram('http3:datagram_created', streamId, bytes),
    onDatagramParsed: (streamId, bytes) => datagram('http3:datagram_parsed', streamId, bytes),
    onPriorityUpdated: (stream_id, { urgency = 3, incremental = false }) =>
      write('http3:priority_updated', {
        stream_id,
        new: `u=${urgency}${incremental ? ', i' : ''}`,
        trigger: 'client_signal_received',
      }),
  };
}

function initiator(isLocal: boolean): string {
  return isLocal ? 'local' : 'remote';
}

function parametersSet(settings: Settings, isLocal: boolean): object {
  const told = [...settings].flatMap(([id, value]) => {
    const name = PARAMETERS.get(id);
    return name === undefined ? [] : [[name, value] as const];
  });
  return { initiator: initiator(isLocal), ...Object.fromEntries(told) };
}

function streamType(type: number): object {
  if (type < 0) return { stream_type: 'request' };
  const name = STREAM_TYPES[type];
  if (name !== undefined) return { stream_type: name };
  return { stream_type: isReserved(type) ? 'reserved' : 'unknown', stream_type_bytes: type };
}

/** A frame in the form of the draft. */
function http3Frame(record: Http3FrameRecord): object {
  const raw = { payload_length: record.length };
  switch (record.type) {
    case 'headers':
      return { frame_type: 'headers', headers: (record.fields ?? []).map(httpField), raw };
    case 'settings':
      return { frame_type: 'settings', settings: [...record.settings].map(setting), raw };
    case 'goaway':
      return { frame_type: 'goaway', id: record.id, raw };
    case 'priority_update':
      return {
        ...{ frame_type: 'priority_update', stream_id: record.streamId },
        ...{ priority_field_value: isPlain(record.value) ? record.value : '', raw },
      };
    case 'unknown':
      return {
        frame_type: isReserved(record.frameType) ? 'reserved' : 'unknown',
        frame_type_bytes: record.frameType,
        raw,
      };
    default:
      return { frame_type: record.type, raw };
  }
}

function setting([id, value]: readonly [id: number, value: number]): object {
  const name = SETTINGS.get(id);
  if (name !== undefined) return { name, value };
  return { name: isReserved(id) ? 'reserved' : 'unknown', name_bytes: id, value };
}

/** A line as text where that is safe, otherwise as bytes; without its value where that is a secret. */
function httpField({ name, value, sensitive }: HttpField): object {
  const isSecret = sensitive === true || SECRETS.has(name);
  return { ...textOrBytes('name', name), ...(isSecret ? {} : textOrBytes('value', value)) };
}

type HttpField = NonNullable<Extract<Http3FrameRecord, { readonly type: 'headers' }>['fields']>[number];

function textOrBytes(key: 'name' | 'value', text: string): object {
  if (isPlain(text)) return { [key]: text };
  let hex = '';
  for (let i = 0; i < text.length; i++) hex += (text.charCodeAt(i) & 0xff).toString(16).padStart(2, '0');
  return { [`${key}_bytes`]: hex };
}

/** Whether this is text that JSON may carry as it is. */
function isPlain(text: string): boolean {
  return /^[\t -~]*$/.test(text);
}

/** Types that are reserved so that all others are ignored. RFC 9114 §7.2.8 */
function isReserved(type: number): boolean {
  return type >= 0x21 && (type - 0x21) % 0x1f === 0;
}

/** Fields whose values let somebody else pass for a client. */
const SECRETS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'set-cookie',
]);
const STREAM_TYPES: readonly string[] = ['control', 'push', 'qpack_encode', 'qpack_decode'];
const PARAMETERS: ReadonlyMap<number, string> = new Map([
  [0x01, 'max_table_capacity'],
  [0x06, 'max_field_section_size'],
  [0x07, 'blocked_streams_count'],
  [0x08, 'extended_connect'],
  [0x33, 'h3_datagram'],
]);
const SETTINGS: ReadonlyMap<number, string> = new Map([
  [0x01, 'settings_qpack_max_table_capacity'],
  [0x06, 'settings_max_field_section_size'],
  [0x07, 'settings_qpack_blocked_streams'],
  [0x08, 'settings_enable_connect_protocol'],
  [0x33, 'settings_h3_datagram'],
]);
