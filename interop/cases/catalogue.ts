import type { Case } from './case.ts';
import { chacha20 } from './chacha20.ts';
import { handshake } from './handshake.ts';
import { ipv6 } from './ipv6.ts';
import { keyUpdate } from './key-update.ts';
import { multiplexing } from './multiplexing.ts';
import { retry } from './retry.ts';
import { transfer } from './transfer.ts';
import { versionNegotiation } from './version-negotiation.ts';

/** Every case, in the order of the report's columns. */
export const CASES: readonly Case[] = [
  handshake,
  transfer,
  multiplexing,
  chacha20,
  versionNegotiation,
  ipv6,
  retry,
  keyUpdate,
];
