import type { AdversaryScenario } from './adversary-scenario.ts';
import { ADMISSION_ABUSES } from './scenarios/adversary-admission.ts';
import { BEGINNING_ABUSES } from './scenarios/adversary-beginnings.ts';
import { EARLY_DATA_ABUSES } from './scenarios/adversary-early-data.ts';
import { EXTENSION_ABUSES } from './scenarios/adversary-extensions.ts';
import { FRAME_ABUSES } from './scenarios/adversary-frames.ts';
import { HTTP3_ABUSES } from './scenarios/adversary-http3.ts';
import { FLOODS } from './scenarios/adversary-floods.ts';
import { WEB_TRANSPORT_ABUSES } from './scenarios/adversary-webtransport.ts';
import { MOVE_ABUSES } from './scenarios/adversary-moves.ts';
import { PATH_ABUSES } from './scenarios/adversary-paths.ts';
import { QUEUE_ABUSES } from './scenarios/adversary-queues.ts';
import { STATE_ABUSES } from './scenarios/adversary-state.ts';
import { STREAM_ABUSES } from './scenarios/adversary-streams.ts';
import { AGAINST_CLIENTS, STRANGERS } from './scenarios/adversary-strangers.ts';
import { SLOW_ADVERSARIES } from './scenarios/adversary-windows.ts';

/** Attacks, each with the error that it must lead to and what it may cost. */
export const ADVERSARIES: readonly AdversaryScenario[] = [
  ...FLOODS,
  ...STREAM_ABUSES,
  ...SLOW_ADVERSARIES,
  ...STATE_ABUSES,
  ...FRAME_ABUSES,
  ...STRANGERS,
  ...AGAINST_CLIENTS,
  ...EXTENSION_ABUSES,
  ...EARLY_DATA_ABUSES,
  ...HTTP3_ABUSES,
  ...WEB_TRANSPORT_ABUSES,
  ...MOVE_ABUSES,
  ...PATH_ABUSES,
  ...ADMISSION_ABUSES,
  ...BEGINNING_ABUSES,
  ...QUEUE_ABUSES,
];
