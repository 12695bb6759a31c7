import type { Findings } from './benchmark.ts';
import { Child } from './child.ts';
import { formatSpread, type Samples, spreadOf } from './samples.ts';

const GROUPS = ['codec', 'protection', 'acknowledgements', 'reassembly', 'scheduler'] as const;
const ROUNDS = 11;

/** Single steps of the core, each group in a process of its own. Nothing is judged. */
export async function measureMicro(): Promise<Findings> {
  const rows: string[][] = [];
  const figures: Record<string, unknown> = {};
  for (const group of GROUPS) {
    const child = new Child(['benchmarks/programs/micro-cost.mjs', group, `${ROUNDS}`]);
    for (const [name, samples] of Object.entries(await child.result<Record<string, Samples>>())) {
      const spread = spreadOf(samples);
      rows.push([`${group}: ${name}`, formatSpread(spread)]);
      figures[`${group}: ${name}`] = spread;
    }
  }
  return {
    title: `single steps, ns of processor time; median (least–most) of ${ROUNDS} rounds`,
    table: [['step', 'ns'], ...rows],
    checks: [],
    figures,
  };
}
