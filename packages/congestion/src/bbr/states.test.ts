import { expect, test } from '@jest/globals';
import { BbrState, isAccelerating, isProbingCycle, PACING_GAIN, WINDOW_GAIN } from './states.ts';

// draft-ietf-ccwg-bbr, the table of states: pacing gain, window gain, and whether losses are those of a probe.
test.each([
  ['Startup', BbrState.Startup, 2.77, 2, true, false],
  ['Drain', BbrState.Drain, 0.5, 2, false, false],
  ['ProbeBW_DOWN', BbrState.ProbeDown, 0.9, 2, false, true],
  ['ProbeBW_CRUISE', BbrState.ProbeCruise, 1, 2, false, true],
  ['ProbeBW_REFILL', BbrState.ProbeRefill, 1, 2, true, true],
  ['ProbeBW_UP', BbrState.ProbeUp, 1.25, 2.25, true, true],
  ['ProbeRTT', BbrState.ProbeRtt, 1, 0.5, false, false],
] as const)('%s', (_name, state, pacingGain, windowGain, accelerates, isProbing) => {
  expect([PACING_GAIN[state], WINDOW_GAIN[state]]).toEqual([pacingGain, windowGain]);
  expect([isAccelerating(state), isProbingCycle(state)]).toEqual([accelerates, isProbing]);
});
