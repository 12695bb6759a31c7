// One upload in this runtime, both ends in this process: one line of JSON. Arguments: the way, bytes.
import { performance } from 'node:perf_hooks';
import { WAYS } from './ways.ts';

const [name = '', bytes = '20000000'] = process.argv.slice(2);
const way = WAYS[name];
if (way === undefined) throw new Error(`no such way: ${name}`);
const begunMs = performance.now();
const begunCpu = process.cpuUsage();
const result = await way(Number(bytes));
const { user, system } = process.cpuUsage(begunCpu);
const seconds = (performance.now() - begunMs) / 1000;
console.log(JSON.stringify({ ...result, seconds, cpuSeconds: (user + system) / 1e6 }));
process.exit(0);
