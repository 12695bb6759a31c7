// The code in the thread of `pnpm fuzz`: an input that reaches a branch, or reaches one more often, than all
// inputs before is kept and mutated further.
import { parentPort, workerData } from 'node:worker_threads';
import { createRandom, type Random } from '@tsquic/simulator';
import { mutate } from './mutate.ts';
import type { FuzzTarget } from './target.ts';
import { FUZZ_TARGETS } from './targets.ts';

/** What the thread is to do. */
export interface FuzzOrder {
  readonly seconds: number;
  /** Number of executions of each target; 0 to stop by time. */
  readonly executions: number;
  readonly seed: number;
  /** Names of targets. */
  readonly targets: readonly string[];
  /** Inputs of earlier runs, hexadecimal, by target. */
  readonly corpus: Readonly<Record<string, readonly string[]>>;
  /** A count of executions, by which another thread notices one that hangs. */
  readonly pulse: SharedArrayBuffer;
  /** The current input: its target, its length, its bytes. */
  readonly present: SharedArrayBuffer;
}

/** The results of all targets. */
export interface FuzzOutcome {
  readonly reports: readonly FuzzReport[];
  /** Number of branches that inputs of any target took. */
  readonly edges: number;
}

/** The result for one target. */
export interface FuzzReport {
  readonly target: string;
  readonly executions: number;
  /** Number of branches that its inputs reached. */
  readonly edges: number;
  readonly throws: readonly { readonly input: string; readonly error: string }[];
  /** The fewest inputs, hexadecimal, that reach them all. */
  readonly corpus: readonly string[];
  readonly worstMs: number;
}

const edges = (globalThis as unknown as { tsquicEdges: Uint8Array }).tsquicEdges;
const order = workerData as FuzzOrder;
const pulse = new Int32Array(order.pulse);
const present = new Uint8Array(order.present);
/** A bound, because one defect may cause many reports. */
const MOST_THROWS = 20;

class Fuzzer {
  readonly target: FuzzTarget;
  executions = 0;
  worstMs = 0;
  readonly throws: { input: string; error: string }[] = [];
  private readonly random: Random;
  private readonly inputs: { readonly bytes: Uint8Array; readonly taken: Set<number> }[] = [];
  /** For each branch, a bit for each magnitude of how often an input has taken it. */
  private readonly seen = new Uint8Array(edges.length);

  constructor(target: FuzzTarget, known: readonly string[]) {
    this.target = target;
    this.random = createRandom(order.seed).fork(target.name);
    for (const bytes of target.seeds()) this.try(bytes);
    for (const hex of known) this.try(Uint8Array.from(Buffer.from(hex, 'hex')));
  }

  runFor(ms: number): void {
    const endMs = performance.now() + ms;
    do this.runOnce();
    while (performance.now() < endMs);
  }

  runOnce(): void {
    const { random, inputs } = this;
    // The inputs found last have been mutated least.
    const at = random.chance(0.5)
      ? inputs.length - 1 - random.integer(Math.ceil(inputs.length / 4))
      : random.integer(inputs.length);
    this.try(mutate(inputs[at]!.bytes, inputs[random.integer(inputs.length)]!.bytes, random));
  }

  /** Add the branches that this target's inputs took. */
  addEdges(into: Set<number>): void {
    this.seen.forEach((bits, edge) => {
      if (bits !== 0) into.add(edge);
    });
  }

  report(): FuzzReport {
    const edgeCount = this.seen.reduce((sum, bits) => sum + (bits === 0 ? 0 : 1), 0);
    const { executions, throws, worstMs } = this;
    return {
      target: this.target.name,
      executions,
      edges: edgeCount,
      throws,
      corpus: this.smallest(),
      worstMs,
    };
  }

  private try(bytes: Uint8Array): void {
    this.announce(bytes);
    edges.fill(0);
    const beganMs = performance.now();
    try {
      this.target.run(bytes);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (this.throws.length < MOST_THROWS)
        this.throws.push({ input: Buffer.from(bytes).toString('hex'), error: text });
    }
    this.worstMs = Math.max(this.worstMs, performance.now() - beganMs);
    this.executions++;
    if (this.isNew() || this.inputs.length === 0) this.inputs.push({ bytes, taken: takenNow() });
  }

  private announce(bytes: Uint8Array): void {
    const { length } = bytes;
    present[0] = FUZZ_TARGETS.indexOf(this.target);
    present[1] = length >> 8;
    present[2] = length & 0xff;
    present.set(bytes.subarray(0, present.length - 3), 3);
    Atomics.add(pulse, 0, 1);
  }

  private isNew(): boolean {
    let isNew = false;
    for (let i = 0; i < edges.length; i++) {
      const count = edges[i]!;
      if (count === 0) continue;
      const bit = 1 << Math.min(7, 31 - Math.clz32(count));
      if ((this.seen[i]! & bit) !== 0) continue;
      this.seen[i] = this.seen[i]! | bit;
      isNew = true;
    }
    return isNew;
  }

  /** The shortest inputs first, each of which reaches a branch that those before it do not. */
  private smallest(): string[] {
    const covered = new Set<number>();
    const chosen: string[] = [];
    for (const { bytes, taken } of [...this.inputs].sort((a, b) => a.bytes.length - b.bytes.length)) {
      const before = covered.size;
      for (const edge of taken) covered.add(edge);
      if (covered.size > before) chosen.push(Buffer.from(bytes).toString('hex'));
    }
    return chosen;
  }
}

function takenNow(): Set<number> {
  const taken = new Set<number>();
  for (let i = 0; i < edges.length; i++) if (edges[i] !== 0) taken.add(i);
  return taken;
}

const beganMs = performance.now();
const fuzzers = FUZZ_TARGETS.filter(({ name }) => order.targets.includes(name)).map(
  (target) => new Fuzzer(target, order.corpus[target.name] ?? []),
);
if (order.executions > 0)
  for (const fuzzer of fuzzers) while (fuzzer.executions < order.executions) fuzzer.runOnce();
else
  while (performance.now() - beganMs < order.seconds * 1000)
    for (const fuzzer of fuzzers) fuzzer.runFor(100 * fuzzer.target.weight);
const taken = new Set<number>();
for (const fuzzer of fuzzers) fuzzer.addEdges(taken);
const outcome: FuzzOutcome = { reports: fuzzers.map((fuzzer) => fuzzer.report()), edges: taken.size };
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort!.postMessage(outcome);
