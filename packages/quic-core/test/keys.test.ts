import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type Pair, randomBytes } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import { QuicUsageError } from '../src/errors/usage-error.ts';
import { FrameType } from '../src/frame/rules.ts';
import { type Drop, dropName } from '../src/packet/drop.ts';
import { createPacketHeader } from '../src/packet/header.ts';
import { PADDING, PING } from './support/attacker.ts';
import {
  coreOf,
  attackClient,
  attackServer,
  createClient,
  createServer,
  eventsOf,
  LOUD,
} from './support/contexts.ts';
import { ackFrame, cryptoFrame, streamFrame } from './support/frames.ts';
import { PacketType } from '../src/version/packet-type.ts';

const SECOND = 1_000_000;
const PROBE = concatBytes(PING, PADDING);

/** Names of the reasons for which packets were dropped, and a tracer that collects them. */
function dropLog() {
  const drops: string[] = [];
  const tracer = { ...LOUD, onPacketDropped: (_id: number, drop: Drop) => void drops.push(dropName(drop)) };
  return { drops, tracer };
}

describe('keys are discarded', () => {
  test('by a client, Initial ones with its first Handshake packet', () => {
    covers('rfc9001-4.9.1-1', 'rfc9001-4.9.1-3');
    const { drops, tracer } = dropLog();
    const attacker = attackClient(createClient({ tracer }));
    const levels = attacker.seen.map(({ level }) => level);
    const firstHandshake = levels.indexOf(Level.Handshake);
    expect(firstHandshake).toBeGreaterThan(0);
    // Initial packets may share its datagram, in front of it.
    expect(levels.slice(firstHandshake)).not.toContain(Level.Initial);
    drops.length = 0;
    attacker.send(Level.Initial, PROBE);
    expect(drops).toEqual(['NoKeys']);
    attacker.pass(5 * SECOND);
    expect(attacker.seen.map(({ level }) => level).slice(firstHandshake)).not.toContain(Level.Initial);
  });

  test('by a server, Initial ones with the first Handshake packet it opens', () => {
    covers('rfc9001-4.9.1-2', 'rfc9001-4.9.1-3');
    const { drops, tracer } = dropLog();
    const attacker = attackServer(createServer({ tracer }), { silentFrom: Level.Handshake });
    attacker.send(Level.Initial, PROBE);
    expect(drops).toEqual([]);
    // A forged one proves nothing.
    const forged = attacker.packet(Level.Handshake, PROBE);
    forged[forged.length - 1] = forged.at(-1)! ^ 1;
    attacker.deliver(forged);
    attacker.send(Level.Initial, PROBE);
    expect(drops).toEqual(['Unauthentic']);
    attacker.send(Level.Handshake, PROBE);
    const seen = attacker.seen.length;
    attacker.send(Level.Initial, PROBE);
    expect(drops).toEqual(['Unauthentic', 'NoKeys']);
    attacker.pass(5 * SECOND);
    expect(attacker.seen.slice(seen).map(({ level }) => level)).not.toContain(Level.Initial);
  });

  test('by both, Handshake ones when the handshake is confirmed', () => {
    covers('rfc9001-4.9.2-1');
    for (const attack of ['server', 'client'] as const) {
      const { drops, tracer } = dropLog();
      const attacker =
        attack === 'server' ? attackServer(createServer({ tracer })) : attackClient(createClient({ tracer }));
      if (attack === 'client') {
        attacker.send(Level.Handshake, PROBE);
        expect(drops).toEqual([]);
        attacker.send(Level.Application, concatBytes(Uint8Array.of(FrameType.HandshakeDone), PADDING));
      }
      drops.length = 0;
      attacker.send(Level.Handshake, PROBE);
      expect(drops).toEqual(['NoKeys']);
    }
  });
});

describe('a server says that the handshake is done', () => {
  test('when it is, and not before', () => {
    covers('rfc9001-4.1.2-1', 'rfc9000-19.20-1');
    const attacker = attackServer(createServer(), { silentFrom: Level.Handshake });
    attacker.pass(2 * SECOND);
    expect(attacker.framesOf(FrameType.HandshakeDone)).toEqual([]);
    attacker.finish();
    expect(attacker.framesOf(FrameType.HandshakeDone, Level.Application)).toHaveLength(1);
  });

  test('and nothing of TLS after that but tickets', () => {
    covers('rfc9001-4.4-4', 'rfc9001-4.4-5', 'rfc9001-4.9-2');
    const attacker = attackServer(createServer());
    attacker.pass(5 * SECOND);
    const late = attacker.framesOf(FrameType.Crypto, Level.Application);
    // Type 4 is NewSessionTicket, RFC 8446 §4.
    expect(new Set(late.map(({ data }) => data[0]))).toEqual(new Set([4]));
  });

  test('and no KeyUpdate of TLS, whoever changes the keys', () => {
    covers('rfc9001-6-2');
    for (const role of ['server', 'client'] as const) {
      const attacker = role === 'server' ? attackServer(createServer()) : attackClient(createClient());
      if (role === 'client')
        attacker.send(Level.Application, concatBytes(Uint8Array.of(FrameType.HandshakeDone), PADDING));
      const { keys } = coreOf(attacker.victim).parts;
      // One update by the peer, then one of our own.
      attacker.updateKeys();
      attacker.send(Level.Application, PROBE).pass(SECOND / 10);
      expect(keys.oneRtt.phaseBit).toBe(4);
      attacker.send(
        Level.Application,
        ackFrame(attacker.seen.flatMap(({ level, number }) => (level === Level.Application ? [number] : []))),
      );
      // Three probe timeouts after that acknowledgement: RFC 9001 §6.5.
      attacker.pass(5 * SECOND);
      keys.oneRtt.write!.sealed = 2 ** 20;
      attacker.send(Level.Application, PROBE).pass(SECOND);
      expect(keys.oneRtt.phaseBit).toBe(0);
      const late = attacker.framesOf(FrameType.Crypto, Level.Application).map(({ data }) => data[0]);
      expect(late.filter((type) => type !== 4)).toEqual([]);
    }
  });
});

test('a client does not go without a judgement of certificates', () => {
  covers('rfc9001-4.4-1');
  const client = createClient({ dangerouslySkipCertificateCheck: false });
  expect(() => client.createConnection({ to: { ip: '192.0.2.1', port: 443 } }, 0)).toThrow(QuicUsageError);
});

test('a client waits with 1-RTT packets for its own end of the handshake', () => {
  covers('rfc9001-5.7-1', 'rfc9001-5.7-5');
  const client = createClient({ judgeCertificates: true, dangerouslySkipCertificateCheck: false });
  const attacker = attackClient(client);
  expect(eventsOf(client).map(({ type }) => type)).toEqual(['certificate']);
  // The server has 1-RTT keys for writing; the client is still judging.
  expect(attacker.canWrite(Level.Application)).toBe(true);
  const done = concatBytes(Uint8Array.of(FrameType.HandshakeDone), PADDING);
  attacker.send(Level.Application, done);
  expect([eventsOf(client), attacker.framesOf(FrameType.Ack, Level.Application)]).toEqual([[], []]);
  client.connection(0)!.certificateVerdict(undefined);
  attacker.pump();
  expect(eventsOf(client).map(({ type }) => type)).toContain('connected');
});

test('handshake data that its level leaves behind is an error', () => {
  covers('rfc9001-4.1.3-3');
  const server = createServer();
  const attacker = attackServer(server, { silentFrom: Level.Initial });
  // Bytes far behind the ClientHello, then the ClientHello: TLS moves on, and those stay.
  attacker.send(Level.Initial, cryptoFrame(5000, new Uint8Array(10)));
  attacker.finish();
  expect(attacker.closeCode).toBe(0x0a);
});

test('0-RTT packets mean nothing to a client', () => {
  covers('rfc9001-5.6-6', 'rfc9001-5.6-7');
  const { drops, tracer } = dropLog();
  const attacker = attackClient(createClient({ tracer }));
  drops.length = 0;
  // A Handshake packet that says that it is 0-RTT.
  attacker.send(Level.Handshake, PROBE, { firstByte: 0x30 });
  expect(drops).toEqual(['UnexpectedType']);
});

test.each([
  ['CRYPTO', cryptoFrame(0, new Uint8Array(4))],
  ['ACK', Uint8Array.of(FrameType.Ack, 0, 0, 0, 0)],
  ['HANDSHAKE_DONE', Uint8Array.of(FrameType.HandshakeDone)],
])('%s has no place in 0-RTT', (_name, payload) => {
  covers('rfc9001-8.3-2', 'rfc9000-12.4-3');
  const server = createServer();
  attackServer(server, { silentFrom: Level.Handshake });
  const { receiver, paths } = coreOf(server).parts;
  const header = { ...createPacketHeader(), type: PacketType.ZeroRtt, payloadEnd: payload.length };
  const { active } = paths;
  const receive = (): unknown =>
    receiver.onPayload(payload, header, Level.EarlyData, active.space, active, SECOND);
  expect(receive).toThrow(expect.objectContaining({ code: 0x0a }));
});

test('a client gives no tokens', () => {
  covers('rfc9000-19.7-3');
  const attacker = attackClient(createClient());
  attacker.send(Level.Application, concatBytes(Uint8Array.of(FrameType.HandshakeDone), PADDING));
  attacker.pass(5 * SECOND);
  expect(attacker.framesOf(FrameType.NewConnectionId)).not.toEqual([]);
  expect(attacker.framesOf(FrameType.NewToken)).toEqual([]);
});

describe('key updates', () => {
  const pairOf = (seed: number): Pair =>
    createConnectedPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed,
      link: { loss: { kind: 'random', rate: 0.02 }, reordering: 0.1 },
    });

  test.each([1, 2, 3])(
    'of both sides, many in a transfer with loss and reordering, lose nothing (seed %d)',
    (seed) => {
      covers('rfc9001-6.1-3', 'rfc9001-6.2-1', 'rfc9001-6.4-1', 'rfc9001-6.6-3');
      const pair = pairOf(seed);
      const bytes = randomBytes(400_000, pair.world.random.fork('data'));
      const sides = [coreOf(pair.client.context).parts.keys, coreOf(pair.server.context).parts.keys];
      const phases = new Set<number>();
      let updates = 0;
      pair.world.observe({
        onBeforePrepare() {
          for (const keys of sides) {
            // As if very many packets had been sealed: an update is due as soon as one is allowed.
            const { write } = keys.oneRtt;
            if (write !== undefined && write.sealed > 20 && write.sealed < 2 ** 20) write.sealed += 2 ** 20;
          }
          if (phases.has(sides[0]!.oneRtt.phaseBit)) return;
          phases.clear();
          phases.add(sides[0]!.oneRtt.phaseBit);
          updates++;
        },
      });
      const feeder = pair.client.send(bytes);
      expect(pair.run(() => pair.server.received(feeder.id).finished, 120 * SECOND)).toBe(true);
      expect(pair.server.received(feeder.id).bytes()).toEqual(bytes);
      expect(updates).toBeGreaterThan(3);
      expect([pair.client.has('closed'), pair.server.has('closed')]).toEqual([false, false]);
    },
  );

  test('in a row: what is late of each phase opens for three probe timeouts, and no longer', () => {
    covers('rfc9001-6.1-4', 'rfc9001-6.5-4', 'rfc9001-6.5-5');
    const { drops, tracer } = dropLog();
    const server = createServer({ tracer });
    const attacker = attackServer(server);
    const { ptoUs } = coreOf(server).parts.paths.active.rtt;
    const late: Uint8Array[] = [];
    for (let phase = 0; phase < 3; phase++) {
      attacker.send(Level.Application, PROBE);
      late.push(attacker.packet(Level.Application, PROBE), attacker.packet(Level.Application, PROBE));
      attacker.updateKeys();
      attacker.send(Level.Application, PROBE);
      attacker.pass(2 * ptoUs);
      attacker.deliver(late.at(-2)!);
      expect(drops).toEqual([]);
    }
    attacker.pass(2 * ptoUs);
    attacker.deliver(late.at(-1)!);
    expect(drops).toEqual(['Unauthentic']);
    expect(attacker.closeCode).toBeUndefined();
  });

  test('in every packet are not worth their keys: KEY_UPDATE_ERROR', () => {
    const server = createServer();
    const attacker = attackServer(server);
    for (let i = 0; i < 100; i++) {
      attacker.updateKeys();
      attacker.deliver(attacker.packet(Level.Application, PROBE));
    }
    attacker.pump();
    expect(eventsOf(server).at(-1)).toMatchObject({ type: 'closed', reason: { code: 0x0e, remote: false } });
    expect(coreOf(server).parts.statistics.packetsReceived).toBeLessThan(10);
  });

  test('that the peer never follows end in AEAD_LIMIT_REACHED', () => {
    covers('rfc9001-6.6-4', 'rfc9001-6.6-5');
    const server = createServer();
    const attacker = attackServer(server);
    const { keys } = coreOf(server).parts;
    // RFC 9001 §6.6: 2^23 packets with AES-GCM.
    keys.oneRtt.write!.sealed = 2 ** 23 - 64;
    attacker.send(Level.Application, PROBE);
    expect(attacker.closeCode).toBe(0x0f);
    for (let i = 0; i < 10_000; i++) attacker.deliver(attacker.packet(Level.Application, PROBE));
    attacker.pass(10 * SECOND);
    expect(keys.oneRtt.write!.sealed).toBeLessThanOrEqual(2 ** 23);
  });

  test('forgeries up to the integrity limit end the connection, and nothing is read after that', () => {
    covers('rfc9001-6.6-6', 'rfc9001-6.6-7', 'rfc9001-6.6-4');
    for (const role of ['server', 'client'] as const) {
      const victim = role === 'server' ? createServer() : createClient();
      const attacker = role === 'server' ? attackServer(victim) : attackClient(victim);
      const { keys } = coreOf(victim).parts;
      // RFC 9001 §6.6: 2^52 packets with AES-GCM.
      keys.failedOpens = 2 ** 52 - 2;
      eventsOf(victim);
      const forge = (): void => {
        const forged = attacker.packet(Level.Application, PROBE);
        forged[forged.length - 1] = forged.at(-1)! ^ 1;
        attacker.deliver(forged);
        attacker.pump();
      };
      forge();
      expect(attacker.closeCode).toBeUndefined();
      forge();
      expect(attacker.closeCode).toBe(0x0f);
      attacker.send(Level.Application, streamFrame(role === 'server' ? 0 : 1, 0, Uint8Array.of(1)));
      expect(eventsOf(victim).map(({ type }) => type)).toEqual(['closed']);
    }
  });
});
