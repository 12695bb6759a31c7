import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import type { QuicContext } from '../src/context/context.ts';
import type { QuicConnection } from '../src/context/handles.ts';
import { FrameType } from '../src/frame/rules.ts';
import { type Attacker, PING } from './support/attacker.ts';
import { attackServer, createServer, eventsOf } from './support/contexts.ts';
import { ackFrame, frame, type SeenFrame, streamFrame } from './support/frames.ts';

const APP = Level.Application;
const MS = 1000;

/** What makes the server send a frame, besides the handshake. */
type Cause = (client: Attacker, connection: QuicConnection, server: QuicContext) => void;

interface Row {
  /** Lowest type of the frame, and the highest where its bits tell more. */
  readonly type: number;
  readonly highest?: number;
  readonly cause: Cause;
  /** What the client allows. */
  readonly allows?: Readonly<Record<string, number>>;
  readonly ids?: string;
}

const NOTHING: Cause = () => {};
const TEN = new Uint8Array(10);
/** The first stream of each side and kind. */
const CLIENT_BIDI = 0;

const ROWS: Readonly<Record<string, Row>> = {
  CRYPTO: { type: FrameType.Crypto, cause: NOTHING },
  HANDSHAKE_DONE: { type: FrameType.HandshakeDone, cause: NOTHING, ids: covers('rfc9000-13.3-3') },
  NEW_TOKEN: { type: FrameType.NewToken, cause: NOTHING },
  NEW_CONNECTION_ID: { type: FrameType.NewConnectionId, cause: NOTHING },
  RETIRE_CONNECTION_ID: {
    type: FrameType.RetireConnectionId,
    cause(client) {
      const id = concatBytes(Uint8Array.of(8), new Uint8Array(8).fill(0xe1), new Uint8Array(16).fill(1));
      client.send(APP, frame(FrameType.NewConnectionId, [1, 1], id));
    },
  },
  STREAM: {
    type: FrameType.Stream,
    highest: FrameType.Stream + 7,
    cause: (client, connection) => void connection.openStream()!.write(TEN),
  },
  'STREAM that ends': {
    type: FrameType.Stream,
    highest: FrameType.Stream + 7,
    cause: (client, connection) => void connection.openStream()!.write(new Uint8Array(0), true),
  },
  RESET_STREAM: {
    type: FrameType.ResetStream,
    ids: covers('rfc9000-13.3-1'),
    cause: (client, connection) => connection.openStream()!.reset(7),
  },
  STOP_SENDING: {
    type: FrameType.StopSending,
    cause: (client, connection) => connection.openStream()!.stopSending(7),
  },
  MAX_STREAM_DATA: {
    type: FrameType.MaxStreamData,
    cause(client, connection) {
      client.send(APP, streamFrame(CLIENT_BIDI, 0, new Uint8Array(1000)));
      connection.stream(CLIENT_BIDI)!.read(new Uint8Array(1000));
    },
  },
  MAX_DATA: {
    type: FrameType.MaxData,
    cause(client, connection) {
      for (const id of [0, 4]) client.send(APP, streamFrame(id, 0, new Uint8Array(1000)));
      for (const id of [0, 4]) connection.stream(id)!.read(new Uint8Array(1000));
    },
  },
  MAX_STREAMS: {
    type: FrameType.MaxStreamsUni,
    cause(client, connection, server) {
      for (const id of [2, 6, 10, 14]) client.send(APP, streamFrame(id, 0, TEN, true));
      for (const id of [2, 6, 10, 14]) connection.stream(id)!.read(new Uint8Array(100));
      // A stream is over for its peer once the program has heard of it.
      eventsOf(server);
    },
  },
  DATA_BLOCKED: {
    type: FrameType.DataBlocked,
    allows: { initialMaxData: 5 },
    cause: (client, connection) => void connection.openStream()!.write(TEN),
  },
  STREAM_DATA_BLOCKED: {
    type: FrameType.StreamDataBlocked,
    allows: { initialMaxStreamDataBidiRemote: 5 },
    cause: (client, connection) => void connection.openStream()!.write(TEN),
  },
  STREAMS_BLOCKED: {
    type: FrameType.StreamsBlockedBidi,
    allows: { initialMaxStreamsBidi: 0 },
    cause: (client, connection) => void connection.openStream(),
  },
};

/** A server with small windows, and a client that has shaken hands with it and acknowledged nothing since. */
function shakeHands({ allows = {} }: Row): { server: QuicContext; client: Attacker } {
  const transport = {
    connectionWindowBytes: 2000,
    maxConnectionWindowBytes: 2000,
    streamWindowBytes: 1000,
    maxStreamWindowBytes: 1000,
    maxUnidirectionalStreams: 4,
  };
  const server = createServer({ transport });
  const client = attackServer(server, { parameters: (own) => void Object.assign(own, allows) });
  return { server, client };
}

describe('what a lost packet carried is sent again', () => {
  test.each(Object.entries(ROWS))('%s', (_name, row) => {
    const { server, client } = shakeHands(row);
    eventsOf(server);
    row.cause(client, server.connection(0)!, server);
    client.pump();
    const isWanted = ({ type }: SeenFrame): boolean => type >= row.type && type <= (row.highest ?? row.type);
    const carriers = client.seen.filter(({ level, frames }) => level === APP && frames.some(isWanted));
    expect(carriers.length).toBeGreaterThan(0);

    // Packets after it arrive, and it does not; the client says so before any timeout of the server's.
    for (let i = 0; i < 8; i++) client.send(APP, PING);
    const lost = new Set(carriers.map(({ number }) => number));
    const arrived = client.seen.filter(({ level, number }) => level === APP && !lost.has(number));
    const before = client.seen.length;
    client.send(APP, ackFrame(arrived.map(({ number }) => number)));
    client.pass(MS);
    const repeated = client.seen.slice(before).flatMap(({ frames }) => frames.filter(isWanted));
    expect(repeated).toEqual(carriers.flatMap(({ frames }) => frames.filter(isWanted)));

    // What was acknowledged is over.
    const all = client.seen.filter(({ level }) => level === APP).map(({ number }) => number);
    client.send(APP, ackFrame(all));
    const after = client.seen.length;
    client.pass(10 * MS);
    expect(client.seen.slice(after).flatMap(({ frames }) => frames.filter(isWanted))).toEqual([]);
  });
});
