import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import type { Aead, CryptoProvider, HeaderProtection } from '@tsquic/crypto';
import {
  AES_128_GCM_SHA256,
  CHACHA20_POLY1305_SHA256,
  CIPHER_SUITES,
  type CipherSuite,
} from '@tsquic/crypto';
import { covers } from '@tsquic/testing';
import { seededCrypto } from '@tsquic/testing/seeded';
import { Level } from '@tsquic/tls13';
import type { QuicContextOptions } from '../src/config/config.ts';
import { FrameType as Type } from '../src/frame/rules.ts';
import { PacketKeys } from '../src/keys/packet-keys.ts';
import { VERSION_1 } from '../src/version/versions.ts';
import { type Attacker, PADDING, PING } from './support/attacker.ts';
import { attackClient, attackServer, coreOf, createClient, createServer } from './support/contexts.ts';
import { SERVER } from './support/exchange.ts';
import { frame } from './support/frames.ts';
import { openInitial } from './support/open-initial.ts';

const APP = Level.Application;
const NOW_US = 1_000_000;
const AEAD_LIMIT_REACHED = 0x0f;

type Attack = Parameters<typeof attackServer>[1];

const ROLES: readonly [string, (context?: Partial<QuicContextOptions>, attack?: Attack) => Attacker][] = [
  ['server', (context, attack) => attackServer(createServer(context), attack)],
  [
    'client',
    (context, attack) =>
      attackClient(createClient(context), attack).send(APP, concatBytes(frame(Type.HandshakeDone), PADDING)),
  ],
];

/** RFC 9001 §6.6: packets that a key may seal, and that may fail to open, for each suite with header protection (§5.4). */
const LIMITS: ReadonlyMap<number, readonly [sealed: number, failed: number]> = new Map([
  [0x1301, [2 ** 23, 2 ** 52]],
  [0x1302, [2 ** 23, 2 ** 52]],
  // More than a connection has packets: 2^62.
  [0x1303, [Infinity, 2 ** 36]],
]);

/** The suites in a ClientHello: after type, length, version, random and an empty session ID. RFC 8446 §4.1.2 */
function suitesIn(hello: Uint8Array): number[] {
  const view = new DataView(hello.buffer, hello.byteOffset);
  const at = 4 + 2 + 32 + 1;
  return Array.from({ length: view.getUint16(at) / 2 }, (_, i) => view.getUint16(at + 2 + 2 * i));
}

describe('a cipher suite without header protection or limits', () => {
  test('is not offered', () => {
    covers('rfc9001-5.4.1-1', 'rfc9001-6.6-10', 'rfc9001-6.6-11');
    const client = createClient();
    client.createConnection({ to: SERVER, serverName: 'server.test' }, NOW_US);
    const datagrams: Uint8Array[] = [];
    const out = { buffer: new Uint8Array(1500) } as Parameters<typeof client.prepareNextPacket>[0];
    while (client.prepareNextPacket(out, NOW_US) > 0) datagrams.push(out.buffer.slice(0, out.length));
    const { hello } = openInitial(seededCrypto(1), datagrams[0]!);
    expect(suitesIn(hello).toSorted((a, b) => a - b)).toEqual([...LIMITS.keys()]);
  });

  // TLS_AES_128_CCM_SHA256, and TLS_AES_128_CCM_8_SHA256, which §5.3 forbids.
  test.each([0x1304, 0x1305])('is not chosen: %i', (id) => {
    covers('rfc9001-5.4.1-1', 'rfc9001-6.6-10', 'rfc9001-6.6-11');
    const only = (level: Level, bytes: Uint8Array): Uint8Array => {
      const copy = bytes.slice();
      if (level === Level.Initial)
        for (let i = 0; i < suitesIn(bytes).length; i++)
          new DataView(copy.buffer).setUint16(4 + 2 + 32 + 1 + 2 + 2 * i, id);
      return copy;
    };
    const attacker = attackServer(createServer(), { edit: only });
    // handshake_failure: RFC 8446 §4.1.1.
    expect(attacker.closeCode).toBe(0x100 + 40);
  });
});

describe.each(CIPHER_SUITES.map((suite) => [suite.name, suite] as const))(
  '%s',
  (_name, suite: CipherSuite) => {
    const cipherSuites = [suite];
    const [sealed, failed] = LIMITS.get(suite.id)!;

    test.each(ROLES)(
      'a %s gives up its key before the limit, and the connection with it',
      (_role, attack) => {
        covers('rfc9001-6.6-10');
        const attacker = attack({ cipherSuites });
        const { oneRtt } = coreOf(attacker.victim).parts.keys;
        // The attacker acknowledges nothing, so that no update may begin.
        const used = Math.min(sealed, 2 ** 40);
        oneRtt.write!.sealed = used - 200;
        attacker.send(APP, concatBytes(PING, PADDING)).pass(100_000);
        expect(attacker.closeCode).toBeUndefined();
        oneRtt.write!.sealed = used - 1;
        attacker.send(APP, concatBytes(PING, PADDING)).pass(100_000);
        expect(attacker.closeCode).toBe(sealed === Infinity ? undefined : AEAD_LIMIT_REACHED);
      },
    );

    test.each(ROLES)('a %s takes forgeries up to the limit, and no more', (_role, attack) => {
      covers('rfc9001-6.6-11');
      const attacker = attack({ cipherSuites });
      const { keys } = coreOf(attacker.victim).parts;
      keys.failedOpens = failed - 2;
      const forge = (): void => {
        const packet = attacker.packet(APP, concatBytes(PING, PADDING));
        packet[packet.length - 1]! ^= 1;
        attacker.deliver(packet);
        attacker.pump();
      };
      forge();
      expect(attacker.closeCode).toBeUndefined();
      forge();
      expect(attacker.closeCode).toBe(AEAD_LIMIT_REACHED);
    });
  },
);

/** What is asked of keys, in order. */
interface Work {
  readonly calls: string[];
  readonly crypto: CryptoProvider;
}

function counted(seed: number): Work {
  const calls: string[] = [];
  const plain = seededCrypto(seed);
  const crypto: CryptoProvider = Object.assign(Object.create(plain) as CryptoProvider, {
    createAead: (...args: Parameters<CryptoProvider['createAead']>): Aead => {
      const aead = plain.createAead(...args);
      return {
        seal(number, buffer, headerAt, payloadAt, payloadEnd) {
          calls.push(`seal ${payloadEnd - payloadAt}`);
          aead.seal(number, buffer, headerAt, payloadAt, payloadEnd);
        },
        open(number, buffer, headerAt, payloadAt, end) {
          calls.push('open');
          return aead.open(number, buffer, headerAt, payloadAt, end);
        },
      };
    },
    createHeaderProtection: (
      ...args: Parameters<CryptoProvider['createHeaderProtection']>
    ): HeaderProtection => {
      const protection = plain.createHeaderProtection(...args);
      return {
        get mask() {
          return protection.mask;
        },
        compute(buffer, sampleAt) {
          calls.push('mask');
          protection.compute(buffer, sampleAt);
        },
      };
    },
  });
  return { calls, crypto };
}

describe.each(ROLES)('a %s does the same work for every packet', (_role, attack) => {
  const incoming: readonly [string, (packet: Uint8Array) => void][] = [
    ['that is good', () => {}],
    ['with another tag', (packet) => void (packet[packet.length - 1]! ^= 1)],
    ['with another number', (packet) => void (packet[9]! ^= 0x55)],
    ['with another length of its number', (packet) => void (packet[0]! ^= 0x03)],
    ['with reserved bits', (packet) => void (packet[0]! ^= 0x18)],
    ['with another key phase', (packet) => void (packet[0]! ^= 0x04)],
    ['with another sample', (packet) => void (packet[14]! ^= 1)],
  ];

  test.each(incoming)('%s: one mask, one attempt to open', (_name, change) => {
    covers('rfc9001-9.5-1');
    const { calls, crypto } = counted(2);
    const attacker = attack({ crypto });
    const packet = attacker.packet(APP, concatBytes(PING, new Uint8Array(60)));
    change(packet);
    calls.length = 0;
    attacker.deliver(packet);
    expect(calls).toEqual(['mask', 'open']);
  });

  test('that came before, too: what is a duplicate shows only when it is open', () => {
    covers('rfc9001-9.5-1');
    const { calls, crypto } = counted(2);
    const attacker = attack({ crypto });
    const packet = attacker.packet(APP, concatBytes(PING, new Uint8Array(60)));
    for (let i = 0; i < 3; i++) {
      calls.length = 0;
      attacker.deliver(packet.slice());
      expect(calls).toEqual(['mask', 'open']);
    }
  });

  test('that leaves, whatever its number: one seal over all frames, one mask', () => {
    covers('rfc9001-9.5-2');
    const { calls, crypto } = counted(2);
    const attacker = attack({ crypto });
    attacker.pass(1_000_000);
    const { sending } = coreOf(attacker.victim).parts.spaces.application;
    const lengths = new Set<number>();
    for (const number of [5000, 40_000, 100_000, 2 ** 25]) {
      sending.sent.next = sending.sent.tail = sending.sent.firstOutstanding = number;
      const before = attacker.seen.length;
      calls.length = 0;
      attacker.victim.connection(0)!.wakeAt(attacker.nowUs);
      attacker.deliver(attacker.packet(APP, frame(Type.PathChallenge, [], new Uint8Array(8))));
      expect(calls.splice(0)).toEqual(['mask', 'open']);
      attacker.pump();
      expect(calls.map((call) => call.split(' ')[0])).toEqual(['seal', 'mask']);
      lengths.add(Number(calls[0]!.split(' ')[1]));
      expect(attacker.seen.length).toBeGreaterThanOrEqual(before);
    }
    // All frames of a datagram of 1200 bytes, but for the two to four bytes of the number.
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(3);
  });
});

test('header protection hides how long a number is, and the number itself', () => {
  covers('rfc9001-9.5-2');
  for (const suite of [AES_128_GCM_SHA256, CHACHA20_POLY1305_SHA256]) {
    const crypto = seededCrypto(3);
    const keys = new PacketKeys(crypto, VERSION_1, suite, new Uint8Array(32).fill(7));
    const seen = [0, 9, 10].map(() => new Set<number>());
    for (let nonce = 0; nonce < 64; nonce++) {
      // The same number in two bytes, and the same frames: only what the AEAD makes of them differs.
      const buffer = new Uint8Array(100);
      buffer[0] = 0x41;
      const packet = { headerAt: 0, numberAt: 9, payloadAt: 11, payloadEnd: 80, number: nonce };
      keys.protect(buffer, packet as Parameters<PacketKeys['protect']>[1]);
      expect(buffer[0] & 0xe0).toBe(0x40);
      [buffer[0], buffer[9]!, buffer[10]!].forEach((byte, i) => seen[i]!.add(byte));
    }
    // 64 draws of 32 values, and of 256: 28 and 57 differ on average.
    expect(seen[0]!.size).toBeGreaterThan(20);
    for (const number of seen.slice(1)) expect(number.size).toBeGreaterThan(45);
  }
});
