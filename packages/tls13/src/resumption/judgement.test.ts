import { describe, expect, test } from '@jest/globals';
import { fromHex } from '@tsquic/bytes';
import {
  P256_KEYS,
  authority,
  build,
  cn,
  dnsName,
  extension,
  subjectAltName,
  type Parts,
  utcTime,
} from '../../test/built-certificate.ts';
import { find, Pair, provider } from '../../test/handshake-pair.ts';
import {
  type CertificateVerifier,
  decodeSession,
  type Identity,
  skipCertificateCheck,
  type TicketProtection,
  type TlsClientOptions,
  type TlsServerOptions,
} from '../index.ts';
import { createCertificateVerifier } from '../x509.ts';

const START_MS = Date.UTC(2027, 0, 1);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const tickets: TicketProtection = {
  seal: (plaintext) => plaintext.slice(),
  open: (ticket) => ticket.slice(),
};
const signer = P256_KEYS.privateKey;
const root = build({ subject: cn('root'), issuer: cn('root'), signer, extensions: [authority()] });
const otherRoot = build({ subject: cn('other'), issuer: cn('other'), signer, extensions: [authority()] });
const pkcs8 = new Uint8Array(signer.export({ type: 'pkcs8', format: 'der' }));
const identityOf = (parts: Parts = {}): Identity => ({
  chain: [build({ signer, extensions: [subjectAltName(dnsName('server.example'))], ...parts })],
  signer: provider.createSigner(pkcs8),
});
const IDENTITY = identityOf();
const trusting = (...trustAnchors: Uint8Array[]): CertificateVerifier =>
  createCertificateVerifier({ trustAnchors });
const at = (nowMs: number): { unixTimeMs: () => number } => ({ unixTimeMs: () => nowMs });

type Client = Partial<TlsClientOptions>;
type Server = Partial<TlsServerOptions>;

/** A handshake at a time; both ends' clocks agree. */
function shake(client: Client, server: Server = {}, nowMs = START_MS): Pair {
  return new Pair(
    { ...at(nowMs), ...client },
    { ...at(nowMs), tickets, identity: () => IDENTITY, ...server },
  ).run();
}

const sessionOf = (pair: Pair): Uint8Array | undefined => find(pair.clientEvents, 'ticket')?.session;
const isResumed = (pair: Pair): boolean => {
  const [client, server] = [pair.clientEvents, pair.serverEvents].map(
    (events) => find(events, 'complete')?.resumed,
  );
  expect(client).toBe(server);
  return client!;
};

describe('a session resumes where its server would be judged by the same', () => {
  const accepting = (): CertificateVerifier => ({ verify: () => undefined });
  const mine = accepting();
  const fingerprinted = (mark: number): CertificateVerifier => ({
    verify: () => undefined,
    fingerprint: () => Uint8Array.of(mark),
  });

  test.each<[string, Client, Client, boolean]>([
    [
      'the same anchors in another verifier',
      { verifier: trusting(root) },
      { verifier: trusting(root) },
      true,
    ],
    [
      'the same anchors in another order',
      { verifier: trusting(root, otherRoot) },
      { verifier: trusting(otherRoot, root) },
      true,
    ],
    ['no check, then no check', { verifier: skipCertificateCheck }, { verifier: skipCertificateCheck }, true],
    ['no check, then a check', { verifier: skipCertificateCheck }, { verifier: trusting(root) }, false],
    ['a check, then no check', { verifier: trusting(root) }, { verifier: skipCertificateCheck }, false],
    ['other anchors', { verifier: trusting(root) }, { verifier: trusting(root, otherRoot) }, false],
    [
      'another purpose',
      { verifier: trusting(root) },
      { verifier: createCertificateVerifier({ trustAnchors: [root], purpose: 'client' }) },
      false,
    ],
    ['a verifier of the program', { verifier: mine }, { verifier: mine }, true],
    ['another one that says the same', { verifier: mine }, { verifier: accepting() }, false],
    ['a verifier with a fingerprint', { verifier: fingerprinted(1) }, { verifier: fingerprinted(1) }, true],
    ['another fingerprint', { verifier: fingerprinted(1) }, { verifier: fingerprinted(2) }, false],
    ['one of the program, then the standard one', { verifier: mine }, { verifier: trusting(root) }, false],
    ['the standard one, then one of the program', { verifier: trusting(root) }, { verifier: mine }, false],
    ['another protocol', { verifier: mine, alpn: ['echo'] }, { verifier: mine, alpn: ['other'] }, false],
    ['another name', { verifier: mine }, { verifier: mine, serverName: 'second.example' }, false],
  ])('%s', (_name, first, second, resumes) => {
    const server = { alpn: ['echo', 'other'] };
    const session = sessionOf(shake(first, server))!;
    // Sessions travel between processes as bytes.
    expect(isResumed(shake({ ...second, session: Uint8Array.from(Array.from(session)) }, server))).toBe(
      resumes,
    );
  });

  test('the judgement of the first handshake goes on through every resumption', () => {
    const unchecked = sessionOf(shake({ verifier: skipCertificateCheck }))!;
    const again = sessionOf(shake({ verifier: skipCertificateCheck, session: unchecked }))!;
    expect(decodeSession(again)?.judgement).toEqual(decodeSession(unchecked)?.judgement);
    expect(isResumed(shake({ verifier: trusting(root), session: again }))).toBe(false);
  });

  test('who is not trusted is refused, with a session or without', () => {
    const session = sessionOf(shake({ verifier: skipCertificateCheck }))!;
    expect(() => shake({ verifier: trusting(otherRoot), session })).toThrow('not among the 1 trusted');
  });

  test('a server resumes for the protocol that it would choose', () => {
    const session = sessionOf(shake({ verifier: mine, alpn: ['echo', 'other'] }))!;
    expect(isResumed(shake({ verifier: mine, alpn: ['echo', 'other'], session }, { alpn: ['other'] }))).toBe(
      false,
    );
  });

  test('and for a name that it still serves', () => {
    const session = sessionOf(shake({ verifier: mine }))!;
    expect(() => shake({ verifier: mine, session }, { identity: () => undefined })).toThrow(
      'no certificate for the name',
    );
  });
});

describe('resumption ends (RFC 8446 §4.6.1)', () => {
  const verifier = trusting(root);

  /** Resume every twelve hours as long as it goes; returns hours. */
  function hoursResumed(server: Server, startMs = START_MS): number {
    let session = sessionOf(shake({ verifier }, server, startMs));
    for (let hours = 12; hours <= 40 * 24; hours += 12) {
      if (session === undefined) return hours - 12;
      const pair = shake(
        { verifier: skipUnlessResumed(verifier), session },
        server,
        startMs + hours * HOUR_MS,
      );
      if (!isResumed(pair)) return hours - 12;
      session = sessionOf(pair);
    }
    return Infinity;
  }

  /** Known as `verifier`, and content with an expired certificate, so that the full handshake can be seen. */
  function skipUnlessResumed(known: CertificateVerifier): CertificateVerifier {
    return { verify: () => undefined, fingerprint: (crypto) => known.fingerprint!(crypto) };
  }

  test('seven days after the handshake with certificates, however often it was resumed', () => {
    // The last of these steps that is below seven days.
    expect(hoursResumed({})).toBe(7 * 24 - 12);
  });

  test.each([
    [
      'the leaf',
      {
        chain: [
          build({
            signer,
            notAfter: utcTime('270103000000Z'),
            extensions: [subjectAltName(dnsName('server.example'))],
          }),
        ],
        signer: IDENTITY.signer,
      },
    ],
    [
      'an intermediate',
      {
        chain: [
          build({ signer, issuer: cn('middle'), extensions: [subjectAltName(dnsName('server.example'))] }),
          build({
            signer,
            subject: cn('middle'),
            notAfter: utcTime('270103000000Z'),
            extensions: [authority()],
          }),
        ],
        signer: IDENTITY.signer,
      },
    ],
  ])('with %s', (_name, identity) => {
    expect(hoursResumed({ identity: () => identity })).toBe(2 * 24 - 12);
  });

  test('a client ends it by itself, whatever the server says', () => {
    // A server whose clock stands still honours every ticket.
    const server = { ...at(START_MS) };
    let session = sessionOf(shake({ verifier }, server))!;
    for (let day = 1; day < 8; day++) {
      const pair = shake({ verifier, ...at(START_MS + day * 23 * HOUR_MS), session }, server);
      expect(isResumed(pair)).toBe(true);
      session = sessionOf(pair)!;
    }
    expect(isResumed(shake({ verifier, ...at(START_MS + 7 * DAY_MS + 1000), session }, server))).toBe(false);
  });

  test('a server ends it by itself, whatever the client says', () => {
    const client = { verifier, ...at(START_MS) };
    let session = sessionOf(shake(client))!;
    for (let day = 1; day < 8; day++) {
      const pair = shake({ ...client, session }, at(START_MS + day * 23 * HOUR_MS));
      expect(isResumed(pair)).toBe(true);
      session = sessionOf(pair)!;
    }
    expect(isResumed(shake({ ...client, session }, at(START_MS + 7 * DAY_MS + 1000)))).toBe(false);
  });

  test('a ticket promises no more than is left', () => {
    const pair = shake({ verifier }, { identity: () => identityOf({ notAfter: utcTime('270101010000Z') }) });
    expect(decodeSession(sessionOf(pair)!)).toMatchObject({
      lifetimeSeconds: 3600,
      authenticatedAtMs: START_MS,
    });
  });
});

describe('clients that show a certificate', () => {
  const clientRoot = createCertificateVerifier({ trustAnchors: [root], purpose: 'client' });
  const asking: Server = { clientCertificate: 'require', verifier: clientRoot };
  const client: Client = { identity: identityOf({ subject: cn('client') }) };

  test('resume, and are known by it', () => {
    const first = shake(client, asking);
    const again = shake({ ...client, session: sessionOf(first)! }, asking);
    expect(isResumed(again)).toBe(true);
    expect(find(again.serverEvents, 'complete')?.peerCertificates).toEqual(client.identity!.chain);
    const third = shake({ ...client, session: sessionOf(again)! }, asking);
    expect(isResumed(third)).toBe(true);
    expect(find(third.serverEvents, 'complete')?.peerCertificates).toEqual(client.identity!.chain);
  });

  test.each<[string, Server]>([
    [
      'the server trusts others now',
      {
        ...asking,
        verifier: createCertificateVerifier({ trustAnchors: [root, otherRoot], purpose: 'client' }),
      },
    ],
    ['the server does not ask any more', {}],
    ['the program of the server judges now', { clientCertificate: 'request' }],
  ])('make a full handshake when %s', (_name, later) => {
    const session = sessionOf(shake(client, asking))!;
    expect(isResumed(shakeAsked({ ...client, session }, later))).toBe(false);
  });

  test('are judged again by a verifier that has changed its mind', () => {
    let good = true;
    const fickle: CertificateVerifier = {
      verify: () => (good ? undefined : { alert: 44, message: 'revoked' }),
    };
    const server: Server = { clientCertificate: 'require', verifier: fickle };
    const session = sessionOf(shake(client, server))!;
    expect(isResumed(shake({ ...client, session }, server))).toBe(true);
    good = false;
    expect(() => shake({ ...client, session }, server)).toThrow('revoked');
  });

  test('end with their certificate', () => {
    const short: Client = {
      identity: identityOf({ subject: cn('client'), notAfter: utcTime('270101020000Z') }),
    };
    const session = sessionOf(shake(short, asking))!;
    expect(decodeSession(session)?.lifetimeSeconds).toBe(7200);
    expect(() => shake({ ...short, session }, asking, START_MS + 3 * HOUR_MS)).toThrow('expired');
  });

  test('do not take the place of one that was asked and showed none', () => {
    const requesting: Server = { ...asking, clientCertificate: 'request' };
    const session = sessionOf(shake({}, requesting))!;
    const again = shake({ session }, requesting);
    expect(isResumed(again)).toBe(true);
    expect(find(again.serverEvents, 'complete')?.peerCertificates).toEqual([]);
    expect(() => shake({ session }, asking)).toThrow('no certificate');
  });

  test.each<[string, Client, Client, boolean]>([
    ['the same certificate', client, client, true],
    ['another certificate', client, { identity: identityOf({ subject: cn('x') }) }, false],
    ['no certificate any more', client, {}, false],
    ['a certificate now', {}, client, false],
  ])('resume as who they were when asked: %s', (_name, first, second, resumes) => {
    const requesting: Server = { ...asking, clientCertificate: 'request' };
    const session = sessionOf(shake(first, requesting))!;
    const again = shake({ ...second, session }, requesting);
    expect(isResumed(again)).toBe(resumes);
    expect(find(again.serverEvents, 'complete')?.peerCertificates).toEqual(second.identity?.chain ?? []);
    const unasked = sessionOf(shake(first))!;
    expect(isResumed(shake({ ...second, session: unasked }))).toBe(true);
  });

  test('get no ticket when their chain is too long for one, or the program judges', () => {
    const long: Client = {
      identity: identityOf({
        subject: cn('client'),
        extensions: [
          subjectAltName(...Array.from({ length: 300 }, (_, i) => dnsName(`client-${i}.example`))),
        ],
      }),
    };
    expect(sessionOf(shake(long, asking))).toBeUndefined();
    expect(sessionOf(shakeAsked(client, { clientCertificate: 'require' }))).toBeUndefined();
  });

  test.each([
    [4096, true],
    [4097, false],
  ])('with a chain of %i bytes get a ticket: %s', (bytes, isGiven) => {
    const [leaf] = client.identity!.chain;
    const fillerOf = (length: number): Uint8Array =>
      build({
        signature: fromHex('3006020101020101'),
        extensions: [extension('2a03', new Uint8Array(length))],
      });
    const missing = bytes - leaf!.length - fillerOf(1000).length;
    const chain = [leaf!, fillerOf(1000 + missing)];
    expect(chain[0]!.length + chain[1]!.length).toBe(bytes);
    const session = sessionOf(shake({ identity: { ...client.identity!, chain } }, asking));
    expect(session !== undefined).toBe(isGiven);
  });

  /** As `shake`, where the server's program may be asked, and approves. */
  function shakeAsked(own: Client, server: Server): Pair {
    const pair = shake(own, server);
    if (find(pair.serverEvents, 'certificate') !== undefined) pair.server.certificateVerdict(undefined);
    return pair.run();
  }
});

test('a session of another make leads to a full handshake', () => {
  const session = sessionOf(shake({}))!;
  for (const change of [session.slice(1), session.slice(0, -1), Uint8Array.of(1, ...session.slice(1))]) {
    expect(isResumed(shake({ session: change }))).toBe(false);
  }
});
