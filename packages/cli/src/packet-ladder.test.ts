import { describe, expect, test } from '@jest/globals';
import { downsample, drawLadder, sparkline } from './packet-ladder.ts';
import { parseQlog } from './qlog-file.ts';

const HEADER = { qlog_version: '0.3', title: 't', trace: { vantage_point: { type: 'client' } } };
const EVENTS = [
  { time: 0, name: 'recovery:metrics_updated', data: { congestion_window: 12_000 } },
  packet(0.5, 'transport:packet_sent', 'initial', 0, [
    { frame_type: 'crypto', offset: 0, length: 300 },
    { frame_type: 'padding' },
  ]),
  packet(20, 'quic:packet_received', 'initial', 1, [{ frame_type: 'ack', acked_ranges: [[0, 3], [7]] }]),
  packet(21, 'transport:packet_sent', '1RTT', 5, [
    { frame_type: 'stream', stream_id: 4, offset: 10, length: 7, fin: true },
  ]),
  { time: 22, name: 'recovery:metrics_updated', data: { congestion_window: 24_000 } },
  packet(60, 'recovery:packet_lost', '1RTT', 5, []),
  { time: 61, name: 'quic:connection_closed', data: { trigger: 'idle_timeout' } },
];

const sequence = (values: readonly object[]): string =>
  values.map((value) => `\u001e${JSON.stringify(value)}\n`).join('');
const file = parseQlog(sequence([HEADER, ...EVENTS]), 'x.sqlog');

test('frames of HTTP/3 stand where they were made and read, in a line each', () => {
  const h3 = (name: string, stream_id: number, frame: object): object => ({
    time: 1,
    name,
    data: { stream_id, frame },
  });
  const field = (name: string, value: string): object => ({ name, value });
  const lines = drawLadder(
    parseQlog(
      sequence([
        HEADER,
        h3('http:frame_created', 2, { frame_type: 'settings', settings: [{}, {}] }),
        h3('http3:frame_created', 0, {
          frame_type: 'headers',
          headers: [field(':method', 'GET'), field(':path', '/a'), field('cookie', 'x')],
        }),
        h3('http3:frame_parsed', 0, { frame_type: 'headers', headers: [field(':status', '200')] }),
        h3('http3:frame_parsed', 0, { frame_type: 'data', raw: { payload_length: 12 } }),
        h3('http3:frame_parsed', 3, { frame_type: 'goaway', id: 8 }),
        h3('http3:frame_created', 2, {
          frame_type: 'priority_update',
          stream_id: 0,
          priority_field_value: 'u=1',
        }),
      ]),
      'x.sqlog',
    ),
    { width: 80, first: 10, last: 0 },
  );
  expect(lines.slice(1, 7).map((line) => line.slice(12).trim())).toEqual([
    '· h3 → 2 SETTINGS 2 settings',
    '· h3 → 0 HEADERS GET /a',
    '· h3 ← 0 HEADERS 200',
    '· h3 ← 0 DATA 12',
    '· h3 ← 3 GOAWAY 8',
    '· h3 → 2 PRIORITY_UPDATE 0 u=1',
  ]);
});

describe('a ladder', () => {
  const lines = drawLadder(file, { width: 80, first: 10, last: 0 });

  test('has an arrow for each packet, towards who gets it', () => {
    expect(lines[0]).toMatch(/ms {2}client +server w$/);
    expect(lines[1]).toMatch(/^ +0\.500 {2}─ initial 0 {2}CRYPTO 0\+300 ─+▶ ▄$/);
    expect(lines[2]).toMatch(/^ +20\.000 {2}◀─+ initial 1 {2}ACK 0-3,7 ─ ▄$/);
  });

  test('marks what was lost, where it was sent and where that became known', () => {
    expect(lines[3]).toMatch(/1RTT 5 {2}STREAM 4 10\+7 FIN ─+✗ ▄$/);
    expect(lines[4]).toMatch(/✗ 1RTT 5 lost \(unknown\) +█$/);
    expect(lines[5]).toMatch(/· closed: idle_timeout/);
  });

  test('ends with totals and the window', () => {
    expect(lines.at(-2)).toBe('2 sent, 1 received, 1 lost in 61.0 ms');
    expect(lines.at(-1)).toBe('window ▄█ 12 to 24 kB');
  });

  test.each([40, 57, 100, 200])('is no wider than %i columns', (width) => {
    for (const line of drawLadder(file, { width, first: 10, last: 10 }))
      expect(line.length).toBeLessThanOrEqual(width);
  });

  test('leaves the middle out when told so', () => {
    const rows = drawLadder(file, { width: 80, first: 1, last: 1 }).slice(1, 4);
    expect(rows[0]).toMatch(/initial 0/);
    expect(rows[1]).toMatch(/⋮ 3 more/);
    expect(rows[2]).toMatch(/closed/);
  });
});

test('what a file says cannot steer the terminal', () => {
  const evil = packet(1, 'transport:packet_sent', '\u001b[2J', 0, [{ frame_type: '\u0007' }]);
  const text = drawLadder(parseQlog(sequence([HEADER, evil]), 'x'), { width: 80, first: 5, last: 0 }).join(
    '',
  );
  expect(text).not.toMatch(/\p{Cc}/u);
});

test('a file cut short is read up to there; what is no qlog is refused', () => {
  const text = sequence([HEADER, ...EVENTS]);
  expect(parseQlog(text.slice(0, -20), 'x').events).toHaveLength(EVENTS.length - 1);
  expect(() => parseQlog('{"a":1}', 'x')).toThrow('x is no qlog');
  expect(() => parseQlog('', 'x')).toThrow('x is no qlog');
});

test('a sparkline keeps the peaks', () => {
  expect(downsample([1, 9, 2, 3], 2)).toEqual([9, 3]);
  expect(sparkline([0, 4, 8], 8)).toBe('▁▄█');
});

function packet(
  time: number,
  name: string,
  packet_type: string,
  packet_number: number,
  frames: readonly object[],
): object {
  return { time, name, data: { header: { packet_type, packet_number }, frames } };
}

test('however many metrics a file holds, it is drawn', () => {
  const events = Array.from({ length: 300_000 }, (_, time) => ({
    time,
    name: 'metrics_updated',
    data: { congestion_window: 1000 + time },
  }));
  const lines = drawLadder({ isClient: true, title: '', events }, { width: 80, first: 5, last: 5 });
  expect(lines.at(-1)).toMatch(/^window .* 1 to 301 kB$/);
});
