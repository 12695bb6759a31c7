import type { Attack } from '../adversary.ts';
import type { Scenario } from '../scenario.ts';
import { ceilingOf, transferUs } from './model.ts';
import { DSL, DSL_MODEL, MS } from './setting.ts';

const EXCHANGES = [{ requestBytes: 20_000, responseBytes: 300_000 }];
/**
 * Two round trips, and both transfers: 489 ms. The time that an attack may add is in the ceiling's quarter.
 */
const UNDISTURBED_US = 2 * DSL_MODEL.rttUs + transferUs(20_000, DSL_MODEL) + transferUs(300_000, DSL_MODEL);
/** Delays of forgeries: before the original arrives, and long after. */
const FIRST = { chance: 0.2, delayUs: 5 * MS };
const LATE = { chance: 0.2, delayUs: 90 * MS };

function attack(
  name: string,
  about: string,
  attacks: readonly Attack[],
  disturbedUs = UNDISTURBED_US,
): Scenario {
  return {
    name: `attack-${name}`,
    about,
    link: DSL,
    attacks,
    exchanges: EXCHANGES,
    ceilingUs: ceilingOf(disturbedUs),
  };
}

/** An attacker on the path adds forgeries, which must not affect the connection. */
export const ATTACKS: readonly Scenario[] = [
  attack(
    'replay',
    'datagrams come again later, and overtake themselves',
    [
      { kind: 'replay', ...FIRST },
      { kind: 'replay', ...LATE },
    ],
    // The copies take their share of the link's rate.
    UNDISTURBED_US + 0.4 * transferUs(300_000, DSL_MODEL),
  ),
  attack('spoof', 'copies from another address overtake the originals', [
    { kind: 'spoof', address: { ip: '203.0.113.7', port: 999 }, ...FIRST, chance: 0.02 },
  ]),
  attack('flip', 'copies with one bit changed overtake the originals', [{ kind: 'flip', ...FIRST }]),
  attack('truncate', 'cut copies overtake the originals', [{ kind: 'truncate', ...FIRST }]),
  attack('noise', 'copies that end in noise overtake the originals', [{ kind: 'noise', ...FIRST }]),
  attack('splice', 'datagrams glued together', [{ kind: 'splice', ...FIRST }]),
  attack(
    'version-negotiation',
    'every long header is answered by Version Negotiation that offers version 1',
    [{ kind: 'version-negotiation', chance: 1, delayUs: 5 * MS }],
  ),
  attack('retry', 'every long header is answered by a Retry with a false tag', [
    { kind: 'retry', chance: 1, delayUs: 5 * MS },
  ]),
  attack('reset', 'every datagram is answered by noise that could be a stateless reset', [
    { kind: 'reset', chance: 1, delayUs: 5 * MS },
  ]),
];
