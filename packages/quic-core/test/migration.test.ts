import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { createConnectedPair, type Datagram, type NatOptions, type Pair } from '@tsquic/simulator';
import { covers } from '@tsquic/testing';

const MS = 1000;
const SECOND = 1_000_000;
const OLD = { ip: '192.0.2.1', port: 7000 };

function natPair(seed: number, nat: NatOptions): Pair {
  return createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed,
    clientHost: { nat },
    serverHost: { respond: (request) => request.length * 1000 },
  });
}

/** The server's datagrams from now on. */
function watchServer(pair: Pair): Datagram[] {
  const sent: Datagram[] = [];
  pair.world.observe({ onSend: (host, datagram) => void (host === pair.server.host && sent.push(datagram)) });
  return sent;
}

describe('a client whose address changes', () => {
  test.each([
    ['port', { ip: '192.0.2.1', port: 7001 }],
    ['address', { ip: '192.0.2.9', port: 7001 }],
  ])('new %s: transfers go on', (_name, address) => {
    covers('rfc9000-9.3-1');
    const pair = natPair(3, {
      bindings: [
        { atUs: 0, address: OLD },
        { atUs: 300 * MS, address },
      ],
    });
    pair.pass(400 * MS - pair.world.nowUs);
    const { id } = pair.client.sendPattern(500);
    expect(pair.run(() => pair.client.received(id).finished, 20 * SECOND)).toBe(true);
    expect(pair.client.received(id).isPattern).toBe(true);
    expect(pair.server.connection.statistics().state).toBe('confirmed');
  });

  test('the first datagram to the new address asks whether it is there', () => {
    covers('rfc9000-9.3-2', 'rfc9000-8.2.1-5');
    const address = { ip: '192.0.2.1', port: 7001 };
    const pair = natPair(2, {
      bindings: [
        { atUs: 0, address: OLD },
        { atUs: 300 * MS, address },
      ],
    });
    pair.pass(400 * MS - pair.world.nowUs);
    const sent = watchServer(pair);
    pair.client.sendPattern(500, { unidirectional: true });
    pair.pass(100 * MS);
    const [first] = sent.filter(({ to }) => to.port === address.port);
    // There is no data for the client: an acknowledgement without a challenge would be short.
    expect(first!.bytes.length).toBe(1200);
    // The address that it left is asked as well.
    expect(sent.filter(({ to }) => to.port === OLD.port).map(({ bytes }) => bytes.length)).toEqual([1200]);
  });

  test('it is sent three times what it sent until it has answered', () => {
    covers('rfc9000-9.3-3', 'rfc9000-8-1', 'rfc9000-8.1-2');
    const address = { ip: '192.0.2.9', port: 7001 };
    const pair = natPair(4, {
      bindings: [
        { atUs: 0, address: OLD },
        { atUs: 300 * MS, address },
      ],
    });
    pair.pass(400 * MS - pair.world.nowUs);
    let room = 0;
    let isAnswered = false;
    let heardUs = Infinity;
    pair.world.observe({
      onReceive(host, datagram, nowUs) {
        if (host === pair.client.host) heardUs = Math.min(heardUs, nowUs);
        else if (datagram.sentUs >= heardUs) isAnswered = true;
        else room += 3 * datagram.bytes.length;
      },
      onSend(host, datagram) {
        if (host !== pair.server.host || isAnswered || datagram.to.ip !== address.ip) return;
        room -= datagram.bytes.length;
        expect(room).toBeGreaterThanOrEqual(0);
      },
    });
    const { id } = pair.client.sendPattern(500);
    expect(pair.run(() => pair.client.received(id).finished, 20 * SECOND)).toBe(true);
    expect(isAnswered).toBe(true);
  });

  test('it may change while it downloads, again and again', () => {
    const bindings = Array.from({ length: 6 }, (_, i) => ({
      atUs: i * 400 * MS,
      address: { ip: '192.0.2.1', port: 7000 + i },
    }));
    const pair = createConnectedPair({
      createCrypto: (random) => createNodeProvider({ random }),
      seed: 5,
      link: { bytesPerSecond: 250_000 },
      client: { transport: { keepAliveMs: 50 } },
      clientHost: { nat: { bindings } },
      serverHost: { respond: () => 500_000 },
    });
    const { id } = pair.client.sendPattern(100);
    expect(pair.run(() => pair.client.received(id).finished, 60 * SECOND)).toBe(true);
    expect(pair.client.received(id)).toMatchObject({ length: 500_000, isPattern: true });
  });
});

test('packets copied from elsewhere move nothing for long', () => {
  const pair = createConnectedPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 6,
    serverHost: { respond: (request) => request.length * 1000 },
  });
  let copied = 0;
  pair.world.observe({
    onSend(host, datagram) {
      if (host !== pair.client.host || copied++ > 0) return;
      pair.world.at(pair.world.nowUs + 1, () =>
        pair.world.inject({ ...datagram, from: { ip: '203.0.113.7', port: 9 } }),
      );
    },
  });
  const { id } = pair.client.sendPattern(500);
  expect(pair.run(() => pair.client.received(id).finished, 20 * SECOND)).toBe(true);
  expect(copied).toBeGreaterThan(0);
});
