import { describe, expect, test } from '@jest/globals';
import { ackSample, congestionEvent } from '../test/ack-sample.ts';
import { CarefulResume } from './careful-resume.ts';
import { Cubic } from './cubic.ts';
import { NewReno } from './newreno.ts';

const remembered = { rttUs: 100_000, windowBytes: 400_000 };

function create(): CarefulResume {
  return new CarefulResume(new NewReno({ mtuBytes: 1200, nowUs: 0 }), remembered, 1200);
}

/** A controller that has jumped at 1 s, with packets sent at 1.01 and 1.09 s. */
function jumped(): CarefulResume {
  const resume = create();
  resume.onAck(
    ackSample({ latestRttUs: 100_000, smoothedRttUs: 100_000, ackedBytes: 1200, inFlightBytes: 3600 }),
  );
  resume.onSent(1_010_000, 1200, 4800);
  resume.onSent(1_090_000, 1200, 180_000);
  return resume;
}

describe('the first RTT', () => {
  test.each([
    [49_999, false],
    [50_000, true],
    [100_000, true],
    [1_000_000, true],
    [1_000_001, false],
  ])('of %i µs for a remembered 100 ms: jump %s', (latestRttUs, jumps) => {
    const resume = create();
    resume.onAck(ackSample({ latestRttUs, smoothedRttUs: latestRttUs, ackedBytes: 1200 }));
    expect(resume.windowBytes).toBe(jumps ? 200_000 : 13_200);
  });

  test('decides: there is no second try', () => {
    const resume = create();
    resume.onAck(ackSample({ latestRttUs: 0, ackedBytes: 1200 }));
    expect(resume.windowBytes).toBe(13_200);
    resume.onAck(ackSample({ latestRttUs: 10_000 }));
    resume.onAck(ackSample({ latestRttUs: 100_000 }));
    expect(resume.windowBytes).toBe(15_600);
  });

  test('paces the jump over a round trip', () => {
    expect(jumped().pacingRate).toBe(200_000 / 0.1);
  });

  test.each([
    [
      'a loss before it',
      (resume: CarefulResume) => resume.onCongestion(congestionEvent({ nowUs: 1, sentUs: 0 })),
    ],
    ['another path', (resume: CarefulResume) => resume.reset(1, 1200)],
  ])('%s: no jump', (_what, disturb) => {
    const resume = create();
    disturb(resume);
    const { windowBytes } = resume;
    resume.onAck(ackSample({ latestRttUs: 100_000, appLimited: true, windowUnused: true }));
    expect(resume.windowBytes).toBe(windowBytes);
  });

  test('without a jump, paces as the controller does', () => {
    const inner = new NewReno({ mtuBytes: 1200, nowUs: 0 });
    const resume = new CarefulResume(inner, remembered, 1200);
    Object.defineProperty(inner, 'pacingRate', { get: () => 123_456, set: () => {} });
    resume.onAck(ackSample({ latestRttUs: 10_000, smoothedRttUs: 10_000 }));
    expect(resume.pacingRate).toBe(123_456);
  });

  test('a memory smaller than the window is of no use', () => {
    const small = { rttUs: 100_000, windowBytes: 24_000 };
    const resume = new CarefulResume(new NewReno({ mtuBytes: 1200, nowUs: 0 }), small, 1200);
    resume.onAck(ackSample({ latestRttUs: 100_000, ackedBytes: 1200 }));
    expect(resume.windowBytes).toBe(13_200);
  });
});

describe('after the jump', () => {
  test('the window holds until a packet of it arrives, then keeps what is in flight', () => {
    const resume = jumped();
    resume.onAck(ackSample({ newestSentUs: 999_000, ackedBytes: 3600, inFlightBytes: 180_000 }));
    expect(resume.windowBytes).toBe(200_000);
    resume.onAck(ackSample({ newestSentUs: 1_010_000, ackedBytes: 1200, inFlightBytes: 178_800 }));
    expect(resume.windowBytes).toBe(178_800);
    resume.onAck(ackSample({ newestSentUs: 1_050_000, ackedBytes: 60_000, inFlightBytes: 118_800 }));
    expect(resume.windowBytes).toBe(178_800);
    // The last packet of the jump: from here on the controller grows as it would.
    resume.onAck(ackSample({ newestSentUs: 1_090_000, ackedBytes: 1200, inFlightBytes: 100_000 }));
    resume.onAck(ackSample({ newestSentUs: 1_100_000, ackedBytes: 1200, inFlightBytes: 100_000 }));
    expect(resume.windowBytes).toBe(178_800 + 2 * 1200);
  });

  test('an application that does not use it keeps what it proved', () => {
    const resume = jumped();
    resume.onAck(ackSample({ newestSentUs: 1_010_000, ackedBytes: 4800, inFlightBytes: 2400 }));
    expect(resume.windowBytes).toBe(12_000);
    resume.onAck(ackSample({ newestSentUs: 1_020_000, ackedBytes: 1200 }));
    expect(resume.windowBytes).toBe(13_200);
  });
});

describe('a safe retreat', () => {
  test.each([
    ['NewReno', (options: { mtuBytes: number; nowUs: number }) => new NewReno(options)],
    ['CUBIC', (options: { mtuBytes: number; nowUs: number }) => new Cubic(options)],
  ])('%s leaves half of what the path has carried', (_name, factory) => {
    const resume = new CarefulResume(factory({ mtuBytes: 1200, nowUs: 0 }), remembered, 1200);
    resume.onAck(
      ackSample({ latestRttUs: 100_000, smoothedRttUs: 100_000, ackedBytes: 1200, inFlightBytes: 10_800 }),
    );
    resume.onSent(1_010_000, 1200, 12_000);
    resume.onSent(1_090_000, 1200, 190_000);
    resume.onAck(ackSample({ newestSentUs: 1_020_000, ackedBytes: 28_000, inFlightBytes: 160_000 }));
    // 12,000 bytes were under way before the jump, and 28,000 have arrived since.
    resume.onCongestion(congestionEvent({ nowUs: 1_110_000, sentUs: 1_050_000 }));
    expect(resume.windowBytes).toBe(20_000);
    resume.onCongestion(congestionEvent({ nowUs: 1_120_000, sentUs: 1_080_000 }));
    expect(resume.windowBytes).toBe(20_000);
    // Whatever arrives of the jump does not raise it; what follows does, as congestion avoidance would.
    resume.onAck(ackSample({ newestSentUs: 1_090_000, ackedBytes: 60_000 }));
    expect(resume.windowBytes).toBe(20_000);
    expect(resume.inSlowStart).toBe(false);
  });

  test('tells the controller of a loss once', () => {
    const inner = new NewReno({ mtuBytes: 1200, nowUs: 0 });
    const told: number[] = [];
    const onCongestion = inner.onCongestion.bind(inner);
    inner.onCongestion = (event) => {
      told.push(event.sentUs);
      onCongestion(event);
    };
    const resume = new CarefulResume(inner, remembered, 1200);
    resume.onAck(ackSample({ latestRttUs: 100_000, smoothedRttUs: 100_000, ackedBytes: 1200 }));
    resume.onCongestion(congestionEvent({ nowUs: 1_110_000, sentUs: 1_050_000 }));
    expect(told).toEqual([1_050_000]);
  });

  test('leaves at least two packets', () => {
    const resume = create();
    resume.onAck(ackSample({ latestRttUs: 100_000, ackedBytes: 1200, inFlightBytes: 0 }));
    resume.onCongestion(congestionEvent({ nowUs: 1_100_000, sentUs: 1_010_000 }));
    expect(resume.windowBytes).toBe(2400);
  });
});
