import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@tsquic/bytes';
import { type CryptoProvider, Group } from '@tsquic/crypto';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { alertOf } from '../test/alert-of.ts';
import { find, Pair, provider } from '../test/handshake-pair.ts';
import { type Extension, ExtensionType, findExtension } from './extension/extension.ts';
import {
  decodeClientShares,
  decodeServerShare,
  encodeClientShares,
  encodeServerShare,
} from './extension/key-share.ts';
import { Alert, Level } from './index.ts';
import { decodeClientHello, encodeClientHello } from './message/client-hello.ts';
import { decodeServerHello, encodeServerHello, isHelloRetryRequest } from './message/server-hello.ts';

const HYBRID = Group.X25519MLKEM768;
const noble = createNobleProvider({ random: (out) => provider.random(out) });
const BOTH = { groups: [HYBRID, Group.X25519] };

/** What the first CRYPTO bytes of one end are. */
function firstSent(pair: Pair, from: 'client' | 'server'): Uint8Array {
  pair.deliver(from);
  return find(from === 'client' ? pair.clientEvents : pair.serverEvents, 'send')!.bytes;
}
const sharesOf = (hello: Uint8Array): number[][] =>
  decodeClientShares(
    findExtension(decodeClientHello(hello.subarray(4)).extensions, ExtensionType.KeyShare)!,
  ).map(({ group, keyExchange }) => [group, keyExchange.length]);

function expectGroup(pair: Pair, group: string): void {
  for (const events of [pair.clientEvents, pair.serverEvents])
    expect(find(events, 'complete')).toMatchObject({ group });
  const [client, server] = [pair.client, pair.server].map((end) =>
    end.exportKeyingMaterial('label', new Uint8Array(0), 32),
  );
  expect(client).toEqual(server);
}

describe('X25519MLKEM768', () => {
  test.each<[string, CryptoProvider, CryptoProvider]>([
    ['node', provider, provider],
    ['noble', noble, noble],
    ['a client of node and a server of noble', provider, noble],
    ['a client of noble and a server of node', noble, provider],
  ])('of %s', (_name, client, server) => {
    const pair = new Pair({ crypto: client, groups: [HYBRID] }, { crypto: server, groups: [HYBRID] });
    const shares = sharesOf(firstSent(pair, 'client'));
    expect(shares).toEqual([[HYBRID, 1216]]);
    const hello = decodeServerHello(firstSent(pair, 'server').subarray(4));
    const { group, keyExchange } = decodeServerShare(
      findExtension(hello.extensions, ExtensionType.KeyShare)!,
    );
    expect([group, keyExchange.length]).toEqual([HYBRID, 1120]);
    expectGroup(pair.run(), 'X25519MLKEM768');
  });

  test('offers the share of X25519 that is inside of it for itself as well', () => {
    const exchanges = (groups: readonly Group[]): Uint8Array[] => {
      const hello = decodeClientHello(
        firstSent(new Pair({ groups, keyShares: groups }, BOTH), 'client').subarray(4),
      );
      return decodeClientShares(findExtension(hello.extensions, ExtensionType.KeyShare)!).map(
        ({ keyExchange }) => keyExchange,
      );
    };
    const [hybrid, single] = exchanges([HYBRID, Group.X25519]);
    expect(hybrid!.subarray(1184)).toEqual(single);
    const [first, other] = exchanges([Group.X25519, HYBRID]);
    expect(other!.subarray(1184)).not.toEqual(first);
    expect(exchanges([HYBRID, Group.Secp256r1]).map(({ length }) => length)).toEqual([1216, 65]);
  });

  test('travels beside a share for servers that do not have it, which then need not ask', () => {
    const pair = new Pair(BOTH, { groups: [Group.X25519] });
    expect(sharesOf(firstSent(pair, 'client'))).toEqual([
      [HYBRID, 1216],
      [Group.X25519, 32],
    ]);
    expect(isHelloRetryRequest(decodeServerHello(firstSent(pair, 'server').subarray(4)))).toBe(false);
    expectGroup(pair.run(), 'X25519');
  });

  test('is chosen by a server that prefers it, whatever the client has first', () => {
    const keyShares = [Group.X25519, HYBRID];
    expectGroup(new Pair({ groups: keyShares, keyShares }, BOTH).run(), 'X25519MLKEM768');
    expectGroup(new Pair({ groups: keyShares, keyShares }, { groups: keyShares }).run(), 'X25519');
  });

  test.each([
    ['to', [Group.X25519, HYBRID], [HYBRID], 'X25519MLKEM768'],
    ['from', [HYBRID, Group.X25519, Group.Secp256r1], [Group.Secp256r1], 'P-256'],
  ] as const)('a HelloRetryRequest leads %s it', (_way, client, server, chosen) => {
    const pair = new Pair({ groups: client }, { groups: server });
    firstSent(pair, 'client');
    expect(isHelloRetryRequest(decodeServerHello(firstSent(pair, 'server').subarray(4)))).toBe(true);
    expectGroup(pair.run(), chosen);
    const second = pair.clientEvents.filter((event) => event.type === 'send')[1]!;
    expect(sharesOf(second.bytes).map(([group]) => group)).toEqual([server[0]]);
  });

  test('is first where the provider has it at little cost, and offered by name anywhere', () => {
    const fast: CryptoProvider = { ...provider, preferredGroups: [HYBRID, Group.X25519] };
    expect(sharesOf(firstSent(new Pair({ crypto: fast }, BOTH), 'client')).map(([group]) => group)).toEqual([
      HYBRID,
      Group.X25519,
    ]);
    expect(noble.preferredGroups).not.toContain(HYBRID);
    expect(sharesOf(firstSent(new Pair({ crypto: noble }), 'client')).map(([group]) => group)).toEqual([
      Group.X25519,
    ]);
    expect(sharesOf(firstSent(new Pair({ groups: [HYBRID] }, BOTH), 'client'))).toHaveLength(1);
  });

  test('comes in pieces of any size', () => {
    for (const chunk of [1, 100, 1000]) expectGroup(new Pair(BOTH, BOTH, chunk).run(), 'X25519MLKEM768');
  });
});

/** A share changed on its way; undefined as key exchange for one that stays. */
type Change = (share: Uint8Array) => Uint8Array;

/** One with a coefficient of the encapsulation key that is no residue. FIPS 203 §7.2 */
const unreduced =
  (at: number): Change =>
  (share) => {
    const changed = share.slice();
    changed[at] = 0xff;
    changed[at + 1] = changed[at + 1]! | 0x0f;
    return changed;
  };
const cut: Change = (share) => share.slice(0, -1);
const longer: Change = (share) => concatBytes(share, new Uint8Array(1));
const onlyX25519: Change = (share) => share.slice(-32);
const onlyMlKem: Change = (share) => share.slice(0, -32);
const lowOrder: Change = (share) => share.slice().fill(0, share.length - 32);

function changeShare(extensions: readonly Extension[], by: (data: Uint8Array) => Extension): Extension[] {
  return extensions.map((one) => (one.type === ExtensionType.KeyShare ? by(one.data) : one));
}

describe.each([
  ['node', provider],
  ['noble', noble],
] as const)('with %s, illegal_parameter answers', (_name, crypto) => {
  const only = { crypto, groups: [HYBRID] };

  test.each<[string, Change]>([
    ['that is one byte short', cut],
    ['that is one byte long', longer],
    ['of X25519 alone', onlyX25519],
    ['of ML-KEM alone', onlyMlKem],
    ['with a point of low order', lowOrder],
    ['whose first coefficient is not reduced', unreduced(0)],
    ['whose last coefficients are not reduced', unreduced(1150)],
  ])("a client's share %s", (_what, change) => {
    const pair = new Pair(only, only);
    const hello = decodeClientHello(find(drain(pair), 'send')!.bytes.subarray(4));
    const extensions = changeShare(hello.extensions, (data) =>
      encodeClientShares(
        decodeClientShares(data).map(({ group, keyExchange }) => ({
          group,
          keyExchange: change(keyExchange),
        })),
      ),
    );
    const changed = encodeClientHello({ ...hello, extensions });
    expect(alertOf(() => pair.server.provide(Level.Initial, changed))).toBe(Alert.IllegalParameter);
  });

  test.each<[string, Change]>([
    ['that is one byte short', cut],
    ['that is one byte long', longer],
    ['of X25519 alone', onlyX25519],
    ['of ML-KEM alone', onlyMlKem],
    ['with a point of low order', lowOrder],
  ])("a server's share %s", (_what, change) => {
    const pair = new Pair(only, only);
    pair.deliver('client');
    const hello = decodeServerHello(serverHello(pair).subarray(4));
    const extensions = changeShare(hello.extensions, (data) => {
      const { group, keyExchange } = decodeServerShare(data);
      return encodeServerShare({ group, keyExchange: change(keyExchange) });
    });
    const changed = encodeServerHello({ ...hello, extensions });
    expect(alertOf(() => pair.client.provide(Level.Initial, changed))).toBe(Alert.IllegalParameter);
  });

  test('no ciphertext of the right length: the keys differ, and the handshake opens nothing', () => {
    const pair = new Pair(only, only);
    pair.deliver('client');
    const hello = decodeServerHello(serverHello(pair).subarray(4));
    const extensions = changeShare(hello.extensions, (data) => {
      const { group, keyExchange } = decodeServerShare(data);
      return encodeServerShare({ group, keyExchange: keyExchange.slice().fill(7, 0, 1088) });
    });
    pair.client.provide(Level.Initial, encodeServerHello({ ...hello, extensions }));
    pair.deliver('client');
    const keysOf = (events: typeof pair.clientEvents, direction: 'read' | 'write'): Uint8Array =>
      events.flatMap((event) =>
        event.type === 'keys' && event.direction === direction ? [event.secret] : [],
      )[0]!;
    expect(keysOf(pair.clientEvents, 'read')).not.toEqual(keysOf(pair.serverEvents, 'write'));
  });
});

/** What the client has to say, without its being delivered. */
function drain(pair: Pair) {
  const events = [];
  for (let event = pair.client.nextEvent(); event !== undefined; event = pair.client.nextEvent())
    events.push(event);
  return events;
}

/** The ServerHello, without its being delivered. */
function serverHello(pair: Pair): Uint8Array {
  for (let event = pair.server.nextEvent(); event !== undefined; event = pair.server.nextEvent()) {
    pair.serverEvents.push(event);
    if (event.type === 'send' && event.level === Level.Initial) {
      const { bytes } = event;
      for (let next = pair.server.nextEvent(); next !== undefined; next = pair.server.nextEvent())
        pair.serverEvents.push(next);
      return bytes;
    }
  }
  throw new Error('the server said no hello');
}
