import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkController, type ComplianceStep } from '../src/controller-compliance.ts';
import type { CongestionController } from '../src/controller.ts';
import { NewReno } from '../src/newreno.ts';
import { covers } from '@tsquic/testing';
import { CONTROLLER_NAMES, controllerByName } from '../src/options.ts';
import { checkRecovery } from '../src/recovery-compliance.ts';

const SEED = 20_260_101;
const WEIGHTS: readonly [ComplianceStep['kind'], number][] = [
  ['ack', 30],
  ['limited-ack', 5],
  ['lose', 5],
  ['mark', 3],
  ['persistent', 1],
  ['spurious', 2],
  ['idle', 1],
  ['mtu', 1],
  ['reset', 1],
];

const steps = fc.array(
  fc.record({
    kind: fc.oneof(...WEIGHTS.map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) }))),
    amount: fc.double({ min: 0, max: 1, noNaN: true }),
    elapsedUs: fc.integer({ min: 0, max: 300_000 }),
  }),
  { minLength: 1, maxLength: 300 },
);

const resume = { rttUs: 50_000, windowBytes: 400_000 };

describe.each([
  ...CONTROLLER_NAMES.map((name) => ({ name, label: name, parameters: {} })),
  ...CONTROLLER_NAMES.map((name) => ({ name, label: `${name}, resuming`, parameters: { resume } })),
  { name: 'cubic', label: 'cubic without fast convergence', parameters: { fastConvergence: false } },
])('$label', ({ name, parameters }) => {
  test(`keeps the rules of every controller (seed ${SEED})`, () => {
    covers('rfc9002-7-1');
    fc.assert(
      fc.property(steps, (trace) => {
        const resumes = 'resume' in parameters;
        const rules = { modelBased: name === 'bbr' || resumes, jumpBytes: resumes ? 200_000 : 0 };
        expect(checkController(controllerByName(name, parameters), trace, rules)).toEqual([]);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('uses the path again when losses are over (seeds 1 to 3)', () => {
    expect(checkRecovery(controllerByName(name, parameters))).toEqual([]);
  });
});

test('the rules catch a window that never reaches a bound with a fraction', () => {
  const faults = checkRecovery((options) => {
    const controller = new NewReno(options);
    const { onAck, onCongestion } = controller;
    let boundBytes = Infinity;
    return Object.assign(controller, {
      onCongestion(this: NewReno, ...args: Parameters<typeof onCongestion>) {
        onCongestion.apply(this, args);
        boundBytes = this.windowBytes + 0.3448;
      },
      onAck(this: NewReno, ...args: Parameters<typeof onAck>) {
        onAck.apply(this, args);
        if (this.windowBytes < boundBytes)
          this.windowBytes = Math.floor(Math.min(this.windowBytes, boundBytes));
        else this.windowBytes = Math.floor(boundBytes);
      },
    });
  });
  expect(faults.length).toBeGreaterThan(6);
  expect(faults[0]).toContain('of the path in use after its losses');
});

describe('the rules catch a controller that', () => {
  const ordinary: ComplianceStep[] = [];
  for (const kind of [
    'ack',
    'ack',
    'limited-ack',
    'lose',
    'ack',
    'spurious',
    'lose',
    'mtu',
    'persistent',
    'reset',
  ] as const) {
    ordinary.push({ kind, amount: 0.5, elapsedUs: 30_000 });
  }

  function sabotaged(
    method: 'onAck' | 'onCongestion' | 'onSpuriousLoss' | 'onPersistentCongestion' | 'setMtu' | 'reset',
    act: (controller: CongestionController) => void,
  ) {
    return checkController((options) => {
      const controller: CongestionController = new NewReno(options);
      const original = controller[method].bind(controller) as (...args: unknown[]) => void;
      Object.assign(controller, {
        [method]: (...args: unknown[]) => {
          original(...args);
          act(controller);
        },
      });
      return controller;
    }, ordinary);
  }

  test('nothing in one that is right', () => {
    expect(checkController((options) => new NewReno(options), ordinary)).toEqual([]);
  });

  const shrink =
    (bytes: number) =>
    (controller: CongestionController): void => {
      controller.windowBytes -= bytes;
    };
  const setWindow =
    (bytes: number) =>
    (controller: CongestionController): void => {
      controller.windowBytes = bytes;
    };
  const setRate =
    (rate: () => number) =>
    (controller: CongestionController): void => {
      controller.pacingRate = rate();
    };
  let draws = 0;
  test.each([
    ['leaves less than two packets', 'onCongestion', setWindow(1200), 'too small'],
    ['makes a number that is none', 'onAck', setWindow(NaN), 'window NaN'],
    ['has no finite rate', 'onAck', setRate(() => Infinity), 'rate Infinity'],
    ['shrinks on an ACK', 'onAck', shrink(5000), 'an ACK lowers the window'],
    ['grows untested', 'onAck', shrink(-1), 'grows though'],
    ['grows on loss', 'onCongestion', shrink(-90_000), 'congestion raises'],
    ['reduces twice', 'onCongestion', shrink(100), 'reduces twice'],
    ['undoes downwards', 'onSpuriousLoss', shrink(50_000), 'an undo lowers'],
    ['survives persistent congestion', 'onPersistentCongestion', shrink(-1), 'not the minimum'],
    ['forgets at a new packet size', 'setMtu', setWindow(12_000), 'packet size'],
    ['remembers on a new path', 'reset', shrink(-1), 'not the initial window'],
    ['is moody', 'onAck', setRate(() => ++draws), 'not repeatable'],
  ] as const)('%s', (_what, method, act, fault) => {
    expect(sabotaged(method, act).join('\n')).toContain(fault);
  });
});
