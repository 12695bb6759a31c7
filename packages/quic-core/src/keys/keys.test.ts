import { describe, expect, jest, test } from '@jest/globals';
import { fromHex } from '@tsquic/bytes';
import { AES_128_GCM_SHA256, type CipherSuite } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import { Level } from '@tsquic/tls13';
import { caught, covers } from '@tsquic/testing';
import { Drop } from '../packet/drop.ts';
import { createPacketHeader } from '../packet/header.ts';
import { PacketReader } from '../packet/reader.ts';
import { PacketWriter } from '../packet/writer.ts';
import { DeliveryLog } from '../facts/delivery-log.ts';
import { Keys } from './keys.ts';
import { ivOfPath } from './packet-keys.ts';
import { PacketType } from '../version/packet-type.ts';
import { ConnectionVersion } from '../version/connection-version.ts';
import { VERSION_1, VERSIONS } from '../version/versions.ts';

const crypto = createNodeProvider({ random: (out) => void out.fill(7) });
const id = fromHex('8394c8f03e515708');
const secretOf = (level: Level, client: boolean): Uint8Array =>
  new Uint8Array(32).fill(16 * level + (client ? 1 : 2));

/** One end of a connection as far as packet protection goes. */
class End {
  readonly keys: Keys;
  private readonly isClient: boolean;
  private readonly writer = new PacketWriter();
  private readonly log = new DeliveryLog();
  private number = 0;

  constructor(isClient: boolean, suite: CipherSuite = AES_128_GCM_SHA256) {
    this.isClient = isClient;
    this.keys = new Keys(crypto, new ConnectionVersion(VERSION_1), isClient);
    this.keys.installInitial(id);
    for (const level of [Level.Handshake, Level.Application]) {
      this.keys.install(level, 'write', suite, secretOf(level, isClient));
      this.keys.install(level, 'read', suite, secretOf(level, !isClient));
    }
  }

  /** A sealed packet with one PING, padded. */
  seal(
    level: Level = Level.Application,
    number: number = this.number++,
    reserved = 0,
    pathId = 0,
  ): Uint8Array {
    const { writer, keys, isClient } = this;
    const buffer = new Uint8Array(200);
    writer.reset(buffer, 200);
    const fields = {
      version: new ConnectionVersion(VERSION_1),
      destinationId: id,
      pathId,
      sourceId: id,
      token: new Uint8Array(0),
    };
    const bits = level === Level.Application ? keys.oneRtt.phaseBit : 0;
    writer.begin(level, number, -1, fields, bits, this.log);
    const { current } = writer;
    buffer[current.headerAt] = buffer[current.headerAt]! | reserved;
    writer.frames.fill(isClient ? 1 : 0, 20);
    writer.markEliciting();
    writer.close();
    return buffer.slice(0, writer.seal(keys));
  }

  /** What becomes of a packet of the other end; the largest number received is far below. */
  open(packet: Uint8Array, pathId = 0): Drop {
    const reader = new PacketReader(id.length, VERSIONS);
    const bytes = packet.slice();
    reader.reset(bytes, bytes.length);
    if (!reader.next()) throw new Error('a header of ours cannot be read');
    reader.header.pathId = pathId;
    return this.keys.open(bytes, reader.header, -1);
  }
}

const ends = (suite?: CipherSuite): { client: End; server: End } => ({
  client: new End(true, suite),
  server: new End(false, suite),
});

/** An error with this code. */
const failure = (code: number): unknown => expect.objectContaining({ name: 'TransportError', code });
const KEY_UPDATE_ERROR = 0x0e;
const AEAD_LIMIT_REACHED = 0x0f;
const PROTOCOL_VIOLATION = 0x0a;

describe('keys of a level', () => {
  test.each([Level.Initial, Level.Handshake, Level.Application])(
    'level %d opens what the other end sealed',
    (level) => {
      const { client, server } = ends();
      expect(server.open(client.seal(level))).toBe(Drop.None);
      expect(client.open(server.seal(level))).toBe(Drop.None);
      expect(client.open(client.seal(level))).toBe(Drop.Unauthentic);
    },
  );

  test('discarded keys neither open nor seal', () => {
    covers('rfc9001-4.9.1-3');
    const { client, server } = ends();
    const packet = client.seal(Level.Initial);
    server.keys.discard(Level.Initial);
    expect(server.open(packet)).toBe(Drop.NoKeys);
    expect(server.keys.canWrite(Level.Initial)).toBe(false);
    expect(server.keys.canWrite(Level.Handshake)).toBe(true);
    expect(server.keys.mayComeLater(PacketType.Initial)).toBe(false);
    expect(server.keys.mayComeLater(PacketType.Handshake)).toBe(true);
    server.keys.discard(Level.Handshake);
    expect(server.keys.mayComeLater(PacketType.Handshake)).toBe(false);
    expect(server.keys.mayComeLater(PacketType.OneRtt)).toBe(true);
    expect([Level.Handshake, Level.Application].map((level) => server.keys.canWrite(level))).toEqual([
      false,
      true,
    ]);
    expect(new Keys(crypto, new ConnectionVersion(VERSION_1), true).canWrite(Level.Application)).toBe(false);
  });

  test('packets that no key protects are not tried, nor counted as forged', () => {
    const { client } = ends();
    client.open(ends().server.seal(Level.Application));
    for (const type of [PacketType.Retry, PacketType.VersionNegotiation]) {
      const header = { ...createPacketHeader(), type, numberAt: 7, packetEnd: 60 };
      const failed = client.keys.failedOpens;
      expect(client.keys.open(new Uint8Array(60), header, -1)).toBe(Drop.UnexpectedType);
      expect(client.keys.failedOpens).toBe(failed);
    }
  });

  test('0-RTT is not waited for once there is 1-RTT', () => {
    const keys = new Keys(crypto, new ConnectionVersion(VERSION_1), false);
    expect(keys.mayComeLater(PacketType.ZeroRtt)).toBe(true);
    keys.install(Level.Application, 'write', AES_128_GCM_SHA256, secretOf(Level.Application, false));
    expect(keys.mayComeLater(PacketType.ZeroRtt)).toBe(true);
    keys.install(Level.Application, 'read', AES_128_GCM_SHA256, secretOf(Level.Application, true));
    expect(keys.mayComeLater(PacketType.ZeroRtt)).toBe(false);
  });

  test.each([
    [Level.Initial, 0x04],
    [Level.Handshake, 0x08],
    [Level.Application, 0x08],
    [Level.Application, 0x10],
  ])('at level %d, reserved bits %i end the connection, but only in authentic packets', (level, bits) => {
    covers('rfc9000-17.2-9', 'rfc9000-17.3.1-3');
    const { client, server } = ends();
    const packet = client.seal(level, 5, bits);
    const forged = packet.slice();
    forged[forged.length - 1] = forged.at(-1)! ^ 1;
    expect(server.open(forged)).toBe(Drop.Unauthentic);
    expect(caught(() => server.open(packet))).toEqual(failure(PROTOCOL_VIOLATION));
  });
});

describe('a key update', () => {
  test('after a rest costs the first packet what any packet costs, also one that is forged', () => {
    covers('rfc9001-6.3-1', 'rfc9001-6.3-4', 'rfc9001-9.5-1');
    const derived = jest.spyOn(crypto, 'hkdfExpand');
    const derivations = (server: End, packet: Uint8Array): number => {
      derived.mockClear();
      server.open(packet);
      return derived.mock.calls.length;
    };
    const ofFirst = [false, true].map((updates) => {
      const { client, server } = ends();
      expect(server.open(client.seal())).toBe(Drop.None);
      server.keys.oneRtt.rest();
      if (updates) client.keys.oneRtt.beginUpdate();
      const packet = client.seal();
      const forged = packet.slice();
      forged[forged.length - 1] = forged.at(-1)! ^ 1;
      // The keys that a packet derived stay, though it is discarded.
      const counts = [derivations(server, forged), derivations(server, forged)];
      expect(server.open(packet)).toBe(Drop.None);
      expect(server.keys.oneRtt.phaseBit).toBe(updates ? 4 : 0);
      return counts;
    });
    expect(ofFirst).toEqual([
      [3, 0],
      [3, 0],
    ]);
    derived.mockRestore();
  });

  test('of the peer is followed before anything is sent', () => {
    covers('rfc9001-6.2-1', 'rfc9001-6.2-2');
    const { client, server } = ends();
    expect(server.open(client.seal())).toBe(Drop.None);
    const late = client.seal();
    client.keys.oneRtt.beginUpdate();
    expect(server.keys.oneRtt.phaseBit).toBe(0);
    expect(server.open(client.seal())).toBe(Drop.None);
    expect(server.keys.oneRtt.phaseBit).toBe(4);
    expect(client.open(server.seal())).toBe(Drop.None);
    // Not once more: both are in the same phase now.
    expect([client, server].map((end) => end.keys.oneRtt.phaseBit)).toEqual([4, 4]);
    // What was overtaken still opens, until the old keys go.
    expect(server.keys.oneRtt.hasPrevious).toBe(true);
    expect(server.open(late)).toBe(Drop.None);
    server.keys.oneRtt.dropPrevious();
    expect(server.open(late)).toBe(Drop.Unauthentic);
  });

  test('leaves our old keys in use until the peer follows', () => {
    covers('rfc9001-6.1-3', 'rfc9001-6.3-5');
    const { client, server } = ends();
    expect(client.open(server.seal())).toBe(Drop.None);
    client.keys.oneRtt.beginUpdate();
    for (let i = 0; i < 3; i++) expect(client.open(server.seal())).toBe(Drop.None);
    expect(client.keys.oneRtt.hasPrevious).toBe(false);
    expect(server.open(client.seal())).toBe(Drop.None);
    expect(client.open(server.seal())).toBe(Drop.None);
    expect(client.keys.oneRtt.hasPrevious).toBe(true);
  });

  test('may come before anything of the first phase did', () => {
    const { client, server } = ends();
    const first = client.seal();
    client.keys.oneRtt.beginUpdate();
    expect(server.open(client.seal())).toBe(Drop.None);
    expect(server.open(first)).toBe(Drop.None);
  });

  test('may be begun by both at once', () => {
    const { client, server } = ends();
    for (const end of [client, server]) end.keys.oneRtt.beginUpdate();
    expect(server.open(client.seal())).toBe(Drop.None);
    expect(client.open(server.seal())).toBe(Drop.None);
    expect([client, server].map((end) => end.keys.oneRtt.phaseBit)).toEqual([4, 4]);
  });

  test('may follow another, again and again, with packets out of order', () => {
    const { client, server } = ends();
    for (let phase = 0; phase < 6; phase++) {
      const packets = [client.seal(), client.seal(), client.seal()];
      for (const i of [1, 0, 2]) expect(server.open(packets[i]!)).toBe(Drop.None);
      expect(client.open(server.seal())).toBe(Drop.None);
      server.keys.oneRtt.dropPrevious();
      client.keys.oneRtt.dropPrevious();
      client.keys.oneRtt.beginUpdate();
    }
  });

  test.each([
    ['of its own accord', false],
    ['after one of ours', true],
  ])(
    'of a peer %s that goes on before anything of ours left in the new phase is an error',
    (_name, weBegin) => {
      covers('rfc9001-6.2-3');
      const { client, server } = ends();
      expect(server.open(client.seal())).toBe(Drop.None);
      if (weBegin) server.keys.oneRtt.beginUpdate();
      client.keys.oneRtt.beginUpdate();
      expect(server.open(client.seal())).toBe(Drop.None);
      client.keys.oneRtt.beginUpdate();
      const early = client.seal();
      expect(caught(() => server.open(early))).toEqual(failure(KEY_UPDATE_ERROR));
      server.seal();
      expect(server.open(early)).toBe(Drop.None);
    },
  );

  test('that does not open is dropped, and changes nothing', () => {
    covers('rfc9001-5.5-2');
    const { client, server } = ends();
    expect(server.open(client.seal())).toBe(Drop.None);
    client.keys.oneRtt.beginUpdate();
    const packet = client.seal();
    const forged = packet.slice();
    forged[forged.length - 1] = forged.at(-1)! ^ 1;
    expect(server.open(forged)).toBe(Drop.Unauthentic);
    expect(server.keys.oneRtt).toMatchObject({ phaseBit: 0, hasPrevious: false });
    expect(server.open(packet)).toBe(Drop.None);
  });

  test('two phases ahead opens nothing', () => {
    covers('rfc9001-5.5-1');
    const { client, server } = ends();
    expect(server.open(client.seal())).toBe(Drop.None);
    client.keys.oneRtt.beginUpdate();
    client.keys.oneRtt.beginUpdate();
    expect(server.open(client.seal())).toBe(Drop.Unauthentic);
  });

  test('an old key for a newer packet is an error', () => {
    covers('rfc9001-6.4-2');
    const { client, server } = ends();
    const old = client.seal(Level.Application, 20);
    expect(server.open(client.seal(Level.Application, 1))).toBe(Drop.None);
    client.keys.oneRtt.beginUpdate();
    expect(server.open(client.seal(Level.Application, 10))).toBe(Drop.None);
    expect(caught(() => server.open(old))).toEqual(failure(KEY_UPDATE_ERROR));
  });

  test('packets of the old phase open below the first of the new one, however late and in whatever order', () => {
    const { client, server } = ends();
    const late = [3, 9, 1].map((number) => client.seal(Level.Application, number));
    expect(server.open(client.seal(Level.Application, 5))).toBe(Drop.None);
    client.keys.oneRtt.beginUpdate();
    expect(server.open(client.seal(Level.Application, 11))).toBe(Drop.None);
    // The phase began at 10: what comes late shows it.
    expect(server.open(client.seal(Level.Application, 10))).toBe(Drop.None);
    for (const packet of late) expect(server.open(packet)).toBe(Drop.None);
    expect(server.keys.oneRtt.phaseBit).toBe(4);
  });

  test('a late packet of the old phase sets the bound for those of the new one', () => {
    covers('rfc9001-6.4-1');
    const { client, server } = ends();
    const old = [9, 20].map((number) => client.seal(Level.Application, number));
    expect(server.open(client.seal(Level.Application, 5))).toBe(Drop.None);
    client.keys.oneRtt.beginUpdate();
    const [tooEarly, next] = [8, 10].map((number) => client.seal(Level.Application, number));
    expect(server.open(client.seal(Level.Application, 15))).toBe(Drop.None);
    expect(server.open(old[0]!)).toBe(Drop.None);
    expect(server.open(next!)).toBe(Drop.None);
    expect(caught(() => server.open(tooEarly!))).toEqual(failure(KEY_UPDATE_ERROR));
    expect(caught(() => server.open(old[1]!))).toEqual(failure(KEY_UPDATE_ERROR));
  });

  test('what comes late of the phase before the last is no update', () => {
    covers('rfc9001-5.5-2');
    const { client, server } = ends();
    const late = client.seal(Level.Application, 1);
    expect(server.open(client.seal(Level.Application, 2))).toBe(Drop.None);
    for (const number of [10, 20]) {
      client.keys.oneRtt.beginUpdate();
      expect(server.open(client.seal(Level.Application, number))).toBe(Drop.None);
      expect(client.open(server.seal())).toBe(Drop.None);
      server.keys.oneRtt.dropPrevious();
    }
    expect(server.open(late)).toBe(Drop.Unauthentic);
    expect(server.keys.oneRtt.phaseBit).toBe(0);
    expect(server.open(client.seal(Level.Application, 21))).toBe(Drop.None);
  });

  test('a packet below all of its phase opens with the keys before it, and with no later ones', () => {
    const { client, server } = ends();
    expect(server.open(client.seal(Level.Application, 1))).toBe(Drop.None);
    client.keys.oneRtt.beginUpdate();
    expect(server.open(client.seal(Level.Application, 10))).toBe(Drop.None);
    server.seal();
    client.keys.oneRtt.beginUpdate();
    // The key phase bit says: the phase before, or the one after. The number says: before. RFC 9001 §6.5
    expect(server.open(client.seal(Level.Application, 5))).toBe(Drop.Unauthentic);
    expect(server.keys.oneRtt.phaseBit).toBe(4);
    expect(server.open(client.seal(Level.Application, 11))).toBe(Drop.None);
    expect(server.keys.oneRtt.phaseBit).toBe(0);
  });

  test('a number that stands under two keys is no older and no newer than itself', () => {
    const late = ends();
    const old = late.client.seal(Level.Application, 20);
    expect(late.server.open(late.client.seal(Level.Application, 1))).toBe(Drop.None);
    late.client.keys.oneRtt.beginUpdate();
    expect(late.server.open(late.client.seal(Level.Application, 20))).toBe(Drop.None);
    expect(late.server.open(old)).toBe(Drop.None);
    expect(late.server.open(late.client.seal(Level.Application, 20))).toBe(Drop.None);

    const first = ends();
    expect(first.server.open(first.client.seal(Level.Application, 20))).toBe(Drop.None);
    first.client.keys.oneRtt.beginUpdate();
    expect(first.server.open(first.client.seal(Level.Application, 20))).toBe(Drop.None);
  });

  test('a new key for an older packet is an error, whether it is the first or not', () => {
    covers('rfc9001-6.4-2');
    for (const numbers of [[10], [30, 10]]) {
      const { client, server } = ends();
      expect(server.open(client.seal(Level.Application, 5))).toBe(Drop.None);
      expect(server.open(client.seal(Level.Application, 20))).toBe(Drop.None);
      client.keys.oneRtt.beginUpdate();
      const packets = numbers.map((number) => client.seal(Level.Application, number));
      for (const packet of packets.slice(0, -1)) expect(server.open(packet)).toBe(Drop.None);
      expect(caught(() => server.open(packets.at(-1)!))).toEqual(failure(KEY_UPDATE_ERROR));
    }
  });
});

describe('paths by their IDs', () => {
  test('the nonce has the path ID in front of the packet number: draft-ietf-quic-multipath §2.4', () => {
    const nonce = ivOfPath(fromHex('6b26114b9cba2b63a9e8dd4f'), 3);
    const number = fromHex('000000000000d431');
    number.forEach((byte, i) => (nonce[4 + i] = nonce[4 + i]! ^ byte));
    expect(nonce).toEqual(fromHex('6b2611489cba2b63a9e8097e'));
    const iv = new Uint8Array(12);
    expect(ivOfPath(iv, 2 ** 32 - 1)).toEqual(fromHex('ffffffff0000000000000000'));
    expect(ivOfPath(iv, 0)).toEqual(iv);
  });

  const IDS = [0, 1, 2, 2 ** 32 - 1];

  test.each(IDS)('what path %d sealed opens as that of no other', (pathId) => {
    const { client, server } = ends();
    const packet = client.seal(Level.Application, 5, 0, pathId);
    for (const other of IDS)
      expect(server.open(packet, other)).toBe(other === pathId ? Drop.None : Drop.Unauthentic);
  });

  test('a key keeps the ciphers of 32 paths, and makes others again', () => {
    const { client } = ends();
    const key = client.keys.oneRtt.write!;
    const first = key.aeadOf(1);
    for (let pathId = 2; pathId <= 32; pathId++) key.aeadOf(pathId);
    expect(key.aeadOf(1)).toBe(first);
    key.aeadOf(33);
    expect(key.aeadOf(33)).toBe(key.aeadOf(33));
    expect(key.aeadOf(1)).not.toBe(first);
  });

  test('an update goes through whichever path has its first packet: draft-ietf-quic-multipath §2.5', () => {
    const { client, server } = ends();
    const pass = (number: number, pathId: number): Drop =>
      server.open(client.seal(Level.Application, number, 0, pathId), pathId);
    expect([pass(900, 0), pass(3, 1)]).toEqual([Drop.None, Drop.None]);
    const late = [client.seal(Level.Application, 901, 0, 0), client.seal(Level.Application, 2, 0, 1)];
    client.keys.oneRtt.beginUpdate();
    // Its number is below those of the other path, and counts on its own path alone.
    expect(pass(4, 1)).toBe(Drop.None);
    expect(late.map((packet, pathId) => server.open(packet, pathId))).toEqual([Drop.None, Drop.None]);
    expect([pass(902, 0), pass(5, 1), pass(0, 2)]).toEqual([Drop.None, Drop.None, Drop.None]);
    // The keys before are gone, and a path that was quiet for a phase learns of two updates at once.
    server.keys.oneRtt.dropPrevious();
    expect(client.open(server.seal())).toBe(Drop.None);
    client.keys.oneRtt.onAcked(5, 1);
    client.keys.oneRtt.dropPrevious();
    client.keys.oneRtt.beginUpdate();
    expect(pass(903, 0)).toBe(Drop.None);
    expect(pass(6, 1)).toBe(Drop.None);
    const old = client.seal(Level.Application, 1, 0, 2);
    client.keys.oneRtt.beginUpdate();
    expect(server.open(old, 2)).toBe(Drop.None);
  });

  test('a newer key for an older packet of the same path is an error', () => {
    covers('rfc9001-6.4-2');
    const { client, server } = ends();
    expect(server.open(client.seal(Level.Application, 20, 0, 1), 1)).toBe(Drop.None);
    client.keys.oneRtt.beginUpdate();
    expect(server.open(client.seal(Level.Application, 1, 0, 0), 0)).toBe(Drop.None);
    const packet = client.seal(Level.Application, 10, 0, 1);
    expect(caught(() => server.open(packet, 1))).toEqual(failure(KEY_UPDATE_ERROR));
  });
});

describe('limits', () => {
  const tired: CipherSuite = {
    ...AES_128_GCM_SHA256,
    confidentialityLimit: 2 ** 20 + 200,
    integrityLimit: 3,
  };

  /** As if the client had sealed so many packets. */
  function use(client: End, packets: number): void {
    client.keys.oneRtt.write!.sealed = packets;
  }

  test('packets are counted for each key, and a new one is taken in time', () => {
    covers('rfc9001-6.6-1', 'rfc9001-6.6-3', 'rfc9001-5.3-3');
    const { client, server } = ends();
    expect(server.open(client.seal())).toBe(Drop.None);
    expect(client.keys.oneRtt.write!.sealed).toBe(1);
    client.keys.oneRtt.onAcked(0);
    use(client, 2 ** 20 - 1);
    client.keys.beforeSealing(true);
    expect(client.keys.oneRtt.phaseBit).toBe(0);
    use(client, 2 ** 20);
    client.keys.beforeSealing(true);
    expect(client.keys.oneRtt.phaseBit).toBe(4);
    expect(client.keys.oneRtt.write!.sealed).toBe(0);
  });

  test('no update begins before the handshake is confirmed, or without an acknowledgement', () => {
    covers('rfc9001-6.1-1', 'rfc9001-6.1-2');
    const { client, server } = ends();
    client.seal();
    use(client, 2 ** 20);
    client.keys.beforeSealing(true);
    expect(client.keys.oneRtt.phaseBit).toBe(0);
    client.keys.oneRtt.onAcked(0);
    client.keys.beforeSealing(false);
    expect(client.keys.oneRtt.phaseBit).toBe(0);
    client.keys.beforeSealing(true);
    expect(client.keys.oneRtt.phaseBit).toBe(4);

    // The next one needs an acknowledgement of its own phase, and an answer.
    use(client, 2 ** 20);
    client.keys.oneRtt.onAcked(0);
    client.keys.beforeSealing(true);
    const packet = client.seal();
    client.keys.oneRtt.onAcked(1);
    client.keys.beforeSealing(true);
    expect(client.keys.oneRtt.phaseBit).toBe(4);
    expect(server.open(packet)).toBe(Drop.None);
    expect(client.open(server.seal())).toBe(Drop.None);
    client.keys.beforeSealing(true);
    expect(client.keys.oneRtt.phaseBit).toBe(4);
    client.keys.oneRtt.dropPrevious();
    client.keys.beforeSealing(true);
    expect(client.keys.oneRtt.phaseBit).toBe(0);
  });

  test('a key that cannot be replaced ends the connection before its limit', () => {
    covers('rfc9001-6.6-2', 'rfc9001-6.6-5');
    const { client } = ends(tired);
    use(client, tired.confidentialityLimit - 65);
    client.keys.beforeSealing(true);
    use(client, tired.confidentialityLimit - 64);
    expect(caught(() => client.keys.beforeSealing(true))).toEqual(failure(AEAD_LIMIT_REACHED));
  });

  test('forgeries are counted over all keys, up to the limit', () => {
    covers('rfc9001-6.6-6', 'rfc9001-6.6-7');
    const { client, server } = ends(tired);
    for (const level of [Level.Handshake, Level.Application]) {
      const forged = client.seal(level);
      forged[forged.length - 1] = forged.at(-1)! ^ 1;
      expect(server.open(forged)).toBe(Drop.Unauthentic);
    }
    expect(server.keys.failedOpens).toBe(2);
    const forged = client.seal();
    forged[forged.length - 1] = forged.at(-1)! ^ 1;
    expect(caught(() => server.open(forged))).toEqual(failure(AEAD_LIMIT_REACHED));
  });
});
