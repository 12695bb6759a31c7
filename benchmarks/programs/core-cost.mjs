// Moves bulk stream data between two contexts in memory, and tells what a packet costs. Arguments: PROTECTION BYTES ROUNDS
// STREAMS, where PROTECTION is `none` or the name of an AEAD. Needs --expose-gc, and a young generation that holds a round.
import { getHeapStatistics } from 'node:v8';
import { MemoryLink, STEPS } from './memory-link.mjs';

const [protection, packetBytes, rounds, streams] = process.argv.slice(2);
const TURNS = 250;
const ASKED = 100;

const link = await MemoryLink.open({
  protection,
  packetBytes: Number(packetBytes),
  streams: Number(streams),
});
const enough = 4 * TURNS;
for (let turn = 0; turn < enough; turn++) link.turn(() => {});

const rest = () => {};
const ns = [];
for (let round = 0; round < Number(rounds); round++) ns.push(measure(clockNs));
const bytes = [];
for (let round = 0; round < Number(rounds); round++)
  bytes.push({ ...measure(heapBytes), survived: survivors() });
console.log(JSON.stringify({ ns, bytes }));

/**
 * How much of a quantity each step of a turn adds, for each packet with data: the median of the turns, which others that
 * share the processor change little. What asking for it adds is taken off.
 */
function measure(quantity) {
  globalThis.gc();
  const asking = costOfAsking(quantity);
  const sums = Object.fromEntries([...STEPS, 'cut'].map((step) => [step, 0]));
  let [current, last] = ['cut', quantity()];
  const enter = (step) => {
    const now = quantity();
    sums[current] += now - last - asking;
    current = step ?? 'cut';
    last = now;
  };
  const shares = Object.fromEntries(STEPS.map((step) => [step, new Float64Array(TURNS)]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const step of STEPS) sums[step] = 0;
    const packets = link.turn(enter);
    for (const step of STEPS) shares[step][turn] = sums[step] / packets;
  }
  return Object.fromEntries(STEPS.map((step) => [step, shares[step].sort()[TURNS >> 1]]));
}

/** The least of some rounds. */
function costOfAsking(quantity) {
  let least = Infinity;
  for (let round = 0; round < 10; round++) {
    const begun = quantity();
    for (let i = 0; i < ASKED; i++) quantity();
    least = Math.min(least, (quantity() - begun) / (ASKED + 1));
  }
  return least;
}

/** Bytes that a packet leaves behind. */
function survivors() {
  globalThis.gc();
  const before = heapBytes();
  let packets = 0;
  for (let turn = 0; turn < TURNS; turn++) packets += link.turn(rest);
  globalThis.gc();
  return (heapBytes() - before) / packets;
}

function clockNs() {
  return performance.now() * 1e6;
}

function heapBytes() {
  const { used_heap_size: used, external_memory: external } = getHeapStatistics();
  return used + external;
}
