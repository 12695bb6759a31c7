import { describe, expect, test } from '@jest/globals';
import { fromHex } from '@tsquic/bytes';
import { AES_128_GCM_SHA256, type CipherSuite } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import { Level } from '@tsquic/tls13';
import { covers } from '../../../../tools/covers.ts';
import { Drop } from '../packet/drop.ts';
import { createPacketHeader, PacketType } from '../packet/header.ts';
import { PacketReader } from '../packet/reader.ts';
import { PacketWriter } from '../packet/writer.ts';
import { DeliveryLog } from '../recovery/delivery-log.ts';
import { VERSION_1 } from '../version/versions.ts';
import { Keys } from './keys.ts';

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
    this.keys = new Keys(crypto, VERSION_1, isClient);
    this.keys.installInitial(id);
    for (const level of [Level.Handshake, Level.Application]) {
      this.keys.install(level, 'write', suite, secretOf(level, isClient));
      this.keys.install(level, 'read', suite, secretOf(level, !isClient));
    }
  }

  /** A sealed packet with one PING, padded. */
  seal(level: Level = Level.Application, number: number = this.number++, reserved = 0): Uint8Array {
    const { writer, keys, isClient } = this;
    const buffer = new Uint8Array(200);
    writer.reset(buffer, 200);
    const fields = { versionId: 1, destinationId: id, sourceId: id, token: new Uint8Array(0) };
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
  open(packet: Uint8Array): Drop {
    const reader = new PacketReader(id.length);
    const bytes = packet.slice();
    reader.reset(bytes, bytes.length);
    if (!reader.next()) throw new Error('a header of ours cannot be read');
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

function caught(step: () => unknown): unknown {
  try {
    step();
  } catch (error) {
    return error;
  }
  return undefined;
}

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

  test(`discarded keys neither open nor seal ${covers('rfc9001-4.9.1-3')}`, () => {
    const { client, server } = ends();
    const packet = client.seal(Level.Initial);
    server.keys.discard(Level.Initial);
    expect(server.open(packet)).toBe(Drop.NoKeys);
    expect(server.keys.canWrite(Level.Initial)).toBe(false);
    expect(server.keys.canWrite(Level.Handshake)).toBe(true);
    const header = { ...createPacketHeader(), type: PacketType.Initial };
    expect(server.keys.mayComeLater(header)).toBe(false);
    expect(server.keys.mayComeLater({ ...header, type: PacketType.Handshake })).toBe(true);
  });

  test(`0-RTT is not waited for once there is 1-RTT ${covers('rfc9001-4.9.3-4')}`, () => {
    const header = { ...createPacketHeader(), type: PacketType.ZeroRtt };
    const keys = new Keys(crypto, VERSION_1, false);
    expect(keys.mayComeLater(header)).toBe(true);
    keys.install(Level.Application, 'write', AES_128_GCM_SHA256, secretOf(Level.Application, false));
    expect(keys.mayComeLater(header)).toBe(true);
    keys.install(Level.Application, 'read', AES_128_GCM_SHA256, secretOf(Level.Application, true));
    expect(keys.mayComeLater(header)).toBe(false);
  });

  test.each([
    [Level.Initial, 0x04],
    [Level.Handshake, 0x08],
    [Level.Application, 0x08],
    [Level.Application, 0x10],
  ])(
    `at level %d, reserved bits %i end the connection, but only in authentic packets ${covers('rfc9000-17.2-9', 'rfc9000-17.3.1-3')}`,
    (level, bits) => {
      const { client, server } = ends();
      const packet = client.seal(level, 5, bits);
      const forged = packet.slice();
      forged[forged.length - 1] = forged.at(-1)! ^ 1;
      expect(server.open(forged)).toBe(Drop.Unauthentic);
      expect(caught(() => server.open(packet))).toEqual(failure(PROTOCOL_VIOLATION));
    },
  );
});

describe('a key update', () => {
  test(`of the peer is followed before anything is sent ${covers('rfc9001-6.2-1', 'rfc9001-6.2-2')}`, () => {
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

  test(`leaves our old keys in use until the peer follows ${covers('rfc9001-6.1-3', 'rfc9001-6.3-5')}`, () => {
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
    `of a peer %s that goes on before anything of ours left in the new phase is an error ${covers('rfc9001-6.2-3')}`,
    (_name, weBegin) => {
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

  test(`that does not open is dropped, and changes nothing ${covers('rfc9001-5.5-2')}`, () => {
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

  test(`two phases ahead opens nothing ${covers('rfc9001-5.5-1')}`, () => {
    const { client, server } = ends();
    expect(server.open(client.seal())).toBe(Drop.None);
    client.keys.oneRtt.beginUpdate();
    client.keys.oneRtt.beginUpdate();
    expect(server.open(client.seal())).toBe(Drop.Unauthentic);
  });

  test(`an old key for a newer packet is an error ${covers('rfc9001-6.4-1', 'rfc9001-6.4-2')}`, () => {
    const { client, server } = ends();
    const old = client.seal(Level.Application, 20);
    expect(server.open(client.seal(Level.Application, 1))).toBe(Drop.None);
    client.keys.oneRtt.beginUpdate();
    expect(server.open(client.seal(Level.Application, 10))).toBe(Drop.None);
    expect(caught(() => server.open(old))).toEqual(failure(KEY_UPDATE_ERROR));
  });

  test(`a new key for an older packet is an error, whether it is the first or not ${covers('rfc9001-6.4-1', 'rfc9001-6.4-2')}`, () => {
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

  test(`packets are counted for each key, and a new one is taken in time ${covers('rfc9001-6.6-1', 'rfc9001-6.6-3', 'rfc9001-5.3-3')}`, () => {
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

  test(`no update begins before the handshake is confirmed, or without an acknowledgement ${covers('rfc9001-6.1-1', 'rfc9001-6.1-2')}`, () => {
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

  test(`a key that cannot be replaced ends the connection before its limit ${covers('rfc9001-6.6-2', 'rfc9001-6.6-4', 'rfc9001-6.6-5')}`, () => {
    const { client } = ends(tired);
    use(client, tired.confidentialityLimit - 65);
    client.keys.beforeSealing(true);
    use(client, tired.confidentialityLimit - 64);
    expect(caught(() => client.keys.beforeSealing(true))).toEqual(failure(AEAD_LIMIT_REACHED));
  });

  test(`forgeries are counted over all keys, up to the limit ${covers('rfc9001-6.6-6', 'rfc9001-6.6-7')}`, () => {
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
