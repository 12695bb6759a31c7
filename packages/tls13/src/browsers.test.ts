import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { fromHex, toHex } from '@tsquic/bytes';
import { Group } from '@tsquic/crypto';
import { find, outline, provider, serverOptions } from '../test/handshake-pair.ts';
import { cryptoOfInitials } from '../test/initial-decoder.ts';
import { createTlsServer, Level, type TlsEvent, type TlsServerOptions } from './index.ts';
import { decodeClientHello } from './message/client-hello.ts';
import { readOffer } from './server/client-offer.ts';

interface Capture {
  readonly browser: string;
  readonly datagrams: readonly string[];
  readonly clientHello: string;
}

/** Captures of real browsers; they lie outside the repository. */
const folder = new URL('../../../../shared/vectors/browsers/', import.meta.url);

// The captures are no part of the repository; without them these six tests a browser are skipped.
const describeCaptures = existsSync(folder) ? describe : describe.skip;

describeCaptures.each(['chromium', 'firefox'])('the ClientHello of %s', (name) => {
  const capture = (): Capture => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Capture;
  const reassembled = (): Uint8Array => cryptoOfInitials(provider, capture().datagrams.map(fromHex));

  test('comes whole out of shuffled CRYPTO frames over several Initials', () => {
    expect(toHex(reassembled())).toBe(capture().clientHello);
  });

  test('offers what browsers offer', () => {
    const offer = readOffer(decodeClientHello(reassembled().subarray(4)));
    expect(offer).toMatchObject({ serverName: 'quic.test', alpn: ['h3'], resumes: true, earlyData: false });
    expect(offer.groups).toEqual(
      expect.arrayContaining([Group.X25519MLKEM768, Group.X25519, Group.Secp256r1, Group.Secp384r1]),
    );
    expect(offer.shares.map((share) => share.group)).toEqual(
      expect.arrayContaining([Group.X25519MLKEM768, Group.X25519]),
    );
    expect(offer.signatureSchemes).toEqual(expect.arrayContaining([0x0403, 0x0804]));
    expect(offer.transportParameters.length).toBeGreaterThan(20);
  });

  test.each([1, 100, 1200])('is answered with a whole flight, in pieces of %d bytes', (size) => {
    const events = answer(reassembled(), size);
    expect(outline(events)).toEqual([
      'transport-parameters',
      'send Initial',
      'keys Handshake read',
      'keys Handshake write',
      'send Handshake',
      'send Handshake',
      'send Handshake',
      'send Handshake',
      'keys Application write',
    ]);
    expect(find(events, 'keys')?.suite.name).toBe('TLS_AES_128_GCM_SHA256');
  });

  test('is asked for another share when we want another group', () => {
    const events = answer(reassembled(), 5000, { groups: [Group.Secp384r1] });
    expect(outline(events)).toEqual(['send Initial']);
  });
});

function answer(hello: Uint8Array, size: number, options: Partial<TlsServerOptions> = {}): TlsEvent[] {
  const server = createTlsServer(serverOptions({ alpn: ['h3'], ...options }));
  server.start();
  for (let at = 0; at < hello.length; at += size)
    server.provide(Level.Initial, hello.subarray(at, at + size));
  const events: TlsEvent[] = [];
  for (let event = server.nextEvent(); event !== undefined; event = server.nextEvent()) events.push(event);
  return events;
}
