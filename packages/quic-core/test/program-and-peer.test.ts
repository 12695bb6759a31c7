import { describe, expect, test } from '@jest/globals';
import { concatBytes, toHex } from '@tsquic/bytes';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, createTestIdentity } from '@tsquic/simulator';
import { covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import { Level } from '@tsquic/tls13';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import type { QuicContext } from '../src/context/context.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { PacketReader } from '../src/packet/reader.ts';
import { VERSIONS } from '../src/version/versions.ts';
import { Attacker, ATTACKER, PADDING, PING } from './support/attacker.ts';
import { attackClient, attackServer, createClient, createServer, eventsOf } from './support/contexts.ts';
import { packetLog } from './support/early.ts';
import { CLIENT, passTime, SERVER } from './support/exchange.ts';
import { frame, streamFrame } from './support/frames.ts';

const APP = Level.Application;
const MS = 1000;
const SECOND = 1_000_000;
const TO = { to: SERVER, from: CLIENT, serverName: 'server.test' };

/** The tokens of the Initial packets that a client sends now. */
function tokensOf(client: QuicContext, nowUs: number): string[] {
  const out = createOutgoingDatagram(new Uint8Array(1500));
  const reader = new PacketReader(8, VERSIONS);
  const tokens: string[] = [];
  while (client.prepareNextPacket(out, nowUs) > 0) {
    reader.reset(out.buffer.slice(0, out.length), out.length);
    while (reader.next()) {
      const { tokenAt, tokenLength } = reader.header;
      if (reader.header.version !== 0) tokens.push(toHex(out.buffer.slice(tokenAt, tokenAt + tokenLength)));
    }
  }
  return tokens;
}

describe('what a server gives for the next connection', () => {
  /** A client after a connection whose server gave it a ticket and this token. */
  function given(token: Uint8Array): { client: QuicContext; session: Uint8Array } {
    const client = createClient();
    const attacker = attackClient(client, {
      tlsServer: {
        tickets: { seal: (plaintext) => Uint8Array.of(1, ...plaintext), open: (ticket) => ticket.slice(1) },
      },
    });
    attacker.send(
      APP,
      concatBytes(frame(Type.HandshakeDone), frame(Type.NewToken, [], length1(token)), PADDING),
    );
    const events = eventsOf(client);
    expect(events.find(({ type }) => type === 'token')).toMatchObject({ token });
    client.connection(0)!.close();
    attacker.pass(5 * SECOND);
    return { client, session: events.find((event) => event.type === 'ticket')!.ticket };
  }
  const length1 = (bytes: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(bytes.length), bytes);
  const TOKEN = Uint8Array.from({ length: 50 }, (_, i) => 255 - i);

  test('a token is shown to nobody unless the program says that it belongs there', () => {
    covers('rfc9000-8.1.3-10');
    for (const to of [ATTACKER, SERVER, { ...ATTACKER, port: 9 }]) {
      const { client, session } = given(TOKEN);
      for (const more of [{}, { session }]) {
        client.createConnection({ to, serverName: 'server.test', ...more }, 9 * SECOND);
        const tokens = tokensOf(client, 9 * SECOND);
        expect(tokens.length).toBeGreaterThan(0);
        expect(new Set(tokens)).toEqual(new Set(['']));
      }
      client.createConnection({ to, serverName: 'server.test', token: TOKEN }, 9 * SECOND);
      expect(new Set(tokensOf(client, 9 * SECOND))).toEqual(new Set([toHex(TOKEN)]));
    }
  });

  test('the token of a Retry is shown to the server that sent it, and to no other', () => {
    covers('rfc9000-8.1.3-10');
    const client = createClient();
    const tokens: string[] = [];
    const one = createServer({ retry: 'always' });
    const onDatagram = (bytes: Uint8Array, fromClient: boolean): void => {
      const reader = new PacketReader(8, VERSIONS);
      reader.reset(bytes.slice(), bytes.length);
      if (fromClient && reader.next())
        tokens.push(
          toHex(bytes.subarray(reader.header.tokenAt, reader.header.tokenAt + reader.header.tokenLength)),
        );
    };
    client.createConnection(TO, SECOND);
    passTime({ client, server: one, onDatagram }, SECOND, 500 * MS);
    expect(tokens.some((token) => token.length > 0)).toBe(true);
    client.createConnection(TO, 2 * SECOND);
    expect(new Set(tokensOf(client, 2 * SECOND))).toContain('');
    expect(tokensOf(client, 4 * SECOND).filter((token) => tokens.includes(token) && token !== '')).toEqual(
      [],
    );
  });

  test.each([1, 7, 100, 300])('tokens of %i bytes of any value come back as they are', (length) => {
    covers('rfc9001-9.2-3');
    for (const start of [0, 1, 128, 255]) {
      const token = Uint8Array.from({ length }, (_, i) => (start + i * 37) & 0xff);
      const client = createClient();
      client.createConnection({ ...TO, token }, SECOND);
      expect(new Set(tokensOf(client, SECOND))).toEqual(new Set([toHex(token)]));
    }
  });

  test.each([1, 50, 500])('a ticket of %i bytes of any value comes back as it is', (length) => {
    covers('rfc9001-9.2-3');
    const ticket = Uint8Array.from({ length }, (_, i) => (i * 91 + length) & 0xff);
    const client = createClient();
    const opened: string[] = [];
    const tickets = {
      seal: (): Uint8Array => ticket,
      open: (seen: Uint8Array): undefined => void opened.push(toHex(seen)),
    };
    const attacker = attackClient(client, { tlsServer: { tickets } });
    attacker.send(APP, concatBytes(frame(Type.HandshakeDone), PADDING));
    const session = eventsOf(client).find((event) => event.type === 'ticket')!.ticket;
    expect(opened).toEqual([]);
    // A server that makes nothing of it goes on without.
    const again = new Attacker({
      victim: client,
      crypto: seededCrypto(5),
      isClient: false,
      identity: createTestIdentity(seededCrypto(5)),
      tlsServer: { tickets },
    });
    client.connection(0)!.close();
    attacker.pass(5 * SECOND);
    again.nowUs = attacker.nowUs;
    client.createConnection({ to: ATTACKER, serverName: 'server.test', session }, again.nowUs);
    again.pump();
    expect(opened).toEqual([toHex(ticket)]);
    expect(again.complete).toBe(true);
  });
});

describe('RESET_STREAM', () => {
  const ROLES: readonly [string, () => Attacker][] = [
    ['server', () => attackServer(createServer())],
    ['client', () => attackClient(createClient()).send(APP, concatBytes(frame(Type.HandshakeDone), PADDING))],
  ];

  /** What the peer may do to a stream of a victim whose program resets nothing. */
  const TRIALS: readonly [string, (attacker: Attacker, id: number) => void][] = [
    ['acknowledges nothing', () => {}],
    ['gives little credit', (attacker, id) => void attacker.send(APP, frame(Type.MaxStreamData, [id, 100]))],
    ['ends its side', (attacker, id) => void attacker.send(APP, streamFrame(id, 0, PING, true))],
    ['resets its side', (attacker, id) => void attacker.send(APP, frame(Type.ResetStream, [id, 7, 0]))],
    [
      'closes',
      (attacker) => void attacker.send(APP, concatBytes(frame(Type.ApplicationClose, [3, 0]), PADDING)),
    ],
    ['breaks the protocol', (attacker) => void attacker.send(APP, concatBytes(Uint8Array.of(0x21), PADDING))],
    [
      'updates its keys',
      (attacker) => (attacker.updateKeys(), void attacker.send(APP, concatBytes(PING, PADDING))),
    ],
  ];

  test.each(
    ROLES.flatMap(([role, attack]) => TRIALS.map(([name, act]) => [role, name, attack, act] as const)),
  )('of a %s is not sent when the peer %s', (_role, _name, attack, act) => {
    covers('rfc9000-11.2-1');
    const attacker = attack();
    const stream = attacker.victim.connection(0)!.openStream()!;
    stream.write(new Uint8Array(5000));
    attacker.pump();
    act(attacker, stream.id);
    stream.write(new Uint8Array(5000), true);
    attacker.pass(60 * SECOND);
    expect(attacker.framesOf(Type.ResetStream)).toEqual([]);
  });

  test.each(ROLES)(
    'of a %s is sent when its program, or the program of its peer, asks for it',
    (_role, attack) => {
      covers('rfc9000-11.2-1');
      for (const act of [
        (_attacker: Attacker, stream: { reset(code: number): void }): void => stream.reset(9),
        (attacker: Attacker, { id }: { id: number }): void =>
          void attacker.send(APP, frame(Type.StopSending, [id, 9])),
      ]) {
        const attacker = attack();
        const stream = attacker.victim.connection(0)!.openStream()!;
        stream.write(new Uint8Array(5000));
        attacker.pump();
        act(attacker, stream as never);
        attacker.pump();
        expect(attacker.framesOf(Type.ResetStream)).toMatchObject([
          { values: [stream.id, 9, expect.any(Number)] },
        ]);
      }
    },
  );

  test.each([1, 2, 3])('is not sent over a bad path, nor at its end (seed %i)', (seed) => {
    covers('rfc9000-11.2-1');
    const [up, down] = [packetLog(), packetLog()];
    const pair = createConnectedPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed,
      link: { delayUs: 20 * MS, loss: { kind: 'random', rate: 0.1 } },
      client: { tracer: up.tracer },
      server: { tracer: down.tracer },
      serverHost: { respond: () => 50_000 },
    });
    for (let i = 0; i < 10; i++) pair.client.sendPattern(20_000);
    pair.pass(3 * SECOND);
    Object.assign(pair.up.options, { loss: { kind: 'random', rate: 1 } });
    pair.client.sendPattern(20_000);
    pair.pass(120 * SECOND);
    expect(pair.client.connection.closeReason).toBeDefined();
    const types = [...up.sent, ...down.sent].flatMap(({ frames }) => frames.map(({ type }) => type));
    expect(types).toContain('stream');
    expect(types).not.toContain('reset_stream');
  });
});
