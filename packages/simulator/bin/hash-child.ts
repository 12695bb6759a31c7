// The trace hashes in this runtime: one line of JSON. Argument: the seed.
import { runTraceHashes } from '@tsquic/simulator';
import { createSurroundings } from './surroundings.ts';

const seed = Number(process.argv[2] ?? 1);
console.log(JSON.stringify(runTraceHashes({ ...createSurroundings('noble'), seed })));
