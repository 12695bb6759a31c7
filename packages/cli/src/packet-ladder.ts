import { frameText } from './frame-text.ts';
import { http3FrameText } from './http3-frame-text.ts';
import { objectAt, objectsAt, type QlogEvent, type QlogFile, type QlogObject, textOf } from './qlog-file.ts';

/** Size of the drawing. */
export interface LadderOptions {
  /** Width of a line, columns. */
  readonly width: number;
  /** Number of rows from the beginning, and from the end. */
  readonly first: number;
  readonly last: number;
}

/**
 * The packets of a trace as lines between two ends, with the writer of the trace on the left: time, type,
 * number and frames, `✗` for a lost packet, and at the end of each line the congestion window as a bar.
 */
export function drawLadder(file: QlogFile, options: LadderOptions): string[] {
  const rows = rowsOf(file.events);
  const { first, last, width } = options;
  const shown =
    rows.length <= first + last
      ? rows
      : [...rows.slice(0, first), undefined, ...rows.slice(rows.length - last)];
  const windows = windowsOf(file.events);
  const widest = windows.reduce((most, window) => Math.max(most, window), 1);
  const lines = shown.map((row) =>
    row === undefined
      ? `${' '.repeat(TIME_WIDTH)}⋮ ${rows.length - first - last} more`
      : rowLine(row, width, widest),
  );
  const [left, right] = file.isClient ? ['client', 'server'] : ['server', 'client'];
  const head = `${'ms'.padStart(TIME_WIDTH - 2)}  ${left}${right.padStart(width - TIME_WIDTH - left.length - 2)} w`;
  return [head, ...lines, '', ...summaryOf(rows, windows, width)].map(printable);
}

/** One packet, or a note, as a line of a ladder without a window. */
export function ladderLine(
  {
    timeMs,
    kind,
    text,
  }: { readonly timeMs: number; readonly kind: 'sent' | 'received' | 'note'; readonly text: string },
  width: number,
): string {
  return printable(rowLine({ time: timeMs, kind, text, isLost: false, window: 0 }, width, 1).trimEnd());
}

/** Values as blocks of eight heights, relative to `top`. */
export function sparkline(values: readonly number[], top: number): string {
  return values.map((value) => BLOCKS[Math.max(0, Math.ceil((value / top) * 8) - 1)] ?? ' ').join('');
}

/** Reduce the values to `columns`: the largest of each part. */
export function downsample(values: readonly number[], columns: number): number[] {
  if (values.length <= columns) return [...values];
  return Array.from({ length: columns }, (_, index) => {
    const from = Math.floor((index * values.length) / columns);
    const to = Math.floor(((index + 1) * values.length) / columns);
    return values.slice(from, to).reduce((most, value) => Math.max(most, value), 0);
  });
}

interface Row {
  readonly time: number;
  readonly kind: 'sent' | 'received' | 'lost' | 'note';
  readonly text: string;
  readonly isLost: boolean;
  /** Bytes; 0 while it is not known. */
  readonly window: number;
}

function rowsOf(events: readonly QlogEvent[]): Row[] {
  const lost = new Set(events.filter(({ name }) => name === 'packet_lost').map(packetName));
  const rows: Row[] = [];
  let window = 0;
  for (const event of events) {
    const { time, name, data } = event;
    const add = (kind: Row['kind'], text: string, isLost = false): void =>
      void rows.push({ time, kind, text, isLost, window });
    switch (name) {
      case 'metrics_updated':
      case 'recovery_metrics_updated':
        window = numberAt(data, 'congestion_window') ?? window;
        break;
      case 'packet_sent':
        add('sent', packetText(event), lost.has(packetName(event)));
        break;
      case 'packet_received':
        add('received', packetText(event));
        break;
      case 'frame_created':
      case 'frame_parsed':
        add('note', http3FrameText(data, name === 'frame_created'));
        break;
      case 'packet_lost':
        add('lost', `${packetName(event)} lost (${textOf(data['trigger'], 'unknown')})`);
        break;
      case 'packet_dropped':
        add('note', `dropped: ${textOf(objectAt(data, 'details')['code'] ?? data['trigger'], 'unknown')}`);
        break;
      case 'connection_closed':
        add('note', `closed: ${textOf(data['trigger'] ?? data['reason'], 'unknown')}`);
        break;
    }
  }
  return rows;
}

function rowLine({ time, kind, text, isLost, window }: Row, width: number, widest: number): string {
  const room = width - TIME_WIDTH - 2;
  const stamp = `${time.toFixed(3).padStart(TIME_WIDTH - 2)}  `;
  const bar = window === 0 ? ' ' : sparkline([window], widest);
  return `${stamp}${arrow(kind, text, isLost, room)} ${bar}`;
}

function arrow(kind: Row['kind'], text: string, isLost: boolean, room: number): string {
  if (kind === 'lost') return fit(`✗ ${text}`, room).padEnd(room);
  if (kind === 'note') return fit(`· ${text}`, room).padEnd(room);
  const label = fit(text, room - 6);
  const line = '─'.repeat(Math.max(1, room - label.length - 4));
  return kind === 'sent' ? `─ ${label} ${line}${isLost ? '✗' : '▶'}` : `◀${line} ${label} ─`;
}

function packetText(event: QlogEvent): string {
  const frames = objectsAt(event.data, 'frames').map(frameText).filter(Boolean);
  return `${packetName(event)}  ${frames.join(' ')}`.trimEnd();
}

/** Numbers are those of a path, so that the name has the path where it is not the first. draft-ietf-quic-multipath §1 */
function packetName({ data, tuple }: QlogEvent): string {
  const { packet_type, packet_number } = objectAt(data, 'header');
  return `${tuple === undefined ? '' : `${tuple}: `}${textOf(packet_type, '?')} ${textOf(packet_number, '?')}`;
}

function windowsOf(events: readonly QlogEvent[]): number[] {
  return events
    .filter(({ name }) => name === 'recovery_metrics_updated' || name === 'metrics_updated')
    .map(({ data }) => numberAt(data, 'congestion_window'))
    .filter((window) => window !== undefined);
}

function summaryOf(rows: readonly Row[], windows: readonly number[], width: number): string[] {
  const count = (kind: Row['kind']): number => rows.filter((row) => row.kind === kind).length;
  const totals = `${count('sent')} sent, ${count('received')} received, ${count('lost')} lost in ${(rows.at(-1)?.time ?? 0).toFixed(1)} ms`;
  if (windows.length === 0) return [totals];
  const most = windows.reduce((a, b) => Math.max(a, b), 1);
  const range = `${Math.round(windows.reduce((a, b) => Math.min(a, b), most) / 1000)} to ${Math.round(most / 1000)} kB`;
  const line = sparkline(downsample(windows, width - range.length - 9), most);
  return [totals, `window ${line} ${range}`];
}

function numberAt(object: QlogObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' ? value : undefined;
}

function fit(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
}

/** The line without control characters: a file from elsewhere must not control the terminal. */
export function printable(line: string): string {
  return line.replaceAll(/\p{Cc}/gu, '?');
}

const TIME_WIDTH = 12;
const BLOCKS = '▁▂▃▄▅▆▇█';
