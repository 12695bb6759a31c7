// Checks the promises of one port in this runtime: one line of JSON. Arguments: the port's name.
import { type DatagramPort, portPromises } from '@tsquic/event-adapters';
import { joinReactor } from '@tsquic/event-adapters/reactor';
import { openSimulatedPort, World } from '@tsquic/simulator';
import { NodeEventBase, openEventSocket } from '../../examples/event-base.ts';
import { PORTS } from './ports.ts';

const name = process.argv[2] ?? '';
const open =
  name === 'reactor' ? openReactorPorts() : name === 'simulator' ? openSimulatedPorts() : PORTS[name];
if (open === undefined) throw new Error(`no such port: ${name}`);
const faults: string[] = [];
for (const promise of portPromises) {
  try {
    await promise.check(open);
  } catch (error) {
    faults.push(`${promise.name}: ${(error as Error).message}`);
  }
}
console.log(JSON.stringify({ promises: portPromises.length, faults }));
process.exit(0);

function openReactorPorts(): () => Promise<DatagramPort> {
  const base = new NodeEventBase();
  void base.dispatch();
  return async () => joinReactor(base, await openEventSocket('127.0.0.1')).port;
}

/** Every host can reach every other; the world goes on for as long as the checks do. */
function openSimulatedPorts(): () => Promise<DatagramPort> {
  const world = new World(1);
  const ips: string[] = [];
  setInterval(() => world.run(() => false, world.nowUs + 10_000), 1);
  return () => {
    const ip = `10.0.0.${ips.length + 1}`;
    const { port } = openSimulatedPort(world, { name: ip, address: { ip, port: 4433 } });
    for (const other of ips) {
      world.addRoute(ip, other, [world.addLink(`${ip} to ${other}`, { delayUs: 1000 })]);
      world.addRoute(other, ip, [world.addLink(`${other} to ${ip}`, { delayUs: 1000 })]);
    }
    ips.push(ip);
    return Promise.resolve(port);
  };
}
