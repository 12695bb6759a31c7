// Checks the promises of one port in this runtime: one line of JSON. Arguments: the port's name.
import { portPromises } from '@tsquic/event-adapters';
import { PORTS } from './ports.ts';
const open = PORTS[process.argv[2] ?? ''];
if (open === undefined) throw new Error(`no such port: ${process.argv[2]}`);
const faults: string[] = [];
for (const { name, check } of portPromises) {
  try {
    await check(open);
  } catch (error) {
    faults.push(`${name}: ${(error as Error).message}`);
  }
}
console.log(JSON.stringify({ promises: portPromises.length, faults }));
process.exit(0);
