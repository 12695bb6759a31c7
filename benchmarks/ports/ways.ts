import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  type Clock,
  type DatagramPort,
  nodeClock,
  QuicLoop,
  startPacketLoop,
  type PacketLoop,
} from '@tsquic/event-adapters';
import { joinReactor } from '@tsquic/event-adapters/reactor';
import { openSimulatedPort, World } from '@tsquic/simulator';
import { NodeEventBase, openEventSocket } from '../../examples/event-base.ts';
import { driveByHand } from './by-hand.ts';
import { PORTS } from './ports.ts';
import { uploadThroughThreads } from './through-threads.ts';
import { createUploadClient, createUploadServer, type UploadClient, type UploadResult } from './upload.ts';

/** Each way to join an upload to an event loop: so many bytes, both ends in this process. */
export const WAYS: Readonly<Record<string, (bytes: number) => Promise<UploadResult>>> = {
  ...Object.fromEntries(
    Object.entries(PORTS).map(([name, open]) => [
      name,
      async (bytes: number) => uploadBetween(await open(), await open(), nodeClock, bytes),
    ]),
  ),
  reactor: uploadThroughReactor,
  'packet-loop': uploadThroughPacketLoops,
  'by-hand': uploadByHand,
  threads: uploadThroughThreads,
  simulator: uploadInSimulator,
};

/** Two `QuicLoop`s. */
function uploadBetween(
  clientPort: DatagramPort,
  serverPort: DatagramPort,
  clock: Clock,
  bytes: number,
): Promise<UploadResult> {
  return new Promise((resolve, reject) => {
    let received = { bytes: 0, checksum: '' };
    const server = createUploadServer((count, checksum) => (received = { bytes: count, checksum }));
    const client = createUploadClient(bytes, (end, lostPackets) => {
      loops.forEach((loop) => loop.close());
      if (end === 'done') resolve(judge(received, client, lostPackets));
      else reject(new Error(end));
    });
    const loops = [
      new QuicLoop({ context: server.context, port: serverPort, clock, onEvent: server.onEvent }),
      new QuicLoop({ context: client.context, port: clientPort, clock, onEvent: client.onEvent }),
    ];
    client.start(serverPort.local, clock.nowUs());
    loops[1]?.flush();
  });
}

async function uploadThroughReactor(bytes: number): Promise<UploadResult> {
  const base = new NodeEventBase();
  const [client, server] = [await openEventSocket('127.0.0.1'), await openEventSocket('127.0.0.1')];
  const { port, clock } = joinReactor(base, client);
  const done = uploadBetween(port, joinReactor(base, server).port, clock, bytes);
  const dispatched = base.dispatch();
  const result = await done;
  base.stop();
  await dispatched;
  return result;
}

async function uploadThroughPacketLoops(bytes: number): Promise<UploadResult> {
  let received = { bytes: 0, checksum: '' };
  let result: UploadResult | undefined;
  const loops: PacketLoop[] = [];
  const openPort = PORTS['node']!;
  const server = createUploadServer((count, checksum) => (received = { bytes: count, checksum }));
  const client = createUploadClient(bytes, (_end, lostPackets) => {
    result = judge(received, client, lostPackets);
    for (const loop of loops) loop.stop();
  });
  for (const { context, onEvent } of [server, client])
    loops.push(await startPacketLoop({ context, onEvent, openPort }));
  client.start(loops[0]!.local, loops[1]!.nowUs());
  loops[1]!.wakeUp();
  await Promise.all(loops.map(({ ended }) => ended));
  return result!;
}

async function uploadByHand(bytes: number): Promise<UploadResult> {
  const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
  for (const socket of sockets) await once(socket.bind(0, '127.0.0.1'), 'listening');
  return new Promise((resolve) => {
    let received = { bytes: 0, checksum: '' };
    const server = createUploadServer((count, checksum) => (received = { bytes: count, checksum }));
    const client = createUploadClient(bytes, (_end, lostPackets) => {
      for (const socket of sockets) socket.close();
      resolve(judge(received, client, lostPackets));
    });
    driveByHand(server.context, sockets[0], server.onEvent);
    const turn = driveByHand(client.context, sockets[1], client.onEvent);
    client.start({ ip: '127.0.0.1', port: sockets[0].address().port }, nodeClock.nowUs());
    turn();
  });
}

/** The same loops and application, in virtual time over 10 ms and 100 Mbit/s: seconds are those of the processor. */
async function uploadInSimulator(bytes: number): Promise<UploadResult> {
  const world = new World(1);
  const client = openSimulatedPort(world, { name: 'client', address: { ip: '10.0.0.1', port: 50_000 } });
  const server = openSimulatedPort(world, { name: 'server', address: { ip: '10.0.0.2', port: 4433 } });
  for (const [from, to] of [
    ['10.0.0.1', '10.0.0.2'],
    ['10.0.0.2', '10.0.0.1'],
  ] as const)
    world.addRoute(from, to, [
      world.addLink(`${from} to ${to}`, { bytesPerSecond: 12_500_000, queueBytes: 500_000 }),
    ]);
  let result: UploadResult | undefined;
  void uploadBetween(client.port, server.port, client.clock, bytes).then((value) => (result = value));
  for (let turn = 0; result === undefined && turn < 1000; turn++) {
    world.run(() => false, world.nowUs + 100_000);
    await Promise.resolve();
  }
  if (result === undefined) throw new Error('the upload did not end in 100 virtual seconds');
  return result;
}

function judge(
  received: { readonly bytes: number; readonly checksum: string },
  client: UploadClient,
  lostPackets: number,
): UploadResult {
  const checksumOk = received.checksum === client.checksum;
  return { bytes: received.bytes, checksumOk, lostPackets, ...client.stopwatch() };
}
