import { expect, test } from '@jest/globals';
import type { QuicConnection, QuicEvent, QuicStream } from '@tsquic/quic-core';
import { createConnectedPair } from '@tsquic/simulator';
import { createNodeProvider } from '@tsquic/crypto/node';
import { type ConnectionHandlers, EventDispatcher, type StreamHandlers } from './event-dispatcher.ts';

/** Connections of a server whose streams write down what is done to them. */
class Context {
  readonly done: string[] = [];
  private readonly connections = new Map<number, QuicConnection>();
  private readonly streams = new Map<string, QuicStream>();

  connection(id: number): QuicConnection {
    const known = this.connections.get(id);
    if (known !== undefined) return known;
    const made = {
      ...{ id, isClient: false, closeReason: undefined },
      refuse: () => this.done.push(`refuse ${id}`),
      stream: (streamId: number) => this.stream(made as unknown as QuicConnection, streamId),
    };
    this.connections.set(id, made as unknown as QuicConnection);
    return made as unknown as QuicConnection;
  }

  private stream(connection: QuicConnection, id: number): QuicStream {
    const key = `${connection.id}/${id}`;
    const stream = this.streams.get(key) ?? {
      ...{ id, connection, finished: false },
      stopSending: (code: number) => void this.done.push(`stop ${key} ${code}`),
      reset: (code: number) => void this.done.push(`reset ${key} ${code}`),
    };
    this.streams.set(key, stream as unknown as QuicStream);
    return stream as unknown as QuicStream;
  }
}

/** Every method there is, each telling its name. */
function tellingStream(name: string, told: string[]): Required<StreamHandlers> {
  return {
    onReadable: () => void told.push(`${name} readable`),
    onWritable: () => void told.push(`${name} writable`),
    onReset: (code) => void told.push(`${name} reset ${code}`),
    onStopped: (code) => void told.push(`${name} stopped ${code}`),
    onDelivered: () => void told.push(`${name} delivered`),
    onReleased: () => void told.push(`${name} released`),
    onClosed: ({ kind }) => void told.push(`${name} closed ${kind}`),
  };
}

function tellingConnection(name: string, told: string[]): Required<ConnectionHandlers> {
  return {
    onConnected: ({ alpn }) => void told.push(`${name} connected ${alpn}`),
    onConfirmed: () => void told.push(`${name} confirmed`),
    onEarlyData: ({ state }) => void told.push(`${name} early data ${state}`),
    onEarlyDataUse: (id, expiresAtMs) => void told.push(`${name} early data use ${id.length} ${expiresAtMs}`),
    onCertificate: (serverName, chain) => void told.push(`${name} certificate ${serverName} ${chain.length}`),
    onStream: ({ id }) => tellingStream(`${name}/${id}`, told),
    onStreamsAvailable: (unidirectional) => void told.push(`${name} available ${unidirectional}`),
    onTicket: ({ length }) => void told.push(`${name} ticket ${length}`),
    onPath: ({ change }) => void told.push(`${name} path ${change}`),
    onPathQuality: ({ pathId }) => void told.push(`${name} quality ${pathId}`),
    onPathState: ({ pathId, state }) => void told.push(`${name} path ${pathId} ${state}`),
    onToken: ({ length }) => void told.push(`${name} token ${length}`),
    onDatagramReadable: () => void told.push(`${name} datagram readable`),
    onDatagramWritable: () => void told.push(`${name} datagram writable`),
    onDatagramOutcome: (tag, outcome) => void told.push(`${name} datagram ${tag} ${outcome}`),
    onDatagramSize: (maxBytes) => void told.push(`${name} datagram size ${maxBytes}`),
    onDatagramsDropped: (total) => void told.push(`${name} datagrams dropped ${total}`),
    onWake: () => void told.push(`${name} wake`),
    onClosed: ({ kind }) => void told.push(`${name} closed ${kind}`),
  };
}

const CONNECTED = {
  ...{
    alpn: 'a',
    serverName: '',
    cipherSuite: '',
    group: 'X25519',
    resumed: false,
    earlyDataAccepted: false,
  },
  peerCertificates: [],
} as const;
const HERE = { ip: '127.0.0.1', port: 1 };
const ABANDONED = {
  type: 'path-state',
  pathId: 1,
  state: 'abandoned',
  code: 0,
  local: HERE,
  remote: HERE,
} as const;
const IDLE = { kind: 'idle-timeout' } as const;

function dispatchAll(dispatcher: EventDispatcher, events: readonly QuicEvent[]): void {
  for (const event of events) dispatcher.dispatch(event);
}

test('every kind of event reaches the handler of its connection or stream, and no other', () => {
  const told: string[] = [];
  const dispatcher = new EventDispatcher(new Context(), {
    onConnection: ({ id }) => tellingConnection(`${id}`, told),
  });
  dispatchAll(dispatcher, [
    { type: 'accepted', connection: 1 },
    { type: 'accepted', connection: 2 },
    { type: 'early-data', connection: 1, state: 'accepted', alpn: 'a', serverName: 'n' },
    { type: 'early-data-use', connection: 1, id: new Uint8Array(16), expiresAtMs: 5 },
    { type: 'certificate', connection: 2, serverName: 'n', chain: [new Uint8Array(1)] },
    { type: 'connected', connection: 1, ...CONNECTED },
    { type: 'confirmed', connection: 1 },
    { type: 'ticket', connection: 2, ticket: new Uint8Array(3) },
    { type: 'token', connection: 2, token: new Uint8Array(4), version: 1 },
    { type: 'path', connection: 2, change: 'active', local: HERE, remote: HERE },
    { ...ABANDONED, connection: 2 },
    { type: 'wake', connection: 1 },
    { type: 'datagram-readable', connection: 1 },
    { type: 'datagram-writable', connection: 2 },
    { type: 'datagram-outcome', connection: 1, tag: 5, outcome: 'lost' },
    { type: 'datagram-size', connection: 2, maxBytes: 1170 },
    { type: 'datagrams-dropped', connection: 1, total: 3 },
    { type: 'streams-available', connection: 1, unidirectional: true },
    { type: 'stream-opened', connection: 1, streamId: 0 },
    { type: 'stream-opened', connection: 2, streamId: 0 },
    { type: 'stream-readable', connection: 1, streamId: 0 },
    { type: 'stream-writable', connection: 2, streamId: 0 },
    { type: 'stream-reset', connection: 1, streamId: 0, code: 7, reliableSize: 3 },
    { type: 'stream-stopped', connection: 1, streamId: 0, code: 8 },
    { type: 'stream-delivered', connection: 2, streamId: 0 },
    { type: 'stream-released', connection: 1, streamId: 0 },
    { type: 'closed', connection: 1, reason: IDLE },
    { type: 'closed', connection: 2, reason: IDLE },
  ]);
  expect(told).toEqual([
    '1 early data accepted',
    '1 early data use 16 5',
    '2 certificate n 1',
    '1 connected a',
    '1 confirmed',
    '2 ticket 3',
    '2 token 4',
    '2 path active',
    '2 path 1 abandoned',
    '1 wake',
    '1 datagram readable',
    '2 datagram writable',
    '1 datagram 5 lost',
    '2 datagram size 1170',
    '1 datagrams dropped 3',
    '1 available true',
    '1/0 readable',
    '2/0 writable',
    '1/0 reset 7',
    '1/0 stopped 8',
    '2/0 delivered',
    '1/0 released',
    '1 closed idle-timeout',
    '2 closed idle-timeout',
    '2/0 closed idle-timeout',
  ]);
  expect(dispatcher.size).toBe(0);
});

test('whatever throws, everybody else hears everything, and the faults are told', () => {
  const context = new Context();
  const faults: string[] = [];
  const told: string[] = [];
  const bad = (place: string) => () => {
    throw new Error(place);
  };
  const dispatcher: EventDispatcher = new EventDispatcher(context, {
    onConnection: ({ id }) => {
      if (id === 1) throw new Error('onConnection');
      const onStream = ({ id: streamId }: QuicStream): StreamHandlers => {
        if (streamId === 0) throw new Error('onStream');
        return { ...tellingStream(`${id}/${streamId}`, told), onReadable: bad('onReadable') };
      };
      return { ...tellingConnection(`${id}`, told), onStream, onConfirmed: bad('onConfirmed') };
    },
    onError: (error, event) => void faults.push(`${(error as Error).message} at ${event.type}`),
  });
  dispatchAll(dispatcher, [
    { type: 'accepted', connection: 1 },
    { type: 'accepted', connection: 2 },
    { type: 'confirmed', connection: 2 },
    { type: 'stream-opened', connection: 2, streamId: 0 },
    { type: 'stream-opened', connection: 2, streamId: 4 },
    { type: 'stream-opened', connection: 2, streamId: 8 },
    { type: 'stream-readable', connection: 2, streamId: 4 },
    { type: 'stream-readable', connection: 2, streamId: 8 },
    { type: 'stream-writable', connection: 2, streamId: 8 },
  ]);
  // Those whose handlers could not be had are refused.
  expect(context.done).toEqual(['refuse 1', 'stop 2/0 0', 'reset 2/0 0']);
  const streams = [...dispatcher.streamsOf(context.connection(2)).values()];
  streams[0]!.onClosed = bad('onClosed of a stream');
  dispatcher.follow(context.connection(2), { onClosed: bad('onClosed') });
  dispatcher.dispatch({ type: 'closed', connection: 2, reason: IDLE });
  expect(told).toEqual(['2/8 writable', '2/8 closed idle-timeout']);
  expect(faults).toEqual([
    'onConnection at accepted',
    'onConfirmed at confirmed',
    'onStream at stream-opened',
    'onReadable at stream-readable',
    'onReadable at stream-readable',
    'onClosed at closed',
    'onClosed of a stream at closed',
  ]);
});

test('connections and streams that nobody wants are refused once, and nothing is kept of them', () => {
  const context = new Context();
  let asked = 0;
  const dispatcher = new EventDispatcher(context, {
    onConnection: ({ id }) => (asked++, id === 2 ? { onStream: () => (asked++, undefined) } : undefined),
    refusalCode: 9,
  });
  dispatchAll(dispatcher, [
    { type: 'accepted', connection: 1 },
    // What is in the queue already, of a connection that was refused.
    { type: 'stream-opened', connection: 1, streamId: 0 },
    { type: 'accepted', connection: 2 },
    { type: 'stream-opened', connection: 2, streamId: 2 },
    { type: 'stream-readable', connection: 2, streamId: 2 },
    { type: 'stream-opened', connection: 2, streamId: 4 },
    // One of the program's own: it is asked about again, for it may be followed any time.
    { type: 'stream-writable', connection: 2, streamId: 1 },
    { type: 'stream-readable', connection: 2, streamId: 1 },
    { type: 'closed', connection: 1, reason: IDLE },
  ]);
  expect(context.done).toEqual([
    ...['refuse 1', 'stop 1/0 9', 'reset 1/0 9'],
    ...['stop 2/2 9', 'stop 2/4 9', 'reset 2/4 9', 'stop 2/1 9'],
  ]);
  expect(asked).toBe(2 + 4);
  expect([dispatcher.size, dispatcher.streamsOf(context.connection(2)).size]).toEqual([1, 0]);
});

test('who follows later hears what comes later, and nobody is followed after the end', () => {
  const context = new Context();
  const told: string[] = [];
  const dispatcher = new EventDispatcher(context, { onConnection: () => tellingConnection('first', told) });
  const connection = context.connection(1);
  const stream = connection.stream(0)!;
  // No connection, no streams.
  dispatcher.followStream(stream, tellingStream('early', told));
  dispatchAll(dispatcher, [
    { type: 'accepted', connection: 1 },
    { type: 'stream-opened', connection: 1, streamId: 0 },
  ]);
  dispatcher.follow(connection, tellingConnection('second', told));
  dispatchAll(dispatcher, [
    { type: 'confirmed', connection: 1 },
    { type: 'stream-readable', connection: 1, streamId: 0 },
  ]);
  dispatcher.followStream(stream, tellingStream('later', told));
  dispatcher.dispatch({ type: 'stream-readable', connection: 1, streamId: 0 });
  expect(told).toEqual(['second confirmed', 'first/0 readable', 'later readable']);
  dispatcher.dispatch({ type: 'closed', connection: 1, reason: IDLE });
  dispatcher.follow(connection, {});
  dispatcher.followStream(stream, {});
  expect([dispatcher.size, dispatcher.streamsOf(connection).size]).toEqual([0, 0]);
});

test('without onError a fault is an uncaught exception of the runtime, as of any other callback', async () => {
  const context = new Context();
  const dispatcher = new EventDispatcher(context, {
    onConnection: () => {
      throw new Error('mine');
    },
  });
  const queued: (() => void)[] = [];
  const queue = globalThis.queueMicrotask;
  globalThis.queueMicrotask = (task) => void queued.push(task);
  try {
    dispatcher.dispatch({ type: 'accepted', connection: 1 });
  } finally {
    globalThis.queueMicrotask = queue;
  }
  expect(queued.map((task) => () => task())).toHaveLength(1);
  expect(() => queued[0]!()).toThrow('mine');
});

test('streams that nobody follows stop, and give back their places and the credit of the connection', () => {
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    serverHost: { reads: () => false },
    client: { transport: { maxBidirectionalStreams: 0, maxUnidirectionalStreams: 0 } },
    server: {
      transport: {
        ...{ maxBidirectionalStreams: 2, streamWindowBytes: 10_000, maxStreamWindowBytes: 10_000 },
        ...{ connectionWindowBytes: 15_000, maxConnectionWindowBytes: 15_000 },
      },
    },
  });
  const { client, server } = pair;
  let refused = 0;
  // The server's application follows no stream; its host program tells it of events all the same.
  const dispatcher = new EventDispatcher(server.context, {
    onConnection: () => ({ onStream: () => (refused++, undefined) }),
  });
  let fed = server.events.length;
  const deliver = (): void => {
    for (; fed < server.events.length; fed++) dispatcher.dispatch(server.events[fed]!);
  };
  // Twenty streams of 8 kB through a window of 15 kB, two at a time.
  for (let count = 0; count < 20; count++) {
    expect(
      pair.run(() => {
        deliver();
        return client.trySendPattern(8000) !== undefined;
      }, 10_000_000),
    ).toBe(true);
  }
  expect(pair.run(() => (deliver(), refused === 20), 10_000_000)).toBe(true);
  expect(dispatcher.streamsOf(server.connection).size).toBe(0);
});
