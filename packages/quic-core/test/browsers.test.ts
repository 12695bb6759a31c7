import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ByteReader, fromHex } from '@tsquic/bytes';
import type { CryptoProvider } from '@tsquic/crypto';
import type { Identity } from '@tsquic/tls13';
import { covers } from '@tsquic/testing';
import { createOutgoingDatagram } from '../src/connection/outgoing-datagram.ts';
import { type Drop, dropName } from '../src/packet/drop.ts';
import { createPacketHeader, parseHeader } from '../src/packet/header.ts';
import { seededCrypto } from '@tsquic/testing/seeded';
import { createServer, LOUD } from './support/contexts.ts';
import { PacketType } from '../src/version/packet-type.ts';
import { VERSIONS } from '../src/version/versions.ts';

interface Capture {
  readonly browser: string;
  readonly datagrams: readonly string[];
}

const BROWSER = { ip: '192.0.2.7', port: 50_443 };
const SERVER = { ip: '192.0.2.1', port: 443 };

/** Captures of real browsers; they lie outside the repository. */
const folder = new URL('../../../../shared/vectors/browsers/', import.meta.url);

// The captures are no part of the repository; without them these tests are skipped.
const describeCaptures = existsSync(folder) ? describe : describe.skip;

describeCaptures.each(['chromium', 'firefox'])('the first flight of %s', (name) => {
  const capture = (): Capture => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Capture;

  /** What leaves after the datagrams came in this order, and what was dropped of them. */
  function answer(datagrams: readonly string[]) {
    const dropped: { readonly name: string; readonly bytes: number }[] = [];
    const crypto = seededCrypto(11);
    const server = createServer({
      crypto,
      alpn: ['h3'],
      identity: p256Identity(crypto),
      tracer: {
        ...LOUD,
        onPacketDropped: (_connection, drop: Drop, bytes) => dropped.push({ name: dropName(drop), bytes }),
      },
    });
    let nowUs = 1_000_000;
    for (const datagram of datagrams) {
      server.incomingPacket(fromHex(datagram), BROWSER, SERVER, 1, 0, nowUs);
      nowUs += 100;
    }
    const out = createOutgoingDatagram(new Uint8Array(1500));
    const sent: { readonly types: number[]; readonly length: number; readonly toId: Uint8Array }[] = [];
    while (server.prepareNextPacket(out, nowUs) > 0) sent.push(describeDatagram(out.buffer, out.length));
    return { dropped, sent, server };
  }

  const types = (sent: ReturnType<typeof answer>['sent']): number[] => sent.flatMap((one) => one.types);

  test('has its frames in disorder, which is no repetition: the answer is not sent twice', () => {
    // What follows are repetitions indeed: nobody answered when this was captured.
    const { sent } = answer(capture().datagrams.slice(0, 2));
    expect(types(sent)).toEqual([PacketType.Initial, PacketType.Handshake]);
  });

  test('is answered with a whole flight, and nothing of it is lost', () => {
    covers('rfc9001-5.3-2');
    const { datagrams } = capture();
    const { dropped, sent, server } = answer(datagrams);
    // Some browsers fill their datagrams with noise behind the last packet: it counts as no packet.
    expect(dropped.filter(({ bytes }) => bytes > 0)).toEqual([]);
    expect(new Set(types(sent))).toEqual(new Set([PacketType.Initial, PacketType.Handshake]));
    expect(sent[0]!.types[0]).toBe(PacketType.Initial);
    // Our packets carry the ID that the browser chose for itself, if it did.
    expect(sent[0]!.toId).toEqual(sourceOf(fromHex(datagrams[0]!)));
    expect(server.nextEvent()).toMatchObject({ type: 'accepted' });
    expect(server.nextEvent()).toMatchObject({ type: 'datagram-size' });
    expect(server.nextEvent()).toBeUndefined();
  });

  test('is answered as well when its datagrams change places, or come twice', () => {
    const { datagrams } = capture();
    const turned = answer(datagrams.toReversed());
    expect(types(turned.sent)).toContain(PacketType.Handshake);
    const doubled = answer(datagrams.flatMap((datagram) => [datagram, datagram]));
    expect(types(doubled.sent)).toContain(PacketType.Handshake);
    expect(new Set(doubled.dropped.map((drop) => drop.name))).not.toContain('Unauthentic');
  });
});

/** Browsers take no Ed25519 keys, which the simulator's identity has. */
function p256Identity(crypto: CryptoProvider): Identity {
  return { chain: [der('p256.cert')], signer: crypto.createSigner(der('p256.key')) };
}

function der(name: string): Uint8Array {
  const text = readFileSync(new URL(`../../tls13/vectors/identities/${name}.pem`, import.meta.url), 'utf8');
  return new Uint8Array(Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}

/** The Source Connection ID of a long header. */
function sourceOf(datagram: Uint8Array): Uint8Array {
  const reader = new ByteReader(datagram, 5);
  reader.skip(reader.u8());
  return reader.copy(reader.u8());
}

function describeDatagram(buffer: Uint8Array, length: number) {
  const reader = new ByteReader(buffer, 0, length);
  const header = createPacketHeader();
  const found: number[] = [];
  let toId = new Uint8Array(0);
  while (reader.remaining > 0 && parseHeader(reader, 0, VERSIONS, header) === 0) {
    found.push(header.type);
    toId = buffer.slice(header.dcidAt, header.dcidAt + header.dcidLength);
    reader.position = header.packetEnd;
  }
  return { types: found, length, toId };
}
