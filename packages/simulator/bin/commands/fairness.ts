import { CONTROLLER_NAMES, controllerByName } from '@tsquic/congestion';
import { drawChart, type FairnessResult, type Flow, type LinkOptions, runFairness } from '@tsquic/simulator';
import type { Arguments, Tally } from '../arguments.ts';
import { createSurroundings } from '../surroundings.ts';
import { drawTable } from '../table.ts';

/** 10 Mbit/s, a round-trip time of 40 ms, a queue of 1.5 bandwidth-delay products. */
const BOTTLENECK = { bytesPerSecond: 1_250_000, delayUs: 20_000, queueBytes: 75_000 };
const DURATION_US = 30_000_000;
const MEASURE_FROM_US = 10_000_000;

/** What a mixture must reach: Jain's index and the share of the bottleneck in use. */
interface Mixture {
  readonly name: string;
  readonly controllers: readonly string[];
  readonly queue?: LinkOptions['queue'];
  readonly jainAtLeast: number;
  readonly utilisationAtLeast: number;
}

const MIXTURES: readonly Mixture[] = [
  ...CONTROLLER_NAMES.filter((name) => name !== 'prague').map((name) => ({
    name: `4 × ${name}`,
    controllers: [name, name, name, name],
    jainAtLeast: 0.9,
    utilisationAtLeast: 0.9,
  })),
  { name: 'newreno, cubic', controllers: ['newreno', 'cubic'], jainAtLeast: 0.7, utilisationAtLeast: 0.9 },
  { name: 'cubic, bbr', controllers: ['cubic', 'bbr'], jainAtLeast: 0.55, utilisationAtLeast: 0.9 },
  {
    name: '2 × cubic, CoDel',
    controllers: ['cubic', 'cubic'],
    queue: { kind: 'codel' },
    jainAtLeast: 0.9,
    utilisationAtLeast: 0.8,
  },
  {
    name: 'prague, cubic, dual queue',
    controllers: ['prague', 'cubic'],
    // A threshold below the time of two datagrams, 2.4 ms at this rate, would mark nearly everything (RFC 9332, appendix A).
    queue: { kind: 'dual', stepUs: 2400 },
    jainAtLeast: 0.9,
    utilisationAtLeast: 0.8,
  },
];

/** Downloads that share a bottleneck: a chart of each mixture, then the table. */
export function fairnessCommand(args: Arguments): Tally {
  const { createCrypto } = createSurroundings(args.crypto);
  const seed = args.seed ?? 1;
  const rows = [['mixture', 'Jain', 'used', 'queue mean/p90 ms', 'dropped', 'Mbit/s each', '']];
  const charts: string[] = [];
  let failed = 0;
  for (const mixture of MIXTURES) {
    const result = runFairness({
      seed,
      createCrypto,
      flows: mixture.controllers.map(flowOf),
      bottleneck: { ...BOTTLENECK, ...(mixture.queue !== undefined && { queue: mixture.queue }) },
      durationUs: DURATION_US,
      measureFromUs: MEASURE_FROM_US,
    });
    const passed = result.jain >= mixture.jainAtLeast && result.utilisation >= mixture.utilisationAtLeast;
    if (!passed) failed++;
    rows.push(cells(mixture, result, passed));
    charts.push(chartOf(mixture, result));
  }
  console.log(
    `seed ${seed}; 10 Mbit/s, RTT 40 ms, queue 60 ms; ${MEASURE_FROM_US / 1e6} to ${DURATION_US / 1e6} s`,
  );
  console.log(`${charts.join('\n\n')}\n`);
  console.log(drawTable(rows));
  return { passed: MIXTURES.length - failed, failed };
}

/** Flows begin one second apart. */
function flowOf(name: string, index: number): Flow {
  return { name: `${name} ${index + 1}`, congestion: controllerByName(name), startUs: index * 1_000_000 };
}

function cells(mixture: Mixture, result: FairnessResult, passed: boolean): string[] {
  return [
    mixture.name,
    `${result.jain.toFixed(3)} ≥ ${mixture.jainAtLeast}`,
    `${(result.utilisation * 100).toFixed(1)} %`,
    `${result.queueMs.mean.toFixed(1)} / ${result.queueMs.p90.toFixed(1)}`,
    String(result.dropped),
    result.shares.map(({ bytesPerSecond }) => ((bytesPerSecond * 8) / 1e6).toFixed(2)).join(' '),
    passed ? 'ok' : 'FAIL',
  ];
}

function chartOf(mixture: Mixture, result: FairnessResult): string {
  const series = result.series.map((points, index) => ({
    mark: String(index + 1),
    label: result.shares[index]!.name,
    points,
  }));
  const format = (bytesPerSecond: number): string => `${((bytesPerSecond * 8) / 1e6).toFixed(1)} Mbit/s`;
  return drawChart(series, { title: mixture.name, rows: 10, format });
}
