import { run, fairness } from './bottleneck.ts';
import { controllerByName, CONTROLLER_NAMES } from '../src/index.ts';
const S = 1e6;
const f = controllerByName('prague');
for (const [label, path, rtt, dur] of [
  ['10M 40ms 1bdp', { bytesPerSecond: 1.25e6, bufferBytes: 50000 }, 40000, 20 * S],
  ['10M 40ms 1% loss', { bytesPerSecond: 1.25e6, bufferBytes: 50000, loseOneIn: 100 }, 40000, 20 * S],
  ['100M 1ms', { bytesPerSecond: 12.5e6, bufferBytes: 50000 }, 1000, 5 * S],
  ['10M l4s 40ms', { bytesPerSecond: 1.25e6, bufferBytes: 250000, markAboveBytes: 3000 }, 40000, 20 * S],
  ['50M l4s 20ms', { bytesPerSecond: 6.25e6, bufferBytes: 250000, markAboveBytes: 6250 }, 20000, 20 * S],
  ['100M l4s 5ms', { bytesPerSecond: 12.5e6, bufferBytes: 250000, markAboveBytes: 12500 }, 5000, 20 * S],
] as any) {
  const [r] = run(path, [{ factory: f, rttUs: rtt }], dur);
  const u = r!.deliveredBytes / (path.bytesPerSecond * (dur / 1e6));
  console.log(
    label.padEnd(18),
    'util',
    u.toFixed(3),
    'lost',
    ((r!.lostBytes / r!.deliveredBytes) * 100).toFixed(2) + '%',
    'rtt',
    (r!.lateRttUs / 1000).toFixed(1),
    'marks',
    r!.markedPackets,
    'w',
    r!.controller.windowBytes,
    (r!.controller as any).markedShare.toFixed(3),
    r!.faults.join(';'),
  );
}
const two = run(
  { bytesPerSecond: 6.25e6, bufferBytes: 250000, markAboveBytes: 6250 },
  [
    { factory: f, rttUs: 20000 },
    { factory: f, rttUs: 20000, startUs: 3 * S },
  ],
  60 * S,
);
const late = two.map((r) => r.deliveredTrace[599]! - r.deliveredTrace[300]!);
console.log('prague fair', fairness(late).toFixed(3), late);
for (const name of CONTROLLER_NAMES)
  for (const [label, path, rem] of [
    ['true', { bytesPerSecond: 2.5e6, bufferBytes: 500000 }, { rttUs: 600000, windowBytes: 1500000 }],
    ['halved path', { bytesPerSecond: 0.6e6, bufferBytes: 200000 }, { rttUs: 600000, windowBytes: 1500000 }],
    ['1/10 path', { bytesPerSecond: 0.25e6, bufferBytes: 30000 }, { rttUs: 600000, windowBytes: 1500000 }],
  ] as any) {
    for (const resume of [undefined, rem]) {
      const [r] = run(
        path,
        [{ factory: controllerByName(name, resume ? { resume } : {}), rttUs: 600000 }],
        12 * S,
      );
      console.log(
        name.padEnd(8),
        label.padEnd(12),
        resume ? 'resume' : 'fresh ',
        [10, 20, 30, 50, 80, 110].map((i) => r!.deliveredTrace[i]).join(' '),
        'lost',
        r!.lostBytes,
      );
    }
  }
