import { describe, expect, test } from '@jest/globals';
import { createNodeProvider } from '@tsquic/crypto/node';
import { AdversaryEndpoint } from '@tsquic/adversary';
import { createPair, createRandom, type Pair, SERVER_ADDRESS } from '@tsquic/simulator';
import { Level } from '@tsquic/tls13';
import type { QuicContextOptions } from '../src/config/config.ts';
import { seededCrypto } from '@tsquic/testing/seeded';
import { cryptoFrame, frame } from './support/frames.ts';

const MS = 1000;
const SECOND = 1_000_000;
/** Datagrams of 1200 bytes at 10 Mbit/s. */
const SPACING_US = 960;
const FLOOD_US = 1.2 * SECOND;

/** What an attacker's first Initial holds. */
type Garbage = 'a hello that never ends' | 'a hello that is none' | 'an unknown frame' | 'a whole hello';

/** Somebody who begins handshakes at 10 Mbit/s and goes on with none. */
class Flood {
  sent = 0;
  private readonly pair: Pair;
  private readonly garbage: Garbage;
  private readonly answersRetry: boolean;
  private readonly random = createRandom(8);
  private readonly endpoints = new Map<number, AdversaryEndpoint>();

  constructor(pair: Pair, garbage: Garbage, answersRetry: boolean) {
    this.pair = pair;
    this.garbage = garbage;
    this.answersRetry = answersRetry;
    pair.world.observe({
      onSend: (host, { to, bytes }) => {
        if (host === pair.server.host && answersRetry && bytes[0]! >> 4 === 0xf) this.onRetry(to.port, bytes);
      },
    });
    this.next();
  }

  private next(): void {
    const { world } = this.pair;
    if (world.nowUs > FLOOD_US) return;
    const port = 1024 + (this.sent++ % 60_000);
    const ip = this.answersRetry
      ? '203.0.113.1'
      : `198.51.${this.random.integer(250)}.${this.random.integer(250)}`;
    const endpoint = new AdversaryEndpoint({
      crypto: seededCrypto(this.sent),
      isClient: true,
      deliver: (bytes) => this.inject(ip, port, bytes),
      silentFrom: Level.Handshake,
    });
    if (this.answersRetry) this.endpoints.set(port, endpoint);
    if (this.garbage === 'a whole hello') endpoint.start();
    else this.inject(ip, port, endpoint.packet(Level.Initial, this.payload()));
    world.at(world.nowUs + SPACING_US, () => this.next());
  }

  private onRetry(port: number, retry: Uint8Array): void {
    const endpoint = this.endpoints.get(port);
    if (endpoint === undefined) return;
    this.endpoints.delete(port);
    const sourceAt = 7 + retry[5]!;
    const tokenAt = sourceAt + retry[sourceAt - 1]!;
    const destination = retry.slice(sourceAt, tokenAt);
    const token = retry.slice(tokenAt, -16);
    endpoint.installInitial(destination);
    const packet = endpoint.packet(Level.Initial, this.payload(), { destination, token });
    const { world } = this.pair;
    world.at(world.nowUs + MS, () => this.inject('203.0.113.1', port, packet));
  }

  private inject(ip: string, port: number, bytes: Uint8Array): void {
    const { world } = this.pair;
    world.inject({ bytes, from: { ip, port }, to: SERVER_ADDRESS, ecn: 0, sentUs: world.nowUs });
  }

  private payload(): Uint8Array {
    switch (this.garbage) {
      case 'a hello that never ends':
      case 'a whole hello':
        return cryptoFrame(0, Uint8Array.of(1, 0, 2, 0, 3, 3));
      case 'a hello that is none':
        return cryptoFrame(0, new Uint8Array(100).fill(7));
      default:
        return frame(0x21);
    }
  }
}

/** Share of the newcomers, one in each tenth of a second, who are connected within a second while the flood goes on. */
function newcomersServed(
  garbage: Garbage,
  answersRetry: boolean,
  server: Partial<QuicContextOptions>,
): number {
  const pair = createPair({
    createCrypto: (random) => createNodeProvider({ random }),
    seed: 5,
    link: { delayUs: 20 * MS },
    server,
  });
  const flood = new Flood(pair, garbage, answersRetry);
  pair.pass(FLOOD_US / 2);
  let newcomers = 0;
  while (pair.world.nowUs < FLOOD_US) {
    pair.connect();
    newcomers++;
    pair.pass(100 * MS);
  }
  pair.pass(SECOND);
  const served = pair.client.eventsOf('connected').length;
  expect(flood.sent).toBeGreaterThan(1200);
  return served / newcomers;
}

describe('a flood of handshakes at 10 Mbit/s leaves newcomers their place', () => {
  const kinds: readonly Garbage[] = [
    'a hello that never ends',
    'a hello that is none',
    'an unknown frame',
    'a whole hello',
  ];
  test.each(kinds)('%s, from addresses that are made up', (garbage) => {
    expect(newcomersServed(garbage, false, { maxConnections: 400 })).toBe(1);
  });

  test.each(kinds)('%s, from an address that answers Retry', (garbage) => {
    expect(newcomersServed(garbage, true, { maxConnections: 400 })).toBeGreaterThanOrEqual(0.9);
  });

  test('a server that takes few, and one that never asks for a proof', () => {
    expect(newcomersServed('a hello that is none', true, { maxConnections: 40 })).toBeGreaterThanOrEqual(0.9);
    expect(newcomersServed('a hello that is none', false, { maxConnections: 400, retry: 'never' })).toBe(1);
  });
});
