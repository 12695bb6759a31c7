import type { ArrivingClient, QuicContextOptions } from '@tsquic/quic-core';
import { Level } from '@tsquic/tls13';
import type { AdversaryScenario, AdversaryScene } from '../adversary-scenario.ts';
import type { Peer } from '../peer.ts';
import { cryptoFrame } from '@tsquic/adversary';
import { WITNESS_ADDRESS } from '../witnessed-stage.ts';
import { BYTE, CLIENT, LITTLE_BYTES } from './adversary-setting.ts';
import { MS } from './setting.ts';

const CROWD = { ...CLIENT, until: 'nothing', rounds: 300 } as const;
const COLD = { bytesOutPerByteIn: 0.2, heldBytes: LITTLE_BYTES } as const;
/** Of what the server allows each address. */
const MOST = 4;

/** A ClientHello of another address in each round. */
const EVERYBODY = crowd((round) => `198.51.${round >> 8}.${round & 255}`);

/** Crowds before the gate of a server that decides who comes in. */
export const ADMISSION_ABUSES: readonly AdversaryScenario[] = [
  {
    ...CROWD,
    name: 'adversary-ignored',
    about: 'ClientHellos from many addresses to a program that ignores them',
    honest: admitting('ignore'),
    attack: EVERYBODY,
    limits: { bytesOutPerByteIn: 0, bytesOutAtMost: 0, heldBytes: LITTLE_BYTES },
    faultsAfter: acceptedAtMost(0),
  },
  {
    ...CROWD,
    name: 'adversary-turned-away',
    about: 'the same to a program that refuses them',
    honest: admitting('refuse'),
    attack: EVERYBODY,
    limits: { ...COLD, bytesToOthers: 0.2 * 1200 * CROWD.rounds },
    faultsAfter: acceptedAtMost(0),
  },
  {
    ...CROWD,
    name: 'adversary-sent-back',
    about: 'the same to a program that wants a proof of their address',
    honest: admitting('retry'),
    attack: EVERYBODY,
    limits: { ...COLD, bytesToOthers: 0.2 * 1200 * CROWD.rounds },
    faultsAfter: acceptedAtMost(0),
  },
  {
    ...CROWD,
    name: 'adversary-one-address',
    about: 'ClientHellos from the ports of one address, of which four may be half-open',
    honest: { perAddress: { maxHalfOpen: MOST, maxConnections: MOST } },
    attack: crowd(() => '198.51.100.9'),
    // Retry for all but four.
    limits: { ...COLD, bytesOutAtMost: MOST * 3600, bytesToOthers: 80_000 },
    faultsAfter: acceptedAtMost(MOST),
  },
  {
    ...CROWD,
    name: 'adversary-one-address-unproved',
    about: 'the same where no address is ever proved',
    honest: { retry: 'never', perAddress: { maxHalfOpen: MOST } },
    attack: crowd(() => '198.51.100.9'),
    limits: {
      bytesOutPerByteIn: 0,
      bytesOutAtMost: MOST * 3600,
      bytesToOthers: MOST * 3600,
      heldBytes: LITTLE_BYTES,
    },
    faultsAfter: acceptedAtMost(MOST),
  },
  {
    ...CROWD,
    name: 'adversary-one-subscriber',
    about: 'the same from many addresses of 64 bits of IPv6',
    honest: { retry: 'never', perAddress: { maxHalfOpen: MOST } },
    attack: crowd((round) => `2001:db8::${(round + 1).toString(16)}`),
    limits: {
      bytesOutPerByteIn: 0,
      bytesOutAtMost: MOST * 3600,
      bytesToOthers: MOST * 3600,
      heldBytes: LITTLE_BYTES,
    },
    faultsAfter: acceptedAtMost(MOST),
  },
  {
    ...CROWD,
    name: 'adversary-many-networks',
    about: 'one ClientHello from each of many addresses, which are counted apart',
    honest: { perAddress: { maxHalfOpen: 1, maxConnections: 1 } },
    attack: EVERYBODY,
    // Above 64 half-open connections a Retry, whatever the address.
    limits: { bytesOutPerByteIn: 3, bytesToOthers: 64 * 3600 + 240 * 240, heldBytes: 2 * LITTLE_BYTES },
    faultsAfter: acceptedAtMost(64),
  },
  {
    ...CROWD,
    name: 'adversary-invented-tokens',
    about: 'ClientHellos with tokens that the server never made, which wants a proof of every address',
    honest: { retry: 'always' },
    attack: inventTokens,
    limits: COLD,
    faultsAfter: acceptedAtMost(0),
  },
  {
    ...CROWD,
    name: 'adversary-invented-tokens-unasked',
    about: 'the same to a server that wants none: they prove nothing',
    honest: { retry: 'never' },
    rounds: 60,
    spacingUs: 50 * MS,
    attack: inventTokens,
    limits: { bytesOutPerByteIn: 3, bytesOutAtMost: 0, heldBytes: LITTLE_BYTES },
  },
];

/** A program that lets the witness in, and does something else with others. */
function admitting(answer: 'ignore' | 'refuse' | 'retry'): Partial<QuicContextOptions> {
  return {
    admit: ({ from }: ArrivingClient) => (from.ip === WITNESS_ADDRESS.ip ? undefined : answer),
  };
}

/** A ClientHello of somebody new in each round. */
function crowd(ipOf: (round: number) => string): AdversaryScenario['attack'] {
  return (_adversary, round, { stranger, inject }) =>
    stranger((bytes) => inject(bytes, 1024 + round, { fromIp: ipOf(round) })).start();
}

/** A ClientHello with a token of bytes that were made up. */
function inventTokens(_adversary: unknown, round: number, { stranger, inject }: AdversaryScene): void {
  let hello: Uint8Array = BYTE;
  const edit = (_level: Level, bytes: Uint8Array): Uint8Array => (hello = bytes);
  const endpoint = stranger(() => {}, { edit });
  endpoint.start();
  const token = new Uint8Array(1 + (round % 200)).fill(round & 1);
  inject(endpoint.packet(Level.Initial, cryptoFrame(0, hello), { token, number: 0 }), 1024 + round);
}

/** How many clients besides the witness were let in. */
function acceptedAtMost(most: number): (honest: Peer) => readonly string[] {
  return (honest) => {
    const times = honest.eventsOf('accepted').length - 1;
    return times <= most ? [] : [`${times} clients were let in, at most ${most}`];
  };
}
