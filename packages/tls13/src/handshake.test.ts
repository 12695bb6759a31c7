import { describe, expect, test } from '@jest/globals';
import { concatBytes, toHex } from '@tsquic/bytes';
import { CIPHER_SUITES, Group, SignatureScheme } from '@tsquic/crypto';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { caught, covers } from '@tsquic/testing';
import {
  CLIENT_PARAMETERS,
  clientOptions,
  find,
  identityOf,
  outline,
  Pair,
  pemDer,
  provider,
  SERVER_PARAMETERS,
  serverOptions,
} from '../test/handshake-pair.ts';
import { decodeAlpn } from './extension/alpn.ts';
import { ExtensionType, findExtension } from './extension/extension.ts';
import { decodeServerName } from './extension/server-name.ts';
import { decodeSupportedVersions } from './extension/versions.ts';
import {
  Alert,
  createTlsClient,
  createTlsServer,
  type Identity,
  Level,
  skipCertificateCheck,
  TlsAlert,
  type TlsClientOptions,
  type TlsEvent,
} from './index.ts';
import { decodeClientHello } from './message/client-hello.ts';

describe('a plain handshake', () => {
  test('has its events in the order QUIC needs', () => {
    const pair = new Pair().run();
    expect(outline(pair.clientEvents)).toEqual([
      'send Initial',
      'keys Handshake read',
      'keys Handshake write',
      'transport-parameters',
      'send Handshake',
      'keys Application write',
      'keys Application read',
      'complete',
    ]);
    expect(outline(pair.serverEvents)).toEqual([
      'transport-parameters',
      'send Initial',
      'keys Handshake read',
      'keys Handshake write',
      'send Handshake',
      'send Handshake',
      'send Handshake',
      'send Handshake',
      'keys Application write',
      'keys Application read',
      'complete',
    ]);
  });

  test(`a server has no 1-RTT keys to read with before the client's Finished`, () => {
    covers('rfc9001-5.7-2');
    const pair = new Pair();
    pair.deliver('client');
    pair.deliver('server');
    expect(outline(pair.serverEvents)).not.toContain('keys Application read');
    expect(pair.server.nextEvent()).toBeUndefined();
    pair.deliver('client');
    pair.deliver('server');
    expect(outline(pair.serverEvents)).toContain('keys Application read');
  });

  test('transport parameters travel both ways', () => {
    covers('rfc9001-8.2-1', 'rfc9001-8.2-2');
    let seen: Uint8Array | undefined;
    const pair = new Pair(
      {},
      {
        transportParameters: (peer) => {
          seen = peer;
          return SERVER_PARAMETERS;
        },
      },
    ).run();
    expect(seen).toEqual(CLIENT_PARAMETERS);
    expect(find(pair.serverEvents, 'transport-parameters')?.bytes).toEqual(CLIENT_PARAMETERS);
    expect(find(pair.clientEvents, 'transport-parameters')?.bytes).toEqual(SERVER_PARAMETERS);
  });

  test('what the parameters callback throws passes through', () => {
    const pair = new Pair(
      {},
      {
        transportParameters: () => {
          throw new Error('not these');
        },
      },
    );
    expect(() => pair.run()).toThrow('not these');
  });

  test.each(CIPHER_SUITES.map((suite) => [suite.name, suite] as const))('suite %s', (name, suite) => {
    const pair = new Pair({ cipherSuites: [suite] }).run();
    expectAgreement(pair);
    expect(find(pair.serverEvents, 'complete')?.cipherSuite).toBe(name);
  });

  test("a server's order of suites decides", () => {
    const pair = new Pair({}, { cipherSuites: CIPHER_SUITES.toReversed() }).run();
    expect(find(pair.clientEvents, 'complete')?.cipherSuite).toBe('TLS_CHACHA20_POLY1305_SHA256');
  });

  test('a server that was given none takes what its client prefers', () => {
    const order = [CIPHER_SUITES[2]!, CIPHER_SUITES[0]!];
    const chosen = (client: Partial<TlsClientOptions>): string | undefined =>
      find(new Pair(client).run().clientEvents, 'complete')?.cipherSuite;
    expect(chosen({ cipherSuites: order })).toBe('TLS_CHACHA20_POLY1305_SHA256');
    expect(chosen({ cipherSuites: order.toReversed() })).toBe('TLS_AES_128_GCM_SHA256');
    const crypto = createNobleProvider({ random: (out) => void out.fill(7) });
    expect(chosen({ crypto: { ...crypto, preferredSuites: order } })).toBe('TLS_CHACHA20_POLY1305_SHA256');
    expect(chosen({ crypto })).toBe('TLS_AES_128_GCM_SHA256');
  });

  test.each(Object.entries(Group))('group %s', (_name, group) => {
    expectAgreement(new Pair({ groups: [group] }, { groups: [group] }).run());
  });

  test.each(['p256', 'p384', 'ed25519', 'rsa'] as const)('certificate with a key of %s', (name) => {
    const identity = identityOf(name);
    expectAgreement(new Pair({}, { identity: () => identity }).run());
  });

  test.each([1, 2, 3, 7, 100, 1201])('in pieces of %d bytes', (size) => {
    expectAgreement(new Pair({}, {}, size).run());
  });

  test('both ends export the same keying material, and others for other labels', () => {
    const { client, server } = new Pair().run();
    const material = client.exportKeyingMaterial('EXPORTER-test', Uint8Array.of(1), 40);
    expect(material.length).toBe(40);
    expect(server.exportKeyingMaterial('EXPORTER-test', Uint8Array.of(1), 40)).toEqual(material);
    expect(server.exportKeyingMaterial('EXPORTER-test', Uint8Array.of(2), 40)).not.toEqual(material);
    expect(server.exportKeyingMaterial('EXPORTER-other', Uint8Array.of(1), 40)).not.toEqual(material);
  });

  test('there is nothing to export before the end', () => {
    const pair = new Pair();
    pair.deliver('client');
    expect(() => pair.server.exportKeyingMaterial('x', new Uint8Array(0), 1)).toThrow('not complete');
  });

  test('key log lines carry the secrets of the key events', () => {
    const pair = new Pair({ keyLog: true }, { keyLog: true }).run();
    const lines = keyLog(pair.clientEvents);
    expect(keyLog(pair.serverEvents).toSorted()).toEqual(lines.toSorted());
    const labels = lines.map((line) => line.split(' ')[0]);
    expect(labels).toEqual([
      'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
      'SERVER_HANDSHAKE_TRAFFIC_SECRET',
      'CLIENT_TRAFFIC_SECRET_0',
      'SERVER_TRAFFIC_SECRET_0',
      'EXPORTER_SECRET',
    ]);
    const hello = find(pair.clientEvents, 'send')!.bytes;
    const random = toHex(hello.subarray(6, 38));
    const secret = toHex(secretOf(pair.clientEvents, Level.Application, 'write'));
    expect(lines).toContain(`CLIENT_TRAFFIC_SECRET_0 ${random} ${secret}`);
  });
});

describe('over either provider', () => {
  const noble = createNobleProvider({ random: provider.random });

  test.each([
    ['noble', 'node', noble, provider],
    ['node', 'noble', provider, noble],
    ['noble', 'noble', noble, noble],
  ])('a client over %s and a server over %s', (_client, _server, client, server) => {
    const { chain } = identityOf('p256');
    const identity = { chain, signer: server.createSigner(pemDer('p256.key')) };
    expectAgreement(new Pair({ crypto: client }, { crypto: server, identity: () => identity }).run());
  });
});

describe('what a client offers', () => {
  const hello = decodeClientHello(find(drain(new Pair()), 'send')!.bytes.subarray(4));

  test('no older version, no session ID, no cookie', () => {
    covers('rfc9001-4.2-1', 'rfc9001-8.4-1');
    expect(hello.legacySessionId).toHaveLength(0);
    expect(
      decodeSupportedVersions(findExtension(hello.extensions, ExtensionType.SupportedVersions)!),
    ).toEqual([0x0304]);
    expect(findExtension(hello.extensions, ExtensionType.Cookie)).toBeUndefined();
  });

  test('its protocols, its parameters and its name', () => {
    expect(decodeAlpn(findExtension(hello.extensions, ExtensionType.Alpn)!)).toEqual(['echo']);
    expect(findExtension(hello.extensions, ExtensionType.QuicTransportParameters)).toEqual(CLIENT_PARAMETERS);
    expect(decodeServerName(findExtension(hello.extensions, ExtensionType.ServerName)!)).toBe(
      'server.example',
    );
  });
});

describe('application protocols', () => {
  test.each([
    ["the server's first that is offered", ['a', 'b', 'c'], ['c', 'b'], 'c'],
    ['a function', ['a', 'b'], (offered: readonly string[]) => offered.at(-1), 'b'],
    ['bytes that are no text', ['\xfe\xff'], ['\xfe\xff'], '\xfe\xff'],
  ] as const)('%s', (_name, offered, accepted, chosen) => {
    const pair = new Pair({ alpn: offered }, { alpn: accepted }).run();
    expect(find(pair.clientEvents, 'complete')?.alpn).toBe(chosen);
    expect(find(pair.serverEvents, 'complete')?.alpn).toBe(chosen);
  });

  test('nothing in common ends in no_application_protocol', () => {
    covers('rfc9001-8.1-2', 'rfc9001-8.1-6');
    expectAlert(() => new Pair({ alpn: ['a'] }, { alpn: ['b'] }).run(), Alert.NoApplicationProtocol);
    expectAlert(() => new Pair({}, { alpn: () => undefined }).run(), Alert.NoApplicationProtocol);
  });

  test('a client must offer one', () => {
    covers('rfc9001-8.1-1');
    expect(() => createTlsClient(clientOptions({ alpn: [] }))).toThrow(RangeError);
  });
});

describe('the server name', () => {
  test.each([
    ['Server.Example', 'server.example'],
    ['127.0.0.1', ''],
    ['::1', ''],
  ])('%s arrives as "%s"', (name, seen) => {
    let asked: string | undefined;
    const identity = identityOf('p256');
    const pair = new Pair(
      { serverName: name },
      {
        identity: (serverName) => {
          asked = serverName;
          return identity;
        },
      },
    ).run();
    expect(asked).toBe(seen);
    expect(find(pair.serverEvents, 'complete')?.serverName).toBe(seen);
  });

  test('no identity ends in unrecognized_name', () => {
    expectAlert(() => new Pair({}, { identity: () => undefined }).run(), Alert.UnrecognizedName);
  });
});

describe('signature schemes', () => {
  test("the signer's best that the client accepts is used", () => {
    const base = identityOf('rsa');
    const used: SignatureScheme[] = [];
    const identity: Identity = {
      chain: base.chain,
      signer: {
        schemes: base.signer.schemes,
        sign(scheme, message) {
          used.push(scheme);
          return base.signer.sign(scheme, message);
        },
      },
    };
    expectAgreement(new Pair({ signatureSchemes: [0x0806, 0x0805] }, { identity: () => identity }).run());
    expect(used).toHaveLength(1);
    expect([0x0805, 0x0806]).toContain(used[0]);
  });

  test.each([
    ['none in common', [SignatureScheme.Ed25519]],
    ['only PKCS #1', [SignatureScheme.RsaPkcs1Sha256, SignatureScheme.RsaPkcs1Sha384]],
  ])('%s ends in handshake_failure', (_name, signatureSchemes) => {
    const identity = identityOf('rsa');
    expectAlert(
      () => new Pair({ signatureSchemes }, { identity: () => identity }).run(),
      Alert.HandshakeFailure,
    );
  });

  test('an identity may be chosen by what the client accepts', () => {
    const rsa = identityOf('rsa');
    const p256 = identityOf('p256');
    const choose = (_name: string, schemes: readonly number[]): Identity =>
      schemes.includes(0x0403) ? p256 : rsa;
    expectAgreement(new Pair({ signatureSchemes: [0x0804] }, { identity: choose }).run());
    expectAgreement(new Pair({ signatureSchemes: [0x0403] }, { identity: choose }).run());
  });

  test('a signature that the key did not make ends in decrypt_error', () => {
    const mixed = { chain: identityOf('p256').chain, signer: provider.createSigner(otherP256()) };
    expectAlert(() => new Pair({}, { identity: () => mixed }).run(), Alert.DecryptError);
  });
});

describe('HelloRetryRequest', () => {
  test.each([
    ['P-256', [Group.X25519, Group.Secp256r1], [Group.Secp256r1]],
    ['P-384', [Group.X25519, Group.Secp384r1], [Group.Secp384r1, Group.Secp256r1]],
  ] as const)('asks for a share of %s', (_name, clientGroups, serverGroups) => {
    const pair = new Pair(
      { groups: clientGroups, keyLog: true },
      { groups: serverGroups, keyLog: true },
      50,
    ).run();
    expectAgreement(pair);
    expect(outline(pair.clientEvents).filter((line) => line === 'send Initial')).toHaveLength(2);
    expect(outline(pair.serverEvents).filter((line) => line === 'send Initial')).toHaveLength(2);
  });

  test('is not needed when a share of the second group is there', () => {
    const pair = new Pair(
      { keyShares: [Group.X25519, Group.Secp256r1] },
      { groups: [Group.Secp256r1] },
    ).run();
    expect(outline(pair.clientEvents).filter((line) => line === 'send Initial')).toHaveLength(1);
  });

  test.each(CIPHER_SUITES.map((suite) => [suite.name, suite] as const))('with suite %s', (_name, suite) => {
    expectAgreement(new Pair({}, { groups: [Group.Secp384r1], cipherSuites: [suite] }).run());
  });

  test('no group in common ends in handshake_failure', () => {
    expectAlert(
      () => new Pair({ groups: [Group.X25519] }, { groups: [Group.Secp256r1] }).run(),
      Alert.HandshakeFailure,
    );
  });
});

describe('options that a server chooses by the ClientHello', () => {
  test.each([[[Group.X25519]], [[Group.Secp384r1]]])(
    'hold for the whole handshake, and are chosen once (groups %j)',
    (groups) => {
      const asked: unknown[] = [];
      const other = identityOf('ed25519');
      const pair = new Pair(
        { serverName: 'other.test', alpn: ['a', 'b'], identity: other },
        {
          groups,
          alpn: ['b', 'a'],
          onClientHello: (hello) => {
            asked.push(hello);
            return { identity: () => other, clientCertificate: 'require', verifier: skipCertificateCheck };
          },
        },
      ).run();
      expectAgreement(pair);
      expect(asked).toEqual([{ serverName: 'other.test', alpn: 'b', offered: ['a', 'b'] }]);
      expect(find(pair.clientEvents, 'complete')?.peerCertificates).toEqual(other.chain);
      expect(find(pair.serverEvents, 'complete')?.peerCertificates).toEqual(other.chain);
    },
  );

  test('are asked for after the parameters of the client, and before ours', () => {
    const calls: string[] = [];
    new Pair(
      {},
      {
        onClientParameters: () => void calls.push('theirs'),
        onClientHello: () => void calls.push('hello'),
        transportParameters: () => {
          calls.push('ours');
          return new Uint8Array(1);
        },
      },
    ).run();
    expect(calls).toEqual(['theirs', 'hello', 'ours']);
  });

  test('what throws there is the error of the call', () => {
    const fault = new Error('a bug of the program');
    const onClientHello = (): never => {
      throw fault;
    };
    expect(() => new Pair({}, { onClientHello }).run()).toThrow(fault);
  });
});

describe('certificates of clients', () => {
  covers('rfc9001-4.4-2', 'rfc9001-4.4-3');
  const identity = identityOf('ed25519');

  test.each(['request', 'require'] as const)('%s with one', (clientCertificate) => {
    const pair = new Pair({ identity }, { clientCertificate }).run();
    expect(find(pair.serverEvents, 'certificate')?.chain).toEqual(identity.chain);
    expect(find(pair.serverEvents, 'complete')).toBeUndefined();
    pair.server.certificateVerdict(undefined);
    expectAgreement(pair.run());
    expect(find(pair.serverEvents, 'complete')?.peerCertificates).toEqual(identity.chain);
  });

  test('request without one', () => {
    const pair = new Pair({}, { clientCertificate: 'request' }).run();
    expectAgreement(pair);
    expect(find(pair.serverEvents, 'certificate')).toBeUndefined();
    expect(find(pair.serverEvents, 'complete')?.peerCertificates).toEqual([]);
  });

  test('require without one ends in certificate_required', () => {
    expectAlert(() => new Pair({}, { clientCertificate: 'require' }).run(), Alert.CertificateRequired);
  });

  test('one that the server cannot check is not sent', () => {
    const server = { clientCertificate: 'require', signatureSchemes: [0x0403] } as const;
    expectAlert(() => new Pair({ identity }, server).run(), Alert.CertificateRequired);
  });

  test('a verifier may refuse it', () => {
    const fault = { alert: Alert.UnknownCa, message: 'nobody knows its issuer' };
    const server = { clientCertificate: 'require', verifier: { verify: () => fault } } as const;
    expectAlert(() => new Pair({ identity }, server).run(), Alert.UnknownCa);
  });
});

describe('verdicts', () => {
  test('a client without a verifier waits, and goes on when told', () => {
    const pair = new Pair({ verifier: undefined }).run();
    expect(find(pair.clientEvents, 'certificate')).toMatchObject({ serverName: 'server.example' });
    expect(find(pair.clientEvents, 'complete')).toBeUndefined();
    pair.client.certificateVerdict(undefined);
    expectAgreement(pair.run());
  });

  test('a refusal is thrown as the alert', () => {
    const pair = new Pair({ verifier: undefined }).run();
    expectAlert(() => pair.client.certificateVerdict(Alert.CertificateRevoked), Alert.CertificateRevoked);
    expectAlert(() => pair.client.provide(Level.Handshake, Uint8Array.of(1)), Alert.CertificateRevoked);
  });

  test('an alert that TLS does not know becomes certificate_unknown', () => {
    const pair = new Pair({ verifier: undefined }).run();
    expectAlert(() => pair.client.certificateVerdict(9999), Alert.CertificateUnknown);
  });

  test('a verdict nobody waits for is an error that harms nothing', () => {
    const pair = new Pair();
    expect(() => pair.client.certificateVerdict(undefined)).toThrow('no certificate waits');
    expectAgreement(pair.run());
  });

  test('what comes while it waits is bounded', () => {
    const pair = new Pair({ verifier: undefined });
    pair.deliver('client');
    let refused: unknown;
    for (let event = pair.server.nextEvent(); event !== undefined; event = pair.server.nextEvent()) {
      if (event.type === 'send') pair.client.provide(event.level, event.bytes);
    }
    try {
      for (let i = 0; i < 100; i++) pair.client.provide(Level.Handshake, new Uint8Array(4096));
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(TlsAlert);
  });
});

describe('use', () => {
  test('start comes first and once', () => {
    const client = createTlsClient(clientOptions());
    expect(() => client.provide(Level.Initial, Uint8Array.of(1))).toThrow('start() was not called');
    client.start();
    expect(() => client.start()).toThrow('called before');
  });

  test.each(['cipherSuites', 'groups', 'signatureSchemes'])('an empty list of %s is refused', (name) => {
    expect(() => createTlsServer(serverOptions({ [name]: [] }))).toThrow(RangeError);
  });

  test('hasPartialMessage tells of a message that is not whole', () => {
    const pair = new Pair();
    const hello = find(drain(pair), 'send')!.bytes;
    expect(pair.server.hasPartialMessage).toBe(false);
    pair.server.provide(Level.Initial, hello.subarray(0, 100));
    expect(pair.server.hasPartialMessage).toBe(true);
    pair.server.provide(Level.Initial, hello.subarray(100));
    expect(pair.server.hasPartialMessage).toBe(false);
  });

  test('data past a change of keys is refused', () => {
    covers('rfc9001-4.1.3-3');
    const pair = new Pair();
    const hello = find(drain(pair), 'send')!.bytes;
    const error = caught(() => pair.server.provide(Level.Initial, concatBytes(hello, Uint8Array.of(1))));
    expect(error).toMatchObject({ alert: Alert.UnexpectedMessage, protocolViolation: true });
  });

  test('data of another level is refused', () => {
    const pair = new Pair();
    const error = caught(() => pair.server.provide(Level.Handshake, Uint8Array.of(1)));
    expect(error).toMatchObject({ alert: Alert.UnexpectedMessage });
  });
});

function drain(pair: Pair): TlsEvent[] {
  const events: TlsEvent[] = [];
  for (let event = pair.client.nextEvent(); event !== undefined; event = pair.client.nextEvent())
    events.push(event);
  return events;
}

function keyLog(events: readonly TlsEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'key-log' ? [event.line] : []));
}

function secretOf(events: readonly TlsEvent[], level: Level, direction: 'read' | 'write'): Uint8Array {
  for (const event of events) {
    if (event.type === 'keys' && event.level === level && event.direction === direction) return event.secret;
  }
  throw new Error(`no ${direction} keys of level ${level}`);
}

/** Both ends are complete and hold the same secrets. */
function expectAgreement(pair: Pair): void {
  expect(find(pair.clientEvents, 'complete')).toBeDefined();
  expect(find(pair.serverEvents, 'complete')).toBeDefined();
  for (const level of [Level.Handshake, Level.Application]) {
    expect(secretOf(pair.clientEvents, level, 'read')).toEqual(secretOf(pair.serverEvents, level, 'write'));
    expect(secretOf(pair.clientEvents, level, 'write')).toEqual(secretOf(pair.serverEvents, level, 'read'));
  }
}

function expectAlert(step: () => unknown, alert: Alert): void {
  const error = caught(step);
  expect(error).toBeInstanceOf(TlsAlert);
  expect((error as TlsAlert).alert).toBe(alert);
}

/** A P-256 key that belongs to no certificate here: PKCS #8 around the scalar 1…32. */
function otherP256(): Uint8Array {
  const head = '3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420';
  const scalar = Array.from({ length: 32 }, (_, i) => (i + 1).toString(16).padStart(2, '0')).join('');
  return Uint8Array.from((head + scalar).match(/../g)!, (pair) => Number.parseInt(pair, 16));
}
