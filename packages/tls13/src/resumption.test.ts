import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { AES_128_GCM_SHA256, AES_256_GCM_SHA384, CHACHA20_POLY1305_SHA256, Group } from '@tsquic/crypto';
import { covers } from '@tsquic/testing';
import { alertOf } from '../test/alert-of.ts';
import { find, identityOf, NOW_MS, outline, Pair, SERVER_PARAMETERS } from '../test/handshake-pair.ts';
import { ExtensionType } from './extension/extension.ts';
import {
  Alert,
  decodeSession,
  type EarlyDataOffer,
  Level,
  type TicketProtection,
  type TlsClientOptions,
  type TlsServerOptions,
} from './index.ts';
import { decodeNewSessionTicket } from './message/new-session-ticket.ts';

/** Sealing that hides nothing: what tickets hold is the engine's affair, how they are sealed is not. */
const tickets: TicketProtection = {
  seal: (plaintext) => Uint8Array.of(0xaa, ...plaintext),
  open: (ticket) => (ticket[0] === 0xaa ? ticket.slice(1) : undefined),
};

describe('resumption', () => {
  test('a ticket resumes without certificates', () => {
    const pair = resumed();
    expect(find(pair.clientEvents, 'complete')).toMatchObject({
      resumed: true,
      earlyDataAccepted: false,
      peerCertificates: [],
    });
    expect(find(pair.serverEvents, 'complete')).toMatchObject({ resumed: true, earlyDataAccepted: false });
    // EncryptedExtensions and Finished; no Certificate, no CertificateVerify.
    expect(outline(pair.serverEvents).filter((line) => line === 'send Handshake')).toHaveLength(2);
    expect(find(pair.clientEvents, 'ticket')).toBeDefined();
  });

  test('the session remembers what 0-RTT needs', () => {
    expect(decodeSession(firstSession({}, { earlyData: true }))).toMatchObject({
      serverName: 'server.example',
      alpn: 'echo',
      earlyData: true,
      transportParameters: SERVER_PARAMETERS,
      receivedAtMs: NOW_MS,
      lifetimeSeconds: 86_400,
    });
    expect(decodeSession(Uint8Array.of(1, 2, 3))).toBeUndefined();
    expect(decodeSession(new Uint8Array(0))).toBeUndefined();
  });

  test('resumes after a HelloRetryRequest', () => {
    const pair = resumed({}, { groups: [Group.Secp256r1] });
    expect(outline(pair.clientEvents).filter((line) => line === 'send Initial')).toHaveLength(2);
    expect(find(pair.serverEvents, 'complete')?.resumed).toBe(true);
  });

  test('resumes with another suite of the same hash', () => {
    const session = firstSession({ cipherSuites: [AES_128_GCM_SHA256] });
    const pair = new Pair({ session, cipherSuites: [CHACHA20_POLY1305_SHA256] }, { tickets }).run();
    expect(find(pair.serverEvents, 'complete')?.resumed).toBe(true);
  });

  test.each<[string, Partial<TlsClientOptions>, Partial<TlsServerOptions>]>([
    ['the name is another', { serverName: 'other.example' }, {}],
    [
      'the ticket is too old',
      { unixTimeMs: () => NOW_MS + 86_400_000 },
      { unixTimeMs: () => NOW_MS + 86_400_000 },
    ],
    ["the server's clock says that it is too old", {}, { unixTimeMs: () => NOW_MS + 86_400_000 }],
    ['the client offers no suite of its hash', { cipherSuites: [AES_256_GCM_SHA384] }, {}],
    ['the server chooses a suite of another hash', {}, { cipherSuites: [AES_256_GCM_SHA384] }],
    ['the server seals no tickets', {}, { tickets: undefined as never }],
    ['the server cannot open it', {}, { tickets: { seal: tickets.seal, open: () => undefined } }],
    [
      'the ticket holds something else',
      {},
      { tickets: { seal: tickets.seal, open: () => Uint8Array.of(9) } },
    ],
    ['the server asks for certificates', {}, { clientCertificate: 'request' }],
    ['the server shows another certificate', {}, { identity: () => identityOf('p384') }],
  ])('a full handshake follows when %s', (_name, client, server) => {
    const pair = resumed(client, server);
    expect(find(pair.clientEvents, 'complete')?.resumed).toBe(false);
    expect(find(pair.serverEvents, 'complete')?.resumed).toBe(false);
  });

  // The bound of docs/limits.md; RFC 8446 §4.2.11 leaves it to the server.
  test('of the sessions that a client offers four are tried', () => {
    const session = firstSession();
    let opened = 0;
    const open = (): undefined => void opened++;
    const offered = (count: number): number => {
      opened = 0;
      const pair = new Pair({ session }, { tickets: { seal: tickets.seal, open } });
      const hello = pair.client.nextEvent();
      if (hello?.type !== 'send') throw new Error('a client begins with its hello');
      pair.server.provide(Level.Initial, offering(hello.bytes, count));
      expect(pair.server.nextEvent()).toBeDefined();
      return opened;
    };
    expect([1, 3, 4, 5, 9].map(offered)).toEqual([1, 3, 4, 4, 4]);
  });

  test('a wrong binder ends in decrypt_error', () => {
    const session = firstSession();
    const forged = { seal: tickets.seal, open: (ticket: Uint8Array) => flipped(tickets.open(ticket)!, 10) };
    expect(alertOf(() => new Pair({ session }, { tickets: forged }).run())).toBe(Alert.DecryptError);
  });
});

/** A ClientHello whose pre_shared_key, which is its last extension, offers its one session so many times. */
function offering(hello: Uint8Array, count: number): Uint8Array {
  const u16 = (at: number): number => hello[at]! * 256 + hello[at + 1]!;
  const lengthOf = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);
  // Header, version and random; then the session ID, the suites and the compression methods.
  let extensionsAt = 38;
  extensionsAt += 1 + hello[extensionsAt]!;
  extensionsAt += 2 + u16(extensionsAt);
  extensionsAt += 1 + hello[extensionsAt]!;
  let at = extensionsAt + 2;
  while (u16(at) !== ExtensionType.PreSharedKey) at += 4 + u16(at + 2);
  const identity = hello.subarray(at + 6, at + 6 + u16(at + 4));
  const binder = hello.subarray(at + 6 + identity.length + 2);
  const times = (part: Uint8Array): Uint8Array => {
    const parts = concatBytes(...Array.from({ length: count }, () => part));
    return concatBytes(lengthOf(parts.length), parts);
  };
  const psk = concatBytes(times(identity), times(binder));
  const before = hello.subarray(extensionsAt + 2, at + 2);
  const extensions = concatBytes(before, lengthOf(psk.length), psk);
  const body = concatBytes(hello.subarray(4, extensionsAt), lengthOf(extensions.length), extensions);
  return concatBytes(hello.subarray(0, 2), lengthOf(body.length), body);
}

describe('0-RTT', () => {
  const early = { earlyData: true };

  test('is accepted, with the same secret on both sides', () => {
    const pair = resumed(early, early, early);
    expect(outline(pair.clientEvents).slice(0, 2)).toEqual(['send Initial', 'keys EarlyData write']);
    expect(outline(pair.serverEvents).slice(0, 3)).toEqual([
      'transport-parameters',
      'keys EarlyData read',
      'send Initial',
    ]);
    const [written, read] = [pair.clientEvents, pair.serverEvents].map((events) =>
      events.find((event) => event.type === 'keys' && event.level === Level.EarlyData),
    );
    expect(written).toEqual({ ...read, direction: 'write' });
    expect(find(pair.clientEvents, 'complete')).toMatchObject({ resumed: true, earlyDataAccepted: true });
    expect(find(pair.serverEvents, 'complete')).toMatchObject({ resumed: true, earlyDataAccepted: true });
  });

  test.each<[string, boolean, Partial<TlsServerOptions>, string, string]>([
    ['accepted', true, early, 'keys Handshake write', 'transport-parameters'],
    ['rejected', false, {}, 'keys Handshake write', 'transport-parameters'],
    [
      'rejected by a HelloRetryRequest',
      false,
      { ...early, groups: [Group.Secp256r1] },
      'keys EarlyData write',
      'send Initial',
    ],
  ])(
    'the client hears that it is %s before anything that follows from it',
    (_name, accepted, server, before, after) => {
      const { clientEvents } = resumed(early, server, early);
      const lines = outline(clientEvents);
      const at = lines.indexOf('early-data');
      expect(lines.slice(at - 1, at + 2)).toEqual([before, 'early-data', after]);
      expect(clientEvents.filter(({ type }) => type === 'early-data')).toEqual([
        { type: 'early-data', accepted, alpn: 'echo', serverName: 'server.example' },
      ]);
    },
  );

  test('a server says what it has answered, and nothing where none was offered', () => {
    const verdict = { type: 'early-data', alpn: 'echo', serverName: 'server.example' };
    expect(find(resumed(early, early, early).serverEvents, 'early-data')).toEqual({
      ...verdict,
      accepted: true,
    });
    expect(find(resumed(early, {}, early).serverEvents, 'early-data')).toEqual({
      ...verdict,
      accepted: false,
    });
    const none = resumed({}, early, early);
    expect(find(none.serverEvents, 'early-data') ?? find(none.clientEvents, 'early-data')).toBeUndefined();
  });

  test('is judged by the program with what the ticket says, and when the hello was made', () => {
    const offers: EarlyDataOffer[] = [];
    const judge = (accepts: boolean): Partial<TlsServerOptions> => ({
      ...early,
      earlyDataContext: Uint8Array.of(2),
      unixTimeMs: () => NOW_MS + 5000,
      judgeEarlyData: (offer) => {
        offers.push(offer);
        return accepts;
      },
    });
    const later = { ...early, unixTimeMs: () => NOW_MS + 4000 };
    const first = { ...early, earlyDataContext: Uint8Array.of(1) };
    expect(find(resumed(later, judge(true), first).serverEvents, 'complete')?.earlyDataAccepted).toBe(true);
    expect(find(resumed(later, judge(false), first).serverEvents, 'complete')).toMatchObject({
      earlyDataAccepted: false,
      resumed: true,
    });
    expect(offers).toHaveLength(2);
    expect(offers[0]).toMatchObject({
      context: Uint8Array.of(1),
      issuedAtMs: NOW_MS,
      sentAtMs: NOW_MS + 4000,
      expiresAtMs: NOW_MS + 14_000,
    });
    expect(tickets.open(offers[0]!.ticket)).toBeDefined();
  });

  test.each<[string, Partial<TlsServerOptions>]>([
    ['it is off', {}],
    ['a HelloRetryRequest is needed', { ...early, groups: [Group.Secp256r1] }],
    ['the ticket is stale', { ...early, unixTimeMs: () => NOW_MS + 10_001 }],
    ['the protocol is another', { ...early, alpn: ['other', 'echo'] }],
  ])('is not judged when %s', (_name, server) => {
    let judged = 0;
    const judgeEarlyData = (): boolean => ++judged > 0;
    resumed({ ...early, alpn: ['echo', 'other'] }, { ...server, judgeEarlyData }, early);
    expect(judged).toBe(0);
  });

  test('ends without EndOfEarlyData: a client sends its hello and Finished', () => {
    covers('rfc9001-8.3-1');
    const pair = resumed(early, early, early);
    const sent = pair.clientEvents.flatMap((event) => (event.type === 'send' ? [event.bytes[0]] : []));
    // Types of RFC 8446 §4: client_hello and finished.
    expect(sent).toEqual([1, 20]);
  });

  test('tickets allow it with the one value QUIC has', () => {
    covers('rfc9001-4.6.1-1');
    const pair = new Pair({}, { tickets, ...early }).run();
    const ticket = pair.serverEvents.findLast((event) => event.type === 'send');
    const { extensions } = decodeNewSessionTicket((ticket as { bytes: Uint8Array }).bytes.subarray(4));
    expect(extensions).toEqual([{ type: ExtensionType.EarlyData, data: new Uint8Array(4).fill(0xff) }]);
  });

  test('its secret is in the key log', () => {
    const pair = resumed({ ...early, keyLog: true }, { ...early, keyLog: true }, early);
    const line = /^CLIENT_EARLY_TRAFFIC_SECRET [0-9a-f]{64} [0-9a-f]{64}$/;
    expect(find(pair.clientEvents, 'key-log')?.line).toMatch(line);
    expect(find(pair.serverEvents, 'key-log')?.line).toBe(find(pair.clientEvents, 'key-log')?.line);
  });

  test.each<[string, Partial<TlsServerOptions>]>([
    ['the server does not want it', {}],
    ['a HelloRetryRequest is needed', { ...early, groups: [Group.Secp256r1] }],
    ['the suite is another', { ...early, cipherSuites: [AES_128_GCM_SHA256] }],
    ['the protocol is another', { ...early, alpn: ['other', 'echo'] }],
    ['what it depends on has changed', { ...early, earlyDataContext: Uint8Array.of(1) }],
    ['the ticket is older than the client says', { ...early, unixTimeMs: () => NOW_MS + 10_001 }],
    ['the ticket cannot be opened', { ...early, tickets: { seal: tickets.seal, open: () => undefined } }],
  ])('is rejected when %s', (_name, server) => {
    const pair = resumed({ ...early, alpn: ['echo', 'other'] }, server, early);
    expect(outline(pair.clientEvents)).toContain('keys EarlyData write');
    expect(outline(pair.serverEvents)).not.toContain('keys EarlyData read');
    expect(find(pair.clientEvents, 'complete')?.earlyDataAccepted).toBe(false);
    expect(find(pair.serverEvents, 'complete')?.earlyDataAccepted).toBe(false);
  });

  test.each<[string, Partial<TlsClientOptions>, Partial<TlsServerOptions>]>([
    ['the ticket does not allow it', early, {}],
    ['the client does not want it', {}, early],
    ['the client offers other protocols now', { ...early, alpn: ['other'] }, early],
  ])('is not offered when %s', (_name, client, first) => {
    const pair = resumed(client, { ...early, alpn: ['echo', 'other'] }, first);
    expect(outline(pair.clientEvents)).not.toContain('keys EarlyData write');
  });
});

function firstSession(
  client: Partial<TlsClientOptions> = {},
  server: Partial<TlsServerOptions> = {},
): Uint8Array {
  const pair = new Pair(client, { tickets, ...server }).run();
  return find(pair.clientEvents, 'ticket')!.session;
}

/** A second connection with the session of a first one. */
function resumed(
  client: Partial<TlsClientOptions> = {},
  server: Partial<TlsServerOptions> = {},
  first: Partial<TlsServerOptions> = {},
): Pair {
  return new Pair({ session: firstSession({}, first), ...client }, { tickets, ...server }).run();
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= 1;
  return copy;
}
