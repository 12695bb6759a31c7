import { objectAt, objectsAt, type QlogObject, textOf } from './qlog-file.ts';

/** A frame of HTTP/3 of a qlog file in a line: which way, on which stream, its type and what is short of it. */
export function http3FrameText(data: QlogObject, isSent: boolean): string {
  const frame = objectAt(data, 'frame');
  const type = textOf(frame['frame_type'], '?');
  const way = isSent ? '→' : '←';
  return `h3 ${way} ${textOf(data['stream_id'], '?')} ${type.toUpperCase()} ${details(type, frame)}`.trimEnd();
}

function details(type: string, frame: QlogObject): string {
  switch (type) {
    case 'headers':
      return objectsAt(frame, 'headers')
        .filter(({ name }) => typeof name === 'string' && SHOWN.includes(name))
        .map(({ value }) => textOf(value, '?'))
        .join(' ');
    case 'settings':
      return `${objectsAt(frame, 'settings').length} settings`;
    case 'goaway':
      return textOf(frame['id'], '');
    case 'priority_update':
      return `${textOf(frame['stream_id'], '')} ${textOf(frame['priority_field_value'], '')}`;
    default: {
      const length = objectAt(frame, 'raw')['payload_length'];
      return typeof length === 'number' ? `${length}` : '';
    }
  }
}

/** What a line of a log of requests has. */
const SHOWN: readonly string[] = [':status', ':method', ':scheme', ':authority', ':path', ':protocol'];
