import { describe, expect, test } from '@jest/globals';
import { AES_128_GCM_SHA256, Group } from '@tsquic/crypto';
import { build } from '../test/built-certificate.ts';
import { clientOptions, find, identityOf, Pair, provider, serverOptions } from '../test/handshake-pair.ts';
import { encodeCookie } from './extension/cookie.ts';
import { ExtensionType } from './extension/extension.ts';
import { encodeSelectedGroup } from './extension/key-share.ts';
import { encodeSelectedVersion } from './extension/versions.ts';
import {
  Alert,
  checkIdentity,
  createTlsClient,
  createTlsServer,
  Level,
  type TlsClientOptions,
  type TlsServerOptions,
} from './index.ts';
import { encodeCertificateRequest } from './message/certificate-request.ts';
import { type ClientHello, decodeClientHello, encodeClientHello } from './message/client-hello.ts';
import { decodeEncryptedExtensions } from './message/encrypted-extensions.ts';
import { encodeServerHello, HELLO_RETRY_RANDOM } from './message/server-hello.ts';

const firstSent = (events: Pair['clientEvents']): Uint8Array => {
  const sent = find(events, 'send');
  if (sent === undefined) throw new Error('nothing was sent');
  return sent.bytes;
};

describe('what could not go on the wire is refused where it is configured', () => {
  const bytes = (length: number): string => 'x'.repeat(length);

  test.each<[string, Partial<TlsClientOptions>, string]>([
    ['no protocol', { alpn: [] }, 'alpn is empty'],
    ['a protocol without a name', { alpn: ['echo', ''] }, '1 to 255 bytes'],
    ['a protocol of 256 bytes', { alpn: [bytes(256)] }, '1 to 255 bytes'],
    ['a protocol that is no bytes', { alpn: ['h\u2083'] }, '1 to 255 bytes'],
    ['a protocol that is no text', { alpn: [3 as never] }, '1 to 255 bytes'],
    ['protocols without end', { alpn: Array.from({ length: 300 }, () => bytes(255)) }, 'more than 8192'],
    ['no group', { groups: [] }, 'groups is empty'],
    ['a group that is unknown', { groups: [0x1234 as never] }, 'groups has 4660'],
    ['no suite', { cipherSuites: [] }, 'cipherSuites is empty'],
    [
      'a suite that is unknown',
      { cipherSuites: [{ ...AES_128_GCM_SHA256, id: 0x1399 }] },
      'cipherSuites has',
    ],
    [
      'a provider that names no suites',
      { crypto: { ...provider, preferredSuites: undefined as never } },
      'crypto.preferredSuites is not a list',
    ],
    [
      'a provider that prefers no groups',
      { crypto: { ...provider, preferredGroups: [] } },
      'crypto.preferredGroups is empty',
    ],
    ['no signature scheme', { signatureSchemes: [] }, 'signatureSchemes is empty'],
    [
      'a signature scheme that is unknown',
      { signatureSchemes: [0x0201 as never] },
      'signatureSchemes has 513',
    ],
    [
      'a key share of no group',
      { groups: [Group.X25519], keyShares: [Group.Secp256r1] },
      'not among the groups',
    ],
    ['a key share twice', { keyShares: [Group.X25519, Group.X25519] }, 'twice'],
    ...[
      'exa mple.org',
      'b\u00fccher.example',
      '\u0430pple.example',
      'a..b',
      '.example.org',
      'example.org..',
      '-a.example',
      'a-.example',
      `${bytes(64)}.example`,
      Array.from({ length: 60 }, () => 'abcd').join('.'),
      'a/b',
      'a:443',
      '[::1]',
      '*.example.org',
      'a\0b',
      '\u212aelvin.example',
    ].map((serverName): [string, Partial<TlsClientOptions>, string] => [
      `the name ${serverName.slice(0, 40)}`,
      { serverName },
      'neither a host name',
    ]),
  ])('a client with %s', (_name, options, message) => {
    const create = (): unknown => createTlsClient(clientOptions(options));
    expect(create).toThrow(RangeError);
    expect(create).toThrow(message);
  });

  test.each<[string, Partial<TlsServerOptions>]>([
    ['no protocol', { alpn: [] }],
    ['a protocol without a name', { alpn: [''] }],
    ['a protocol of 256 bytes', { alpn: [bytes(256)] }],
    ['a group that is unknown', { groups: [1 as never] }],
    [
      'a suite that is unknown',
      { cipherSuites: [{ ...AES_128_GCM_SHA256 }, { ...AES_128_GCM_SHA256, id: 1 }] },
    ],
  ])('a server with %s', (_name, options) => {
    expect(() => createTlsServer(serverOptions(options))).toThrow(RangeError);
  });

  test.each(['', 'nothing that was offered', 'h3'])(
    'a server whose program chooses the protocol %j',
    (chosen) => {
      const pair = (): unknown => new Pair({ alpn: ['echo'] }, { alpn: () => chosen }).run();
      expect(pair).toThrow(expect.objectContaining({ alert: Alert.NoApplicationProtocol }));
    },
  );
});

describe('server names (RFC 6066 §3)', () => {
  test.each([
    ['Server.Example', 'server.example'],
    ['server.example.', 'server.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['my_host', 'my_host'],
    ['192.0.2.1', ''],
    ['2001:db8::1', ''],
    ['fe80::1%eth0', ''],
  ])('%s goes as %j', (serverName, sent) => {
    const pair = new Pair({ serverName }).run();
    expect(find(pair.serverEvents, 'complete')?.serverName).toBe(sent);
  });

  test('the server acknowledges a name that it used, and none otherwise', () => {
    const acknowledged = (
      client: Partial<TlsClientOptions>,
      server: Partial<TlsServerOptions> = {},
    ): boolean => {
      const pair = new Pair(client, server).run();
      const message = pair.serverEvents.filter((event) => event.type === 'send')[1]!.bytes;
      const extension = decodeEncryptedExtensions(message.subarray(4)).find(
        ({ type }) => type === ExtensionType.ServerName,
      );
      expect(extension?.data.length ?? 0).toBe(0);
      return extension !== undefined;
    };
    const tickets = {
      seal: (plaintext: Uint8Array) => plaintext.slice(),
      open: (ticket: Uint8Array) => ticket.slice(),
    };
    expect(acknowledged({})).toBe(true);
    expect(acknowledged({ serverName: '192.0.2.1' })).toBe(false);
    expect(acknowledged({ serverName: '' })).toBe(false);
    const { session } = find(new Pair({}, { tickets }).run().clientEvents, 'ticket')!;
    expect(acknowledged({ session }, { tickets })).toBe(false);
  });
});

describe('extensions that nothing here acts on are read all the same (RFC 8446 §4.2)', () => {
  const cases: readonly (readonly [string, number, number[], boolean])[] = [
    ['certificate_authorities', ExtensionType.CertificateAuthorities, [0, 4, 0, 2, 0x30, 0], true],
    ['certificate_authorities of nothing', ExtensionType.CertificateAuthorities, [], false],
    ['certificate_authorities of no name', ExtensionType.CertificateAuthorities, [0, 0], false],
    [
      'certificate_authorities of an empty name',
      ExtensionType.CertificateAuthorities,
      [0, 5, 0, 1, 0x30, 0, 0],
      false,
    ],
    ['certificate_authorities cut', ExtensionType.CertificateAuthorities, [0, 4, 0, 3, 0x30, 0], false],
    ['certificate_authorities and more', ExtensionType.CertificateAuthorities, [0, 3, 0, 1, 0x30, 0], false],
    ['signature_algorithms_cert', ExtensionType.SignatureAlgorithmsCert, [0, 2, 4, 3], true],
    ['signature_algorithms_cert of nothing', ExtensionType.SignatureAlgorithmsCert, [0, 0], false],
    [
      'signature_algorithms_cert of half a scheme',
      ExtensionType.SignatureAlgorithmsCert,
      [0, 3, 4, 3, 4],
      false,
    ],
  ];
  const onlyHello = [
    ['post_handshake_auth', ExtensionType.PostHandshakeAuth, [], true],
    ['post_handshake_auth with content', ExtensionType.PostHandshakeAuth, [0], false],
  ] as const;
  const onlyRequest = [
    ['oid_filters', ExtensionType.OidFilters, [0, 5, 1, 0x55, 0, 1, 9], true],
    ['oid_filters of nothing', ExtensionType.OidFilters, [0, 0], true],
    ['oid_filters of no identifier', ExtensionType.OidFilters, [0, 3, 0, 0, 0], false],
    ['oid_filters cut', ExtensionType.OidFilters, [0, 4, 1, 0x55, 0, 1], false],
  ] as const;

  test.each([...cases, ...onlyHello])('%s in a ClientHello', (_name, type, data, good) => {
    const client = createTlsClient(clientOptions());
    client.start();
    const hello = decodeClientHello((client.nextEvent() as { bytes: Uint8Array }).bytes.subarray(4));
    const changed: ClientHello = {
      ...hello,
      extensions: [...hello.extensions, { type, data: Uint8Array.from(data) }],
    };
    const server = createTlsServer(serverOptions());
    server.start();
    const give = (): void => server.provide(Level.Initial, encodeClientHello(changed));
    if (good) give();
    else expect(give).toThrow(expect.objectContaining({ alert: Alert.DecodeError }));
  });

  test.each([...cases, ...onlyRequest])('%s in a CertificateRequest', (_name, type, data, good) => {
    const pair = new Pair({}, { clientCertificate: 'request', verifier: { verify: () => undefined } });
    pair.deliver('client');
    const sent: Uint8Array[] = [];
    for (let event = pair.server.nextEvent(); event !== undefined; event = pair.server.nextEvent())
      if (event.type === 'send') sent.push(event.bytes);
    pair.client.provide(Level.Initial, sent[0]!);
    pair.client.provide(Level.Handshake, sent[1]!);
    const request = encodeCertificateRequest({
      context: new Uint8Array(0),
      extensions: [
        { type: ExtensionType.SignatureAlgorithms, data: Uint8Array.of(0, 2, 4, 3) },
        { type, data: Uint8Array.from(data) },
      ],
    });
    const give = (): void => pair.client.provide(Level.Handshake, request);
    if (good) give();
    else expect(give).toThrow(expect.objectContaining({ alert: Alert.DecodeError }));
  });
});

test.each([8000, 62_000, 65_000])('a cookie of %d bytes in a HelloRetryRequest', (length) => {
  const client = createTlsClient(clientOptions({ alpn: Array.from({ length: 20 }, () => 'x'.repeat(250)) }));
  client.start();
  const request = encodeServerHello({
    random: HELLO_RETRY_RANDOM,
    legacySessionIdEcho: new Uint8Array(0),
    cipherSuite: 0x1301,
    extensions: [
      encodeSelectedVersion(),
      encodeSelectedGroup(Group.Secp256r1),
      encodeCookie(new Uint8Array(length)),
    ],
  });
  const give = (): void => client.provide(Level.Initial, request);
  if (length < 10_000) give();
  else expect(give).toThrow(expect.objectContaining({ alert: Alert.IllegalParameter }));
});

test('the first flight carries no name that a server would refuse', () => {
  const pair = new Pair({ serverName: 'SERVER.example.' });
  pair.deliver('client');
  expect(Buffer.from(firstSent(pair.clientEvents)).toString('latin1')).toContain('server.example');
});

describe('identities', () => {
  test.each(['p256', 'p384', 'ed25519', 'rsa'] as const)('%s has its key', (name) => {
    expect(() => checkIdentity(identityOf(name), provider)).not.toThrow();
  });

  test('a key of another kind, of the same kind, and no certificate', () => {
    const [p256, rsa] = [identityOf('p256'), identityOf('rsa')];
    expect(() => checkIdentity({ ...p256, signer: rsa.signer }, provider)).toThrow(
      'not the key of the certificate',
    );
    expect(() => checkIdentity({ chain: [build({})], signer: p256.signer }, provider)).toThrow('not the key');
    expect(() => checkIdentity({ ...p256, chain: [] }, provider)).toThrow('no certificate');
    expect(() => checkIdentity({ ...p256, chain: [Uint8Array.of(1)] }, provider)).toThrow(
      'certificate 1 of the chain',
    );
    const second = { ...p256, chain: [...p256.chain, new Uint8Array(0)] };
    expect(() => checkIdentity(second, provider)).toThrow('certificate 2 of the chain');
  });
});
