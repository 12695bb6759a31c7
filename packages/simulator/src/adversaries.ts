import type { AdversaryScenario } from './adversary-scenario.ts';
import { FLOODS } from './scenarios/adversary-floods.ts';
import { STATE_ABUSES } from './scenarios/adversary-state.ts';
import { STREAM_ABUSES } from './scenarios/adversary-streams.ts';
import { SLOW_ADVERSARIES } from './scenarios/adversary-windows.ts';

/** Attacks that need valid packets, with what each may cost; what the tests of quic-core prove is not repeated here. */
export const ADVERSARIES: readonly AdversaryScenario[] = [
  ...FLOODS,
  ...STREAM_ABUSES,
  ...SLOW_ADVERSARIES,
  ...STATE_ABUSES,
];
