// Sends datagrams through sockets of node:ffi until so many have arrived, and does on the way what could end a process. Arguments: the
// number of datagrams, in millions (default 1). One line of JSON at the end. Needs the newest Node 26.
import { Worker } from 'node:worker_threads';
import { type DatagramPort, openUdpPort } from '@tsquic/event-adapters';
import { openFfiPort } from '@tsquic/event-adapters/ffi';

const wanted = Number(process.argv[2] ?? '1') * 1e6;
const LOOPBACK = { ip: '127.0.0.1' };
const SEGMENT_BYTES = 1350;
const TRAIN = 44;
/** Datagrams that may be under way: what a receive buffer of 208 KiB holds. */
const WINDOW = 2 * TRAIN;
const counts = { datagrams: 0, lost: 0, wrong: 0, thrown: 0, unreachable: 0, workers: 0, reopened: 0 };
process.on('uncaughtException', () => counts.thrown++);

const begunMs = performance.now();
const train = new Uint8Array(TRAIN * SEGMENT_BYTES);
const residentMb: number[] = [];
while (counts.datagrams < wanted) {
  await exchange(Math.min(250_000, wanted - counts.datagrams));
  await disturb();
  globalThis.gc?.();
  residentMb.push(Math.round(process.memoryUsage.rss() / 1e6));
  console.error(`${counts.datagrams} datagrams, ${residentMb.at(-1)} MB resident`);
}
const seconds = Math.round((performance.now() - begunMs) / 1000);
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ ...counts, seconds, cpuSeconds: (user + system) / 1e6, residentMb }));

/** Trains from one socket to another, which counts, answers each train with one datagram, and now and then throws. */
async function exchange(count: number): Promise<void> {
  const [sender, receiver] = [await openFfiPort(LOOPBACK), await openFfiPort(LOOPBACK)];
  counts.reopened++;
  let [sent, heard] = [0, 0];
  const send = (): void => {
    for (; sent < count && sent - heard <= WINDOW - TRAIN; sent += TRAIN) {
      for (let at = 0; at < TRAIN; at++) train[at * SEGMENT_BYTES] = (sent + at) & 255;
      sender.sendTrain?.(train, 0, train.length, SEGMENT_BYTES, receiver.local, sent & 1 ? 1 : 2);
    }
  };
  const answer = new Uint8Array(1);
  await new Promise<void>((resolve) => {
    // A train that was lost leaves nobody to answer it.
    const watch = setInterval(() => {
      if (heard === sent) return;
      counts.lost += sent - heard;
      heard = sent;
      if (heard < count) return send();
      clearInterval(watch);
      resolve();
    }, 5000);
    sender.onDatagram = () => {
      if (heard < count) return send();
      clearInterval(watch);
      resolve();
    };
    receiver.onDatagram = (bytes, from) => {
      if (bytes.length !== SEGMENT_BYTES || bytes[0] !== (heard & 255)) counts.wrong++;
      counts.datagrams++;
      if (++heard % TRAIN === 0) receiver.send(answer, 0, 1, from, 0);
      // In the middle of a train.
      if (heard % (2000 * TRAIN) === TRAIN >> 1) throw new Error('of a handler');
    };
    send();
  });
  sender.close();
  receiver.close();
}

async function disturb(): Promise<void> {
  const gone = await openFfiPort(LOOPBACK);
  gone.close();
  const client: DatagramPort = await openFfiPort({ connect: gone.local });
  for (let round = 0; round < 10; round++) {
    const told = new Promise((resolve) => (client.onUnreachable = resolve));
    client.send(new Uint8Array(1), 0, 1, gone.local, 0);
    await told;
    counts.unreachable++;
  }
  client.close();
  const ended = new URL('ffi-programs.ts', import.meta.url);
  const worker = new Worker(ended, { argv: ['in-worker'], workerData: 'terminate' });
  await new Promise((resolve) => worker.on('message', resolve));
  await worker.terminate();
  counts.workers++;
  for (let count = 0; count < 100; count++) (await openUdpPort(LOOPBACK)).close();
}
