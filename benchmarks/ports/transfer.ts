// One upload in this runtime, both ends in this process: one line of JSON. Arguments: the way, bytes.
import { WAYS } from './ways.ts';

const [name = '', bytes = '20000000'] = process.argv.slice(2);
const way = WAYS[name];
if (way === undefined) throw new Error(`no such way: ${name}`);
console.log(JSON.stringify(await way(Number(bytes))));
process.exit(0);
