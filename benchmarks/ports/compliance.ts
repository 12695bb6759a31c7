// Checks the promises of one port in this runtime, or the essentials: one line of JSON. Arguments: the name.
import { type Clock, type DatagramPort, nodeClock, portPromises } from '@tsquic/event-adapters';
import { joinReactor } from '@tsquic/event-adapters/reactor';
import { openSimulatedPort, World } from '@tsquic/simulator';
import { NodeEventBase, openEventSocket } from '../../examples/event-base.ts';
import { essentials } from './essentials.ts';
import { ffiPromises } from './ffi-promises.ts';
import { PORTS } from './ports.ts';

const name = process.argv[2] ?? '';
const faults: string[] = [];
process.on('warning', ({ name: kind, message }) => {
  if (kind === 'DeprecationWarning') faults.push(`deprecated: ${message}`);
});
const promises = name === 'essentials' ? essentials : name === 'pitfalls' ? ffiPromises : promisesOfPort();
for (const promise of promises) {
  try {
    await promise.check();
  } catch (error) {
    faults.push(`${promise.name}: ${(error as Error).message}`);
  }
}
console.log(JSON.stringify({ promises: promises.length, faults }));
process.exit(0);

function promisesOfPort(): readonly { readonly name: string; check(): unknown }[] {
  const { open, clock }: { open?: (() => Promise<DatagramPort>) | undefined; clock?: Clock } =
    name === 'reactor'
      ? openReactorPorts()
      : name === 'simulator'
        ? { open: openSimulatedPorts() }
        : // Deno sends nothing before the program waits: then nothing of its own can arrive while it stands still.
          { open: PORTS[name], ...('Deno' in globalThis ? {} : { clock: nodeClock }) };
  if (open === undefined) throw new Error(`no such port: ${name}`);
  return portPromises.map((promise) => ({ name: promise.name, check: () => promise.check(open, clock) }));
}

function openReactorPorts(): { open: () => Promise<DatagramPort>; clock: Clock } {
  const base = new NodeEventBase();
  void base.dispatch();
  const clock: Clock = {
    nowUs: () => base.nowUs(),
    createAlarm: (task) => {
      const timer = base.createTimerEvent(task);
      return { set: (delayUs) => timer.add(delayUs), cancel: () => timer.remove() };
    },
  };
  return { open: async () => joinReactor(base, await openEventSocket('127.0.0.1')).port, clock };
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
