import type { Findings } from './benchmark.ts';
import { Child } from './child.ts';
import { formatSpread, type Spread, spreadOf } from './samples.ts';

const PROTECTIONS = ['none', 'chacha20-poly1305', 'aes-128-gcm'] as const;
const PACKET_BYTES = 1350;
const ROUNDS = 9;
const BUDGET_NS = 1500;
/** A round of allocations fits, so that no collection falls into it. */
const YOUNG = ['--min-semi-space-size=128', '--max-semi-space-size=128'];

/** What each step of a turn costs, for each packet with data. */
interface Steps {
  readonly write: number;
  readonly send: number;
  readonly receive: number;
  readonly read: number;
  readonly acknowledge: number;
  readonly acknowledged: number;
}

interface Run {
  readonly ns: readonly Steps[];
  readonly bytes: readonly (Steps & { readonly survived: number })[];
}

interface Cost {
  readonly protection: string;
  readonly outNs: Spread;
  readonly inNs: Spread;
  readonly outBytes: Spread;
  readonly inBytes: Spread;
  readonly survivedBytes: Spread;
  readonly stepsNs: Readonly<Record<string, Spread>>;
}

/** Bulk stream data between two contexts in memory, with each packet protection in a process of its own. */
export async function measureCore(): Promise<Findings> {
  const costs: Cost[] = [];
  for (const protection of PROTECTIONS) {
    const program = 'benchmarks/programs/core-cost.mjs';
    const child = new Child([
      '--expose-gc',
      ...YOUNG,
      program,
      protection,
      `${PACKET_BYTES}`,
      `${ROUNDS}`,
      '1',
    ]);
    costs.push(costOf(protection, await child.result<Run>()));
  }
  return findings(costs);
}

/** Out: written, sent, and acknowledgements taken. In: taken, read, and acknowledgements sent. */
function costOf(protection: string, { ns, bytes }: Run): Cost {
  const outOf = ({ write, send, acknowledged }: Steps): number => write + send + acknowledged;
  const inOf = ({ receive, read, acknowledge }: Steps): number => receive + read + acknowledge;
  const names = Object.keys(ns[0] ?? {}) as (keyof Steps)[];
  return {
    protection,
    outNs: spreadOf(ns.map(outOf)),
    inNs: spreadOf(ns.map(inOf)),
    outBytes: spreadOf(bytes.map(outOf)),
    inBytes: spreadOf(bytes.map(inOf)),
    survivedBytes: spreadOf(bytes.map(({ survived }) => survived)),
    stepsNs: Object.fromEntries(names.map((name) => [name, spreadOf(ns.map((steps) => steps[name]))])),
  };
}

function findings(costs: readonly Cost[]): Findings {
  const [bare] = costs;
  if (bare === undefined) throw new Error('nothing was measured');
  return {
    title: `bulk stream data between two contexts in memory, for each packet of ${PACKET_BYTES} bytes; median (least–most) of ${ROUNDS}`,
    table: [
      ['protection', 'out ns', 'in ns', 'out bytes', 'in bytes', 'bytes left'],
      ...costs.map(({ protection, outNs, inNs, outBytes, inBytes, survivedBytes }) => [
        protection,
        ...[outNs, inNs, outBytes, inBytes, survivedBytes].map((spread) => formatSpread(spread)),
      ]),
      ['', '', '', '', '', ''],
      ['steps without protection, ns', '', '', '', '', ''],
      ...Object.entries(bare.stepsNs).map(([step, spread]) => [step, formatSpread(spread), '', '', '', '']),
    ],
    checks: [
      budget('out', bare.outNs),
      budget('in', bare.inNs),
      {
        name: `${bare.survivedBytes.median.toFixed(1)} bytes of a packet are left, target below 16`,
        ok: bare.survivedBytes.median < 16,
      },
    ],
    figures: { packetBytes: PACKET_BYTES, rounds: ROUNDS, costs },
  };
}

function budget(direction: string, { median }: Spread): { readonly name: string; readonly ok: boolean } {
  return {
    name: `${direction}: ${median.toFixed(0)} ns without protection, target ${BUDGET_NS}`,
    ok: median <= BUDGET_NS,
  };
}
