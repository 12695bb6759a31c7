import { objectAt, type QlogObject, textOf } from './qlog-file.ts';

/** A frame of a qlog file in a few characters; '' for PADDING. */
export function frameText(frame: QlogObject): string {
  const type = textOf(frame['frame_type'], '?');
  switch (type) {
    case 'padding':
      return '';
    case 'ack':
      return `ACK ${rangesText(frame['acked_ranges'])}`;
    case 'stream':
      return `STREAM ${field(frame, 'stream_id')} ${spanText(frame)}${frame['fin'] === true ? ' FIN' : ''}`;
    case 'crypto':
      return `CRYPTO ${spanText(frame)}`;
    case 'max_data':
    case 'max_streams':
      return `${type.toUpperCase()} ${field(frame, 'maximum')}`;
    case 'max_stream_data':
      return `MAX_STREAM_DATA ${field(frame, 'stream_id')} ${field(frame, 'maximum')}`;
    case 'reset_stream':
    case 'reset_stream_at':
    case 'stop_sending':
      return `${type.toUpperCase()} ${field(frame, 'stream_id')}`;
    case 'connection_close':
      return `CLOSE ${errorText(frame)} ${field(frame, 'reason')}`.trimEnd();
    default:
      return type.toUpperCase();
  }
}

/** The text of an error code: the drafts have names for transport errors, and numbers for others. */
function errorText(frame: QlogObject): string {
  const code = field(frame, 'error_code');
  return code === '' ? field(frame, 'error') : code;
}

/** At most three ranges, newest first. */
function rangesText(value: unknown): string {
  if (!Array.isArray(value)) return '';
  const ranges = value as unknown[];
  const shown = ranges.slice(0, 3).map((range) => (Array.isArray(range) ? range.join('-') : String(range)));
  return `${shown.join(',')}${ranges.length > 3 ? ',…' : ''}`;
}

/** A range of bytes, as `offset+length`. */
function spanText(frame: QlogObject): string {
  const length = frame['length'] ?? objectAt(frame, 'raw')['payload_length'];
  return `${field(frame, 'offset') || '0'}+${typeof length === 'number' ? length : '?'}`;
}

function field(frame: QlogObject, key: string): string {
  const value = frame[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
