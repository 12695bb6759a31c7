import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createQlogTracer, type QlogOptions } from '@tsquic/qlog';
import { createPair, type Pair } from '@tsquic/simulator';
import { faultsOf } from './draft-faults.ts';
import { EVENTS } from './draft-table.ts';

const TRANSFER_BYTES = 1_200_000;

interface QlogRecord {
  readonly time: number;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Recorded {
  readonly pair: Pair;
  readonly client: readonly QlogRecord[];
  readonly server: readonly QlogRecord[];
  readonly headers: readonly Readonly<Record<string, unknown>>[];
  readonly closedSinks: number;
}

describe('a transfer that loses packets', () => {
  const recorded = record('quic');

  test('is a sequence of JSON texts that begins with the header of the drafts', () => {
    expect(recorded.headers).toHaveLength(2);
    for (const [index, header] of recorded.headers.entries()) {
      expect(Object.keys(header)).toEqual(['file_schema', 'serialization_format', 'title', 'trace']);
      expect(header).toMatchObject({
        file_schema: 'urn:ietf:params:qlog:file:sequential',
        serialization_format: 'application/qlog+json-seq',
        trace: {
          event_schemas: [
            'urn:ietf:params:qlog:events:quic-13',
            'urn:ietf:params:qlog:events:http3-13',
            expect.stringMatching(/^urn:ietf:params:qlog:events:loglevel/),
          ],
          vantage_point: { type: index === 0 ? 'client' : 'server' },
          common_fields: { reference_time: { clock_type: 'monotonic', epoch: 'unknown' } },
        },
      });
    }
    expect(recorded.closedSinks).toBe(2);
  });

  test.each(['client', 'server'] as const)('has only events and fields of the drafts: %s', (side) => {
    const faults = recorded[side].flatMap(({ name, data }) => {
      const table = EVENTS[name];
      return table === undefined ? [`${name} is no event`] : faultsOf(name, table, data);
    });
    expect([...new Set(faults)]).toEqual([]);
  });

  test.each(['client', 'server'] as const)('has its events in order of time: %s', (side) => {
    const times = recorded[side].map(({ time }) => time);
    expect(times[0]).toBe(0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('has every core event, and what a lossy transfer must show', () => {
    const names = new Set([...recorded.client, ...recorded.server].map(({ name }) => name));
    for (const name of [
      'version_information',
      'alpn_information',
      'parameters_set',
      'packet_sent',
      'packet_received',
      'recovery_metrics_updated',
      'packet_lost',
      'connection_started',
      'connection_closed',
      'congestion_state_updated',
      'key_discarded',
      'mtu_updated',
      'udp_datagrams_sent',
      'udp_datagrams_received',
    ])
      expect(names).toContain(`quic:${name}`);
  });

  test('counts as the connection and the link count', () => {
    const { pair, client } = recorded;
    const { packetsSent, packetsLost, packetsReceived } = pair.client.connections[0]!.statistics();
    expect(named(client, 'quic:packet_sent')).toHaveLength(packetsSent);
    expect(named(client, 'quic:packet_lost')).toHaveLength(packetsLost);
    expect(packetsLost).toBeGreaterThan(0);
    expect(named(client, 'quic:packet_received')).toHaveLength(packetsReceived);
  });

  test('what one side sends and the other receives is the same, frame by frame', () => {
    const framesOf = (records: readonly QlogRecord[], name: string): Map<string, string> =>
      new Map(
        named(records, name).map(({ data }) => {
          const { packet_type, packet_number } = data['header'] as Record<string, unknown>;
          return [`${packet_type as string} ${packet_number as number}`, JSON.stringify(data['frames'])];
        }),
      );
    const sent = framesOf(recorded.client, 'quic:packet_sent');
    const received = framesOf(recorded.server, 'quic:packet_received');
    expect(received.size).toBeGreaterThan(100);
    for (const [packet, frames] of received) expect([packet, sent.get(packet)]).toEqual([packet, frames]);
    expect(received.size).toBeLessThan(sent.size);
  });

  test('every byte of the stream is in some frame sent', () => {
    const covered = new Uint8Array(TRANSFER_BYTES);
    for (const { data } of named(recorded.client, 'quic:packet_sent')) {
      for (const frame of data['frames'] as Record<string, unknown>[]) {
        if (frame['frame_type'] !== 'stream' || frame['stream_id'] !== 0) continue;
        const offset = frame['offset'] as number;
        covered.fill(1, offset, offset + (frame['raw'] as { payload_length: number }).payload_length);
      }
    }
    expect(covered.indexOf(0)).toBe(-1);
  });
});

test('qvis names: the header that it knows files by, the categories that its graphs look up', () => {
  const { client, headers } = record('qvis');
  expect(Object.entries(headers[0]!).slice(0, 2)).toEqual([
    ['qlog_version', '0.3'],
    ['qlog_format', 'JSON-SEQ'],
  ]);
  const names = new Set(client.map(({ name }) => name));
  for (const name of [
    'transport:packet_sent',
    'transport:packet_received',
    'transport:parameters_set',
    'recovery:metrics_updated',
    'recovery:packet_lost',
  ])
    expect(names).toContain(name);
  expect([...names].filter((name) => name.startsWith('quic:'))).toEqual([]);
});

function record(qlogNames: 'quic' | 'qvis'): Recorded {
  const [clientFile, serverFile] = [createMemoryFile(), createMemoryFile()];
  const tracer = (file: MemoryFile) => createQlogTracer({ qlogNames, open: file.open });
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 7,
    up: { loss: { kind: 'random', rate: 0.05 } },
    client: { tracer: tracer(clientFile) },
    server: { tracer: tracer(serverFile) },
  });
  pair.connect();
  expect(pair.run(() => pair.client.has('connected'), 10_000_000)).toBe(true);
  const { id } = pair.client.sendPattern(TRANSFER_BYTES);
  expect(pair.run(() => pair.server.received(id).finished, 60_000_000)).toBe(true);
  pair.pass(1_000_000);
  pair.client.connection.close(3, 'enough');
  pair.pass(10_000_000);
  return {
    pair,
    client: clientFile.records().slice(1) as unknown as QlogRecord[],
    server: serverFile.records().slice(1) as unknown as QlogRecord[],
    headers: [clientFile, serverFile].map((file) => file.records()[0]!),
    closedSinks: clientFile.closed() + serverFile.closed(),
  };
}

interface MemoryFile {
  readonly open: QlogOptions['open'];
  readonly closed: () => number;
  readonly records: () => Readonly<Record<string, unknown>>[];
}

function createMemoryFile(): MemoryFile {
  let text = '';
  let closed = 0;
  return {
    open: () => ({ write: (piece) => void (text += piece), close: () => void closed++ }),
    closed: () => closed,
    // RFC 7464: what stands between a record separator and a line feed is one JSON text.
    records() {
      const [before, ...texts] = text.split('\u001e');
      expect(before).toBe('');
      expect(texts.every((one) => one.endsWith('\n'))).toBe(true);
      return texts.map((one) => JSON.parse(one) as Record<string, unknown>);
    },
  };
}

function named(records: readonly QlogRecord[], wanted: string): readonly QlogRecord[] {
  return records.filter(({ name }) => name === wanted);
}
