import { CONTROLLER_NAMES, controllerByName } from '@tsquic/congestion';
import type { CryptoProvider, RandomSource } from '@tsquic/crypto';
import { createNodeProvider } from '@tsquic/crypto/node';
import type { ScenarioRunOptions } from '../src/scenario-run.ts';

/** Cryptography and controllers for scenarios in tests. */
export const RUN_OPTIONS: Omit<ScenarioRunOptions, 'seed'> = {
  createCrypto: (random: RandomSource): CryptoProvider => createNodeProvider({ random }),
  congestion: Object.fromEntries(CONTROLLER_NAMES.map((name) => [name, controllerByName(name)])),
};
