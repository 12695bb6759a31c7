import { describe, expect, test } from '@jest/globals';
import { concatBytes, fromHex } from '@tsquic/bytes';
import { AES_128_GCM_SHA256, CHACHA20_POLY1305_SHA256, Group } from '@tsquic/crypto';
import { caught, covers } from '@tsquic/testing';
import { alertOf } from '../test/alert-of.ts';
import {
  clientOptions,
  find,
  identityOf,
  Pair,
  provider,
  SERVER_PARAMETERS,
  serverOptions,
} from '../test/handshake-pair.ts';
import { CLIENT_STAGES, openTickets, SERVER_STAGES, type Stage } from '../test/stages.ts';
import { encodeAlpn } from './extension/alpn.ts';
import { encodeCookie } from './extension/cookie.ts';
import { encodeEarlyData } from './extension/early-data.ts';
import { type Extension, ExtensionType } from './extension/extension.ts';
import { encodeClientShares, encodeSelectedGroup, encodeServerShare } from './extension/key-share.ts';
import { encodeOfferedPsks, encodePskModes, encodeSelectedPsk } from './extension/psk.ts';
import { encodeQuicParameters } from './extension/quic-parameters.ts';
import { encodeSignatureAlgorithms } from './extension/signature-algorithms.ts';
import { encodeSupportedGroups } from './extension/supported-groups.ts';
import {
  Alert,
  createTlsClient,
  createTlsServer,
  Level,
  skipCertificateCheck,
  type TlsClientOptions,
  type TlsEngine,
  type TlsServerOptions,
} from './index.ts';
import { type CertificateMessage, decodeCertificate } from './message/certificate.ts';
import { encodeCertificateRequest } from './message/certificate-request.ts';
import { decodeCertificateVerify, encodeCertificateVerify } from './message/certificate-verify.ts';
import { type ClientHello, decodeClientHello, encodeClientHello } from './message/client-hello.ts';
import { encodeEncryptedExtensions } from './message/encrypted-extensions.ts';
import { encodeMessage, MessageType } from './message/handshake-message.ts';
import { encodeNewSessionTicket } from './message/new-session-ticket.ts';
import {
  decodeServerHello,
  encodeServerHello,
  HELLO_RETRY_RANDOM,
  type ServerHello,
} from './message/server-hello.ts';

const TYPES = [...Object.values(MessageType), 0, 99];
const E = ExtensionType;

describe.each([...CLIENT_STAGES, ...SERVER_STAGES].map((stage): [string, Stage] => [stage.name, stage]))(
  '%s',
  (_name, stage) => {
    test.each(TYPES.filter((type) => !stage.accepts.includes(type)))(
      'message type %d is unexpected_message',
      (type) => {
        covers('rfc9001-6-3');
        const { engine } = stage.reach();
        const error = caught(() =>
          engine.provide(
            stage.level,
            encodeMessage(type, (w) => w.bytes(new Uint8Array(40))),
          ),
        );
        expect(error).toMatchObject({ alert: Alert.UnexpectedMessage });
      },
    );

    test.each(Object.entries(Level).filter(([, level]) => level !== stage.level))(
      'data at level %s is refused',
      (_level, level) => {
        const { engine } = stage.reach();
        expect(caught(() => engine.provide(level, Uint8Array.of(1)))).toMatchObject({
          alert: Alert.UnexpectedMessage,
        });
      },
    );

    test('a message above the limit is refused at its header', () => {
      const { engine } = stage.reach();
      const header = Uint8Array.of(stage.accepts[0] ?? MessageType.Finished, 0x01, 0x00, 0x01);
      expect(caught(() => engine.provide(stage.level, header))).toMatchObject({ alert: Alert.DecodeError });
    });

    test('a message cut short ends in an alert, one with a byte too many in decode_error', () => {
      const { next } = stage.reach();
      const message = next[0];
      if (message === undefined) return expect(stage.name).toBe('connected server');
      const body = message.subarray(4);
      for (const length of cuts(body.length)) {
        const cut = encodeMessage(message[0]!, (writer) => writer.bytes(body.subarray(0, length)));
        expect([length, alertOf(() => stage.reach().engine.provide(stage.level, cut))]).toEqual([
          length,
          expect.any(Number),
        ]);
      }
      const longer = encodeMessage(message[0]!, (writer) =>
        writer.bytes(concatBytes(body, Uint8Array.of(0))),
      );
      expect(alertOf(() => stage.reach().engine.provide(stage.level, longer))).toBe(Alert.DecodeError);
    });
  },
);

describe('a ClientHello', () => {
  type Change = (hello: ClientHello) => ClientHello;
  const cases: [string, Change, Alert][] = [
    ['without supported_versions', without(E.SupportedVersions), Alert.ProtocolVersion],
    [
      `with TLS 1.2 only ${covers('rfc9001-4.2-2')}`,
      set(E.SupportedVersions, '020303'),
      Alert.ProtocolVersion,
    ],
    ['with no version', set(E.SupportedVersions, '00'), Alert.DecodeError],
    [
      'with compression',
      (hello) => ({ ...hello, compressionMethods: Uint8Array.of(1, 0) }),
      Alert.IllegalParameter,
    ],
    [
      'without compression methods',
      (hello) => ({ ...hello, compressionMethods: new Uint8Array(0) }),
      Alert.DecodeError,
    ],
    [
      'with a session ID',
      (hello) => ({ ...hello, legacySessionId: new Uint8Array(32) }),
      Alert.IllegalParameter,
    ],
    [
      'with a session ID of 33 bytes',
      (hello) => ({ ...hello, legacySessionId: new Uint8Array(33) }),
      Alert.DecodeError,
    ],
    ['without cipher suites', (hello) => ({ ...hello, cipherSuites: [] }), Alert.DecodeError],
    [
      'with unknown suites only',
      (hello) => ({ ...hello, cipherSuites: [0x0a0a, 0x1304] }),
      Alert.HandshakeFailure,
    ],
    ['without supported_groups', without(E.SupportedGroups), Alert.MissingExtension],
    ['with an empty supported_groups', set(E.SupportedGroups, '0000'), Alert.DecodeError],
    [
      'with unknown groups only',
      (hello) => replaced(replaced(hello, encodeSupportedGroups([0x11ec])), encodeClientShares([])),
      Alert.HandshakeFailure,
    ],
    ['without key_share', without(E.KeyShare), Alert.MissingExtension],
    [
      'with a share twice',
      (hello) => replaced(hello, encodeClientShares([share(29), share(29)])),
      Alert.IllegalParameter,
    ],
    [
      'with a share of a group it does not support',
      (hello) => replaced(hello, encodeClientShares([share(30)])),
      Alert.IllegalParameter,
    ],
    [
      'with an empty share',
      (hello) => replaced(hello, encodeClientShares([{ group: 29, keyExchange: new Uint8Array(0) }])),
      Alert.DecodeError,
    ],
    [
      'with a share too short',
      (hello) => replaced(hello, encodeClientShares([{ group: 29, keyExchange: new Uint8Array(31) }])),
      Alert.IllegalParameter,
    ],
    [
      'with a share of small order',
      (hello) => replaced(hello, encodeClientShares([{ group: 29, keyExchange: new Uint8Array(32) }])),
      Alert.IllegalParameter,
    ],
    [
      'with a point off its curve',
      (hello) => replaced(hello, encodeClientShares([{ group: 23, keyExchange: point() }])),
      Alert.IllegalParameter,
    ],
    ['without signature_algorithms', without(E.SignatureAlgorithms), Alert.MissingExtension],
    ['with empty signature_algorithms', set(E.SignatureAlgorithms, '0000'), Alert.DecodeError],
    [
      'with unknown schemes only',
      (hello) => replaced(hello, encodeSignatureAlgorithms([0x0901])),
      Alert.HandshakeFailure,
    ],
    [`without ALPN ${covers('rfc9001-8.1-2')}`, without(E.Alpn), Alert.NoApplicationProtocol],
    ['with an empty ALPN', set(E.Alpn, '0000'), Alert.DecodeError],
    ['with an empty protocol', set(E.Alpn, '000100'), Alert.DecodeError],
    ['with other protocols', (hello) => replaced(hello, encodeAlpn(['h3'])), Alert.NoApplicationProtocol],
    [
      `without transport parameters ${covers('rfc9001-8.2-2')}`,
      without(E.QuicTransportParameters),
      Alert.MissingExtension,
    ],
    [
      'with an extension twice',
      (hello) => ({ ...hello, extensions: [...hello.extensions, hello.extensions[0]!] }),
      Alert.IllegalParameter,
    ],
    [
      'with an extension of other messages',
      with_({ type: E.OidFilters, data: new Uint8Array(2) }),
      Alert.IllegalParameter,
    ],
    ['with a cookie', with_(encodeCookie(Uint8Array.of(1))), Alert.IllegalParameter],
    ['with a malformed server name', set(E.ServerName, '0003000000'), Alert.DecodeError],
    ['with two host names', set(E.ServerName, '0008000001610000 0162'), Alert.IllegalParameter],
    ['with a host name that is none', set(E.ServerName, '0004000001 20'), Alert.IllegalParameter],
    ['with early_data alone', with_(encodeEarlyData()), Alert.IllegalParameter],
    [
      'with early_data that is not empty',
      with_({ type: E.EarlyData, data: Uint8Array.of(0) }),
      Alert.DecodeError,
    ],
    [
      'with pre_shared_key before others',
      (hello) => ({ ...hello, extensions: [psks(1, 1), ...hello.extensions] }),
      Alert.IllegalParameter,
    ],
    [
      'with pre_shared_key but no modes',
      (hello) => with_(psks(1, 1))(without(E.PskKeyExchangeModes)(hello)),
      Alert.MissingExtension,
    ],
    ['with more identities than binders', with_(psks(2, 1)), Alert.IllegalParameter],
    ['with more binders than identities', with_(psks(1, 2)), Alert.IllegalParameter],
    ['with no identity', with_(psks(0, 1)), Alert.DecodeError],
    [
      'with a binder too short',
      with_({ type: E.PreSharedKey, data: fromHex('0007000161000000000021 201111111111111111') }),
      Alert.DecodeError,
    ],
    ['with empty modes', set(E.PskKeyExchangeModes, '00'), Alert.DecodeError],
  ];

  test.each(cases)('%s', (_name, change, alert) => {
    const hello = encodeClientHello(change(firstHello()));
    expect(alertOf(() => serverAfter(hello))).toBe(alert);
  });

  test('with a session ID is a protocol violation', () => {
    covers('rfc9001-8.4-2');
    const hello = encodeClientHello({ ...firstHello(), legacySessionId: new Uint8Array(1) });
    expect(caught(() => serverAfter(hello))).toMatchObject({ protocolViolation: true });
  });

  test.each<[string, Change]>([
    [
      'unknown extensions and GREASE',
      with_({ type: 0x1a1a, data: Uint8Array.of(0) }, { type: 0xfe0d, data: new Uint8Array(300) }),
    ],
    [
      'unknown suites, groups and schemes',
      (hello) => ({ ...hello, cipherSuites: [0x5a5a, ...hello.cipherSuites, 0x00ff] }),
    ],
    ['a name of another kind', set(E.ServerName, '0004010001 61')],
    ['unknown PSK modes', set(E.PskKeyExchangeModes, '03000a0b')],
    ['legacy versions beside TLS 1.3', set(E.SupportedVersions, '0603037a7a0304')],
    ['no server name', without(E.ServerName)],
  ])('with %s is fine', (_name, change) => {
    expect(alertOf(() => serverAfter(encodeClientHello(change(firstHello()))))).toBeUndefined();
  });
});

describe('a second ClientHello', () => {
  const options = { groups: [Group.Secp256r1] };
  const second: [string, (hello: ClientHello) => ClientHello][] = [
    ['with another random', (hello) => ({ ...hello, random: new Uint8Array(32) })],
    ['with other suites', (hello) => ({ ...hello, cipherSuites: hello.cipherSuites.slice(0, 2) })],
    ['with another name', set(E.ServerName, '0004000001 61')],
    ['with other parameters', (hello) => replaced(hello, encodeQuicParameters(Uint8Array.of(1)))],
    ['with other protocols', (hello) => replaced(hello, encodeAlpn(['echo', 'other']))],
    ['without modes', without(E.PskKeyExchangeModes)],
    ['with no share', (hello) => replaced(hello, encodeClientShares([]))],
    ['with the old share', (hello) => replaced(hello, encodeClientShares([share(29)]))],
    [
      'with two shares',
      (hello) => replaced(hello, encodeClientShares([{ group: 23, keyExchange: p256() }, share(29)])),
    ],
    ['with a cookie', with_(encodeCookie(Uint8Array.of(1)))],
    ['with 0-RTT', (hello) => with_(encodeEarlyData(), psks(1, 1))(hello)],
  ];

  test.each(second)('%s ends in illegal_parameter', (_name, change) => {
    const pair = new Pair({}, options);
    pair.deliver('client');
    pair.deliver('server');
    const hello = decodeClientHello(bytesOf(pair.client).subarray(4));
    const changed = encodeClientHello(change(hello));
    expect(alertOf(() => pair.server.provide(Level.Initial, changed))).toBe(Alert.IllegalParameter);
  });
});

describe('a ServerHello', () => {
  type Change = (hello: ServerHello) => ServerHello;
  const retry: Change = (hello) => ({ ...hello, random: HELLO_RETRY_RANDOM });
  const cases: [string, Change, Alert][] = [
    [`of TLS 1.2 ${covers('rfc9001-4.2-2')}`, without(E.SupportedVersions), Alert.ProtocolVersion],
    ['with a version not offered', set(E.SupportedVersions, '0303'), Alert.IllegalParameter],
    ['with a suite not offered', (hello) => ({ ...hello, cipherSuite: 0x1304 }), Alert.IllegalParameter],
    [
      'with a session ID',
      (hello) => ({ ...hello, legacySessionIdEcho: Uint8Array.of(1) }),
      Alert.IllegalParameter,
    ],
    ['without key_share', without(E.KeyShare), Alert.MissingExtension],
    [
      'with a share of a group without ours',
      (hello) => replaced(hello, encodeServerShare(share(23))),
      Alert.IllegalParameter,
    ],
    [
      'with a share of small order',
      (hello) => replaced(hello, encodeServerShare({ group: 29, keyExchange: new Uint8Array(32) })),
      Alert.IllegalParameter,
    ],
    [
      'with an extension not offered',
      with_({ type: 0x1a1a, data: new Uint8Array(0) }),
      Alert.UnsupportedExtension,
    ],
    ['with an extension of other messages', with_(encodeAlpn(['echo'])), Alert.IllegalParameter],
    ['with a session not offered', with_(encodeSelectedPsk(0)), Alert.UnsupportedExtension],
    ['that retries for nothing', (hello) => without(E.KeyShare)(retry(hello)), Alert.IllegalParameter],
    [
      'that retries with the group sent',
      (hello) => replaced(retry(hello), encodeSelectedGroup(29)),
      Alert.IllegalParameter,
    ],
    [
      'that retries with a group not offered',
      (hello) => replaced(retry(hello), encodeSelectedGroup(30)),
      Alert.IllegalParameter,
    ],
    [
      'that retries with an extension not offered',
      (hello) =>
        with_({ type: 0x1a1a, data: new Uint8Array(0) })(replaced(retry(hello), encodeSelectedGroup(23))),
      Alert.UnsupportedExtension,
    ],
    [
      'that retries with an empty cookie',
      (hello) =>
        with_({ type: E.Cookie, data: new Uint8Array(2) })(replaced(retry(hello), encodeSelectedGroup(23))),
      Alert.DecodeError,
    ],
  ];

  test.each(cases)('%s', (_name, change, alert) => {
    const { client, flight } = clientWithFlight();
    const hello = encodeServerHello(change(decodeServerHello(flight[0]!.subarray(4))));
    expect(alertOf(() => client.provide(Level.Initial, hello))).toBe(alert);
  });

  test.each<[string, (bytes: Uint8Array) => void]>([
    ['with another legacy version', (bytes) => (bytes[5] = 4)],
    ['with compression', (bytes) => (bytes[4 + 2 + 32 + 1 + 2] = 1)],
  ])('%s', (_name, change) => {
    const { client, flight } = clientWithFlight();
    const hello = flight[0]!.slice();
    change(hello);
    expect(alertOf(() => client.provide(Level.Initial, hello))).toBe(Alert.IllegalParameter);
  });

  test('that retries twice is unexpected_message', () => {
    const { engine } = CLIENT_STAGES[1]!.reach();
    const again = encodeServerHello({
      random: HELLO_RETRY_RANDOM,
      legacySessionIdEcho: new Uint8Array(0),
      cipherSuite: 0x1301,
      extensions: [{ type: E.SupportedVersions, data: fromHex('0304') }, encodeSelectedGroup(24)],
    });
    expect(alertOf(() => engine.provide(Level.Initial, again))).toBe(Alert.UnexpectedMessage);
  });

  test('with another suite than its retry', () => {
    const { engine, next } = CLIENT_STAGES[1]!.reach();
    const hello = { ...decodeServerHello(next[0]!.subarray(4)), cipherSuite: AES_128_GCM_SHA256.id };
    expect(alertOf(() => engine.provide(Level.Initial, encodeServerHello(hello)))).toBe(
      Alert.IllegalParameter,
    );
  });

  test('with another group than its retry', () => {
    const { engine, next } = CLIENT_STAGES[1]!.reach();
    const hello = replaced(decodeServerHello(next[0]!.subarray(4)), encodeServerShare(share(29)));
    expect(alertOf(() => engine.provide(Level.Initial, encodeServerHello(hello)))).toBe(
      Alert.IllegalParameter,
    );
  });

  test('a cookie is echoed as it came', () => {
    const { client, flight } = clientWithFlight();
    const cookie = encodeCookie(Uint8Array.of(7, 8, 9));
    const hello = with_(cookie)(
      replaced(retry(decodeServerHello(flight[0]!.subarray(4))), encodeSelectedGroup(23)),
    );
    client.provide(Level.Initial, encodeServerHello(hello));
    const { extensions } = decodeClientHello(bytesOf(client).subarray(4));
    expect(extensions).toContainEqual({ type: cookie.type, data: cookie.data });
  });

  test('a cookie alone is answered with the same shares', () => {
    const { client, flight } = clientWithFlight();
    const hello = with_(encodeCookie(Uint8Array.of(7)))(
      without(E.KeyShare)(retry(decodeServerHello(flight[0]!.subarray(4)))),
    );
    client.provide(Level.Initial, encodeServerHello(hello));
    expect(bytesOf(client)[0]).toBe(MessageType.ClientHello);
  });

  test.each<[string, Partial<TlsServerOptions>, Change, Alert]>([
    [
      'with a session of another place',
      {},
      (hello) => replaced(hello, encodeSelectedPsk(1)),
      Alert.IllegalParameter,
    ],
    [
      'with a session of another hash',
      {},
      (hello) => ({ ...hello, cipherSuite: 0x1302 }),
      Alert.IllegalParameter,
    ],
  ])('%s', (_name, server, change, alert) => {
    const { client, flight } = clientWithFlight({ session: session() }, { tickets: openTickets, ...server });
    const hello = encodeServerHello(change(decodeServerHello(flight[0]!.subarray(4))));
    expect(alertOf(() => client.provide(Level.Initial, hello))).toBe(alert);
  });
});

describe('EncryptedExtensions', () => {
  const good = [encodeAlpn(['echo']), encodeQuicParameters(SERVER_PARAMETERS)];
  const cases: [string, readonly Extension[], Alert][] = [
    [`without ALPN ${covers('rfc9001-8.1-3')}`, good.slice(1), Alert.NoApplicationProtocol],
    [
      `with a protocol not offered ${covers('rfc9001-8.1-7')}`,
      [encodeAlpn(['h3']), good[1]!],
      Alert.NoApplicationProtocol,
    ],
    ['with two protocols', [encodeAlpn(['echo', 'h3']), good[1]!], Alert.DecodeError],
    [`without transport parameters ${covers('rfc9001-8.2-2')}`, good.slice(0, 1), Alert.MissingExtension],
    ['with an extension twice', [...good, good[0]!], Alert.IllegalParameter],
    [
      'with an extension not offered',
      [...good, { type: 0x1a1a, data: new Uint8Array(0) }],
      Alert.UnsupportedExtension,
    ],
    ['with 0-RTT not offered', [...good, encodeEarlyData()], Alert.UnsupportedExtension],
    ['with an extension of other messages', [...good, encodePskModes()], Alert.IllegalParameter],
    ['with key_share', [...good, encodeServerShare(share(29))], Alert.IllegalParameter],
    [
      'with a name that is not empty',
      [...good, { type: E.ServerName, data: Uint8Array.of(1) }],
      Alert.DecodeError,
    ],
    [
      'with malformed groups',
      [...good, { type: E.SupportedGroups, data: Uint8Array.of(1) }],
      Alert.DecodeError,
    ],
  ];

  test.each(cases)('%s', (_name, extensions, alert) => {
    const { client, flight } = clientWithFlight();
    client.provide(Level.Initial, flight[0]!);
    expect(alertOf(() => client.provide(Level.Handshake, encodeEncryptedExtensions(extensions)))).toBe(alert);
  });

  test.each<[string, readonly Extension[]]>([
    ['a name acknowledged', [...good, { type: E.ServerName, data: new Uint8Array(0) }]],
    ['groups hinted', [...good, encodeSupportedGroups([29, 23])]],
  ])('with %s is fine', (_name, extensions) => {
    const { client, flight } = clientWithFlight();
    client.provide(Level.Initial, flight[0]!);
    expect(
      alertOf(() => client.provide(Level.Handshake, encodeEncryptedExtensions(extensions))),
    ).toBeUndefined();
  });

  test.each<[string, Partial<TlsServerOptions>, string]>([
    ['a suite of its own', { cipherSuites: [CHACHA20_POLY1305_SHA256] }, 'echo'],
    ['a protocol of its own', {}, 'other'],
  ])('that accepts 0-RTT with %s', (_name, server, alpn) => {
    const first = { tickets: openTickets, earlyData: true };
    const kept = find(
      new Pair({ cipherSuites: [AES_128_GCM_SHA256] }, first).run().clientEvents,
      'ticket',
    )!.session;
    const options = { session: kept, earlyData: true, alpn: ['echo', 'other'] };
    const { client, flight } = clientWithFlight(options, { ...first, ...server });
    client.provide(Level.Initial, flight[0]!);
    const extensions = [encodeAlpn([alpn]), good[1]!, encodeEarlyData()];
    expect(alertOf(() => client.provide(Level.Handshake, encodeEncryptedExtensions(extensions)))).toBe(
      Alert.IllegalParameter,
    );
  });
});

describe('certificates', () => {
  const leaf = identityOf('p256').chain[0]!;
  const cases: [string, Partial<CertificateMessage>, Alert][] = [
    ['none from a server', { entries: [] }, Alert.DecodeError],
    ['with a context', { context: Uint8Array.of(1) }, Alert.IllegalParameter],
    ['that is empty', { entries: [{ certificate: new Uint8Array(0), extensions: [] }] }, Alert.DecodeError],
    [
      'that is not DER',
      { entries: [{ certificate: Uint8Array.of(1, 2, 3), extensions: [] }] },
      Alert.BadCertificate,
    ],
    [
      'that is cut short',
      { entries: [{ certificate: leaf.subarray(0, 200), extensions: [] }] },
      Alert.BadCertificate,
    ],
    [
      'with an extension not offered',
      { entries: [{ certificate: leaf, extensions: [{ type: E.StatusRequest, data: new Uint8Array(4) }] }] },
      Alert.UnsupportedExtension,
    ],
    [
      'with an extension of other messages',
      { entries: [{ certificate: leaf, extensions: [encodePskModes()] }] },
      Alert.IllegalParameter,
    ],
  ];

  test.each(cases)('a Certificate %s', (_name, change, alert) => {
    const { engine, next } = CLIENT_STAGES[3]!.reach();
    engine.provide(Level.Handshake, next[0]!);
    const message = { ...decodeCertificate(next[1]!.subarray(4)), ...change };
    expect(alertOf(() => engine.provide(Level.Handshake, certificateOf(message)))).toBe(alert);
  });

  test.each<[string, readonly Extension[], Uint8Array, Alert]>([
    ['without signature_algorithms', [], new Uint8Array(0), Alert.MissingExtension],
    ['with a context', [encodeSignatureAlgorithms([0x0403])], Uint8Array.of(1), Alert.IllegalParameter],
    ['with an extension of other messages', [encodePskModes()], new Uint8Array(0), Alert.IllegalParameter],
  ])('a CertificateRequest %s', (_name, extensions, context, alert) => {
    const { engine } = CLIENT_STAGES[3]!.reach();
    const request = encodeCertificateRequest({ context, extensions });
    expect(alertOf(() => engine.provide(Level.Handshake, request))).toBe(alert);
  });

  test.each<[string, number, Alert]>([
    ['with a scheme not offered', 0x0203, Alert.IllegalParameter],
    ['with PKCS #1', 0x0401, Alert.IllegalParameter],
    ['with the scheme of another key', 0x0807, Alert.DecryptError],
  ])('a CertificateVerify %s', (_name, scheme, alert) => {
    for (const stage of [CLIENT_STAGES[5]!, SERVER_STAGES[3]!]) {
      const { engine, next } = stage.reach();
      const { signature } = decodeCertificateVerify(next[0]!.subarray(4));
      const other = stage === SERVER_STAGES[3] && scheme === 0x0807 ? 0x0403 : scheme;
      const verify = encodeCertificateVerify({ scheme: other, signature });
      expect(alertOf(() => engine.provide(Level.Handshake, verify))).toBe(alert);
    }
  });

  test('a verifier is asked only once the key is proved', () => {
    let asked = 0;
    const verifier = { verify: () => (asked++, undefined) };
    const { client, flight } = clientWithFlight({ verifier });
    client.provide(Level.Initial, flight[0]!);
    for (const message of flight.slice(1, 3)) client.provide(Level.Handshake, message);
    expect(asked).toBe(0);
    client.provide(Level.Handshake, flight[3]!);
    expect(asked).toBe(1);
  });
});

describe('Finished', () => {
  test.each([CLIENT_STAGES[6]!, CLIENT_STAGES[7]!, SERVER_STAGES[4]!])(
    'with a wrong bit is decrypt_error: $name',
    (stage) => {
      const { engine, next } = stage.reach();
      const finished = next[0]!.slice();
      finished[20]! ^= 1;
      expect(alertOf(() => engine.provide(stage.level, finished))).toBe(Alert.DecryptError);
    },
  );
});

describe('NewSessionTicket', () => {
  const ticket = {
    lifetimeSeconds: 10,
    ageAdd: 0,
    nonce: Uint8Array.of(0),
    ticket: Uint8Array.of(1),
    extensions: [],
  };
  const limit = (hex: string): readonly Extension[] => [{ type: E.EarlyData, data: fromHex(hex) }];

  test.each<[string, object, Alert, boolean]>([
    [
      `with a limit of 0-RTT bytes ${covers('rfc9001-4.6.1-2')}`,
      { extensions: limit('00004000') },
      Alert.IllegalParameter,
      true,
    ],
    ['with a malformed limit', { extensions: limit('0000') }, Alert.DecodeError, false],
    ['for longer than a week', { lifetimeSeconds: 604_801 }, Alert.IllegalParameter, false],
    ['without a ticket', { ticket: new Uint8Array(0) }, Alert.DecodeError, false],
    [
      'with an extension of other messages',
      { extensions: [encodePskModes()] },
      Alert.IllegalParameter,
      false,
    ],
  ])('%s', (_name, change, alert, protocolViolation) => {
    const { engine } = CLIENT_STAGES[8]!.reach();
    const message = encodeNewSessionTicket({ ...ticket, ...change });
    expect(caught(() => engine.provide(Level.Application, message))).toMatchObject({
      alert,
      protocolViolation,
    });
  });

  test('unknown extensions are ignored, and a lifetime of nothing is no ticket', () => {
    const { engine } = CLIENT_STAGES[8]!.reach();
    while (engine.nextEvent());
    const extensions = [{ type: 0x2a2a, data: new Uint8Array(3) }];
    engine.provide(Level.Application, encodeNewSessionTicket({ ...ticket, extensions }));
    expect(engine.nextEvent()?.type).toBe('ticket');
    engine.provide(Level.Application, encodeNewSessionTicket({ ...ticket, lifetimeSeconds: 0 }));
    expect(engine.nextEvent()).toBeUndefined();
  });

  test('a CertificateRequest after the handshake is a protocol violation', () => {
    covers('rfc9001-4.4-6');
    const { engine } = CLIENT_STAGES[8]!.reach();
    const request = encodeCertificateRequest({
      context: Uint8Array.of(1),
      extensions: [encodeSignatureAlgorithms([0x0403])],
    });
    expect(caught(() => engine.provide(Level.Application, request))).toMatchObject({
      protocolViolation: true,
    });
  });
});

/** The first ClientHello of a client, decoded. */
function firstHello(): ClientHello {
  const client = createTlsClient(clientOptions());
  client.start();
  return decodeClientHello(bytesOf(client).subarray(4));
}

/** What the engine wants to send next. */
function bytesOf(engine: TlsEngine): Uint8Array {
  for (let event = engine.nextEvent(); event !== undefined; event = engine.nextEvent()) {
    if (event.type === 'send') return event.bytes;
  }
  throw new Error('nothing to send');
}

function serverAfter(hello: Uint8Array): TlsEngine {
  const server = createTlsServer(serverOptions({ tickets: openTickets }));
  server.start();
  server.provide(Level.Initial, hello);
  return server;
}

/** A client that has sent its ClientHello, and the messages of the server's flight. */
function clientWithFlight(
  client: Partial<TlsClientOptions> = {},
  server: Partial<TlsServerOptions> = {},
): { client: TlsEngine; flight: Uint8Array[] } {
  const engine = createTlsClient(clientOptions({ verifier: skipCertificateCheck, ...client }));
  engine.start();
  const other = createTlsServer(serverOptions(server));
  other.start();
  other.provide(Level.Initial, bytesOf(engine));
  const flight: Uint8Array[] = [];
  for (let event = other.nextEvent(); event !== undefined; event = other.nextEvent()) {
    if (event.type === 'send') flight.push(event.bytes);
  }
  return { client: engine, flight };
}

function session(): Uint8Array {
  return find(new Pair({}, { tickets: openTickets }).run().clientEvents, 'ticket')!.session;
}

interface WithExtensions {
  readonly extensions: readonly Extension[];
}

function without(type: number): <T extends WithExtensions>(message: T) => T {
  return (message) => ({
    ...message,
    extensions: message.extensions.filter((extension) => extension.type !== type),
  });
}

function replaced<T extends WithExtensions>(message: T, by: Extension): T {
  return {
    ...message,
    extensions: message.extensions.map((extension) => (extension.type === by.type ? by : extension)),
  };
}

function set(type: number, hex: string): <T extends WithExtensions>(message: T) => T {
  return (message) => replaced(message, { type, data: fromHex(hex) });
}

function with_(...added: readonly Extension[]): <T extends WithExtensions>(message: T) => T {
  return (message) => ({ ...message, extensions: [...message.extensions, ...added] });
}

function psks(identities: number, binders: number): Extension {
  return encodeOfferedPsks({
    identities: Array.from({ length: identities }, () => ({
      identity: Uint8Array.of(1),
      obfuscatedTicketAge: 0,
    })),
    binders: Array.from({ length: binders }, () => new Uint8Array(32)),
  });
}

function share(group: number): { group: number; keyExchange: Uint8Array } {
  return { group, keyExchange: provider.generateKeyShare(Group.X25519).publicKey };
}

function p256(): Uint8Array {
  return provider.generateKeyShare(Group.Secp256r1).publicKey;
}

/** Uncompressed, and off the curve. */
function point(): Uint8Array {
  const bytes = new Uint8Array(65).fill(1);
  bytes[0] = 4;
  return bytes;
}

function certificateOf({ context, entries }: CertificateMessage): Uint8Array {
  return encodeMessage(MessageType.Certificate, (writer) => {
    writer.opaque8(context);
    writer.vector(3, () => {
      for (const entry of entries) {
        writer.opaque24(entry.certificate);
        writer.vector(2, () => {
          for (const { type, data } of entry.extensions) {
            writer.u16(type);
            writer.opaque16(data);
          }
        });
      }
    });
  });
}

/** Some lengths below `length`: all of a short message, a sample of a long one. */
function cuts(length: number): number[] {
  const step = Math.max(1, Math.floor(length / 25));
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step);
}
