import { CONTROLLER_NAMES, controllerByName } from '@tsquic/congestion';
import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import { createNobleProvider } from '@tsquic/crypto/noble';
import { createNodeProvider } from '@tsquic/crypto/node';
import type { ScenarioRunOptions } from '@tsquic/simulator';

/** What every run gets: cryptography over a seeded source, and the controllers that scenarios may name. */
export function createSurroundings(crypto: 'node' | 'noble'): Omit<ScenarioRunOptions, 'seed'> {
  const create = crypto === 'node' ? createNodeProvider : createNobleProvider;
  return {
    createCrypto: (random: RandomSource): CryptoProvider => create({ random }),
    congestion: {
      ...Object.fromEntries(CONTROLLER_NAMES.map((name) => [name, controllerByName(name)])),
      'careful-resume': controllerByName('cubic', { resume: SATELLITE }),
    },
  };
}

/** What a connection over the satellite of the large scenarios remembers. */
const SATELLITE = { rttUs: 600_000, windowBytes: 18_750_000 };
