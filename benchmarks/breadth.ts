import type { Check, Findings } from './benchmark.ts';
import { Child } from './child.ts';
import { formatSpread, type Spread, spreadOf } from './samples.ts';

const PROTECTIONS = ['none', 'chacha20-poly1305'] as const;
const CONNECTIONS = [1, 10, 100, 1000] as const;
const ROUNDS = 5;
/** What ten times the connections may cost more. */
const MOST_GROWTH = 1.3;

interface Cost {
  readonly protection: string;
  readonly connections: number;
  readonly ns: Spread;
  /** The least, compared with that of a tenth of the connections. */
  readonly growth: number;
}

/** The same bytes over 1, 10, 100 and 1000 connections between two contexts in memory: what each packet with data costs. */
export async function measureBreadth(): Promise<Findings> {
  const costs: Cost[] = [];
  for (const protection of PROTECTIONS) {
    let lastNs = NaN;
    for (const connections of CONNECTIONS) {
      const words = [protection, `${connections}`, `${ROUNDS}`];
      const child = new Child(['benchmarks/programs/breadth-cost.mjs', ...words]);
      const { nsPerPacket } = await child.result<{ readonly nsPerPacket: readonly number[] }>();
      const ns = spreadOf(nsPerPacket);
      costs.push({ protection, connections, ns, growth: connections === 1 ? 1 : ns.min / lastNs });
      lastNs = ns.min;
    }
  }
  return {
    title: `the same bytes over more connections between two contexts in memory: processor time of both sides for each packet of 1350 bytes; median (least–most) of ${ROUNDS}`,
    table: [
      ['protection', 'connections', 'ns', 'least, of a tenth of the connections'],
      ...costs.map(({ protection, connections, ns, growth }) => [
        protection,
        `${connections}`,
        formatSpread(ns),
        growth.toFixed(2),
      ]),
    ],
    checks: costs.filter(({ connections }) => connections > 1).map(judge),
    figures: { costs },
  };
}

function judge({ protection, connections, growth }: Cost): Check {
  return {
    name: `${protection}: ${connections} connections cost ${growth.toFixed(2)} of a tenth of them, target ${MOST_GROWTH}`,
    ok: growth <= MOST_GROWTH,
  };
}
