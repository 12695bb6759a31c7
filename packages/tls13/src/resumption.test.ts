import { describe, expect, test } from '@jest/globals';
import { AES_128_GCM_SHA256, AES_256_GCM_SHA384, CHACHA20_POLY1305_SHA256, Group } from '@tsquic/crypto';
import { covers } from '../../../tools/covers.ts';
import { find, NOW_MS, outline, Pair, SERVER_PARAMETERS } from '../test/handshake-pair.ts';
import { ExtensionType } from './extension/extension.ts';
import {
  Alert,
  decodeSession,
  Level,
  type TicketProtection,
  TlsAlert,
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
  ])('a full handshake follows when %s', (_name, client, server) => {
    const pair = resumed(client, server);
    expect(find(pair.clientEvents, 'complete')?.resumed).toBe(false);
    expect(find(pair.serverEvents, 'complete')?.resumed).toBe(false);
  });

  test('a wrong binder ends in decrypt_error', () => {
    const session = firstSession();
    const forged = { seal: tickets.seal, open: (ticket: Uint8Array) => flipped(tickets.open(ticket)!, 10) };
    expect(alertOf(() => new Pair({ session }, { tickets: forged }).run())).toBe(Alert.DecryptError);
  });
});

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

  test(`tickets allow it with the one value QUIC has ${covers('rfc9001-4.6.1-1')}`, () => {
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
    ['the suite is another', { ...early, cipherSuites: [CHACHA20_POLY1305_SHA256] }],
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

function alertOf(step: () => unknown): number | undefined {
  try {
    step();
  } catch (error) {
    if (error instanceof TlsAlert) return error.alert;
    throw error;
  }
  return undefined;
}
