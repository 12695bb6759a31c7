import { expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { Http3Connection, type Http3Event } from '@tsquic/http3';
import { createQlogTracer, type QlogNames, type QlogTracer } from '@tsquic/qlog';
import { createPair, type Peer } from '@tsquic/simulator';
import { faultsOf } from './draft-faults.ts';
import { HTTP3_EVENTS } from './draft-table.ts';

interface QlogRecord {
  readonly time: number;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A request with content, trailers, a priority that changes and a session with a datagram; what both ends wrote of HTTP/3. */
function record(qlogNames: QlogNames): { client: QlogRecord[]; server: QlogRecord[] } {
  const texts = { client: '', server: '' };
  const tracers = {
    client: createQlogTracer({
      qlogNames,
      open: () => ({ write: (piece) => void (texts.client += piece), close: () => {} }),
    }),
    server: createQlogTracer({
      qlogNames,
      open: () => ({ write: (piece) => void (texts.server += piece), close: () => {} }),
    }),
  };
  const shared = { alpn: ['h3'], transport: { maxDatagramFrameBytes: 65_535 } };
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    link: { delayUs: 10_000 },
    client: { ...shared, tracer: tracers.client },
    server: { ...shared, tracer: tracers.server },
    clientHost: { reads: () => false },
    serverHost: { reads: () => false },
  });
  const server = follow(pair.server, tracers.server, (event, http) => {
    if (event.type !== 'request' && event.type !== 'end' && event.type !== 'datagram') return;
    const stream = http.stream(event.streamId)!;
    if (event.type === 'datagram') return void stream.write(new Uint8Array(0), true);
    if (event.type === 'request') {
      if (event.head.protocol !== undefined) stream.respond({ status: 200, fields: [] });
      return;
    }
    if (stream.hasEnded) return;
    stream.respond({ status: 200, fields: [{ name: 'set-cookie', value: 'secret' }] });
    stream.write(new Uint8Array(5));
    stream.sendTrailers([{ name: 'x', value: 'caf\u00e9' }]);
    http.goAway();
  });
  let isOver = false;
  const client = follow(pair.client, tracers.client, (event, http) => {
    if (event.type === 'settings') begin(http);
    if (event.type === 'end' && event.streamId === 0) http.stream(0)?.write(new Uint8Array(0), true);
    isOver ||= event.type === 'drained';
  });
  pair.connect();
  const isDone = (): boolean => {
    client();
    server();
    return isOver;
  };
  if (!pair.run(isDone, 5_000_000)) throw new Error('it did not end');
  const recordsOf = (text: string): QlogRecord[] =>
    text
      .split('\u001e')
      .slice(2)
      .map((one) => JSON.parse(one) as QlogRecord);
  const isHttp3 = ({ name }: QlogRecord): boolean => name.startsWith('http');
  const times = recordsOf(texts.server).map(({ time }) => time);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  return {
    client: recordsOf(texts.client).filter(isHttp3),
    server: recordsOf(texts.server).filter(isHttp3),
  };
}

function begin(http: Http3Connection): void {
  const target = { scheme: 'https', authority: 'a', path: '/' };
  const session = http.request({ ...target, method: 'CONNECT', protocol: 'p', fields: [] })!;
  session.sendDatagram(new Uint8Array(3));
  const fields = [{ name: 'authorization', value: 'secret' }];
  const post = http.request({ ...target, method: 'POST', fields }, { priority: { urgency: 1 } })!;
  post.setPriority({ urgency: 2, incremental: true });
  post.write(new Uint8Array(7), true);
}

function follow(
  side: Peer,
  tracer: QlogTracer,
  onEvent: (event: Http3Event, http: Http3Connection) => void,
): () => void {
  let http: Http3Connection | undefined;
  let fed = 0;
  return () => {
    if (side.connections.length === 0) return;
    const { id } = side.connection;
    http ??= new Http3Connection(side.connection, { datagrams: true, tracer: tracer.http3TracerOf(id) });
    while (fed < side.events.length) {
      http.onEvent(side.events[fed++]!);
      for (let event = http.nextEvent(); event; event = http.nextEvent()) {
        if (event.type === 'content') http.stream(event.streamId)?.read(new Uint8Array(100));
        onEvent(event, http);
      }
    }
  };
}

const { client, server } = record('quic');
const framesOf = (records: readonly QlogRecord[], name: string, streamId: number): string[] =>
  records
    .filter((one) => one.name === name && one.data['stream_id'] === streamId)
    .map(({ data }) => JSON.stringify(data['frame']));

test.each([
  ['client', client],
  ['server', server],
])('HTTP/3 is written in events and fields of the draft: %s', (_side, records) => {
  const faults = records.flatMap(({ name, data }) => {
    const table = HTTP3_EVENTS[name];
    return table === undefined ? [`${name} is no event`] : faultsOf(name, table, data);
  });
  expect([...new Set(faults)]).toEqual([]);
  const names = new Set([...client, ...server].map(({ name }) => name));
  expect([...names].sort()).toEqual(Object.keys(HTTP3_EVENTS).sort());
});

test.each([0, 2, 3, 4])('what one side makes the other reads, frame by frame: stream %d', (streamId) => {
  const both = (name: string): string[] => [
    ...framesOf(client, name, streamId),
    ...framesOf(server, name, streamId),
  ];
  expect(both('http3:frame_created').length).toBeGreaterThan(1);
  expect(both('http3:frame_parsed').sort()).toEqual(both('http3:frame_created').sort());
});

test('values of credentials are left out, and bytes that are no text are hexadecimal', () => {
  const all = JSON.stringify([client, server]);
  expect(all).not.toContain('secret');
  expect(all).toContain('{"name":"authorization"}');
  expect(all).toContain('{"name":"set-cookie"}');
  expect(all).toContain('{"name":"x","value_bytes":"636166e9"}');
});

test('qvis names', () => {
  const names = new Set(record('qvis').client.map(({ name }) => name));
  expect(names).toContain('http:frame_created');
  expect([...names].filter((name) => name.startsWith('http3:'))).toEqual([]);
});
