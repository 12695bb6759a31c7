// Nanoseconds of single steps of the core, each alone. Arguments: GROUP ROUNDS. Prints an object of rounds by name.
import { createNodeProvider } from '@tsquic/crypto/node';
import { MemoryLink } from './memory-link.mjs';

/** A module of the built core that its entry does not export. */
const inside = (file) => import(new URL(`../../packages/quic-core/dist/${file}.js`, import.meta.url).href);

const { ByteReader, ByteWriter } = await import('@tsquic/bytes');
const PAYLOAD_BYTES = 1350;
const CALLS = 20_000;
const GROUPS = { codec, protection, acknowledgements, reassembly, scheduler };

const [group, rounds] = process.argv.slice(2);
const found = {};
await GROUPS[group]();
console.log(JSON.stringify(found));

/** Processor time of one call, in each of the rounds. The first rounds only warm up. */
function measure(name, call, calls = CALLS) {
  const samples = [];
  for (let round = -3; round < Number(rounds); round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < calls; i++) call(i);
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) samples.push(((user + system) * 1000) / calls);
  }
  found[name] = samples;
}

async function codec() {
  const { createStreamFrame, decodeStream, encodeStreamHeader } = await inside('frame/stream');
  const { createAckFrame, decodeAck, encodeAck } = await inside('frame/ack');
  const { createPacketHeader, parseHeader } = await inside('packet/header');
  const { IntervalSet } = await inside('ranges/interval-set');
  const bytes = new Uint8Array(1500);
  const [reader, writer] = [new ByteReader(bytes), new ByteWriter(bytes)];
  measure('varint, 4 bytes: write and read', (i) => {
    writer.reset(bytes, 0, bytes.length);
    writer.varint(1_000_000 + i);
    reader.reset(bytes, 0, 4);
    reader.varint();
  });
  measure('STREAM header: write', (i) => {
    writer.reset(bytes, 0, bytes.length);
    encodeStreamHeader(writer, 4, 1_000_000 + i, 1300, false);
  });
  const frame = createStreamFrame();
  measure('STREAM: read', () => {
    reader.reset(bytes, 0, 1310);
    decodeStream(reader, reader.varint(), frame);
  });
  const ranges = new IntervalSet();
  for (let number = 0; number < 16; number++) ranges.add(1000 + number * 10, 1005 + number * 10);
  measure('ACK, 16 ranges: write', () => {
    writer.reset(bytes, 0, bytes.length);
    encodeAck(writer, ranges, 100, undefined);
  });
  const ack = createAckFrame();
  measure('ACK, 16 ranges: read', () => {
    reader.reset(bytes, 0, 200);
    decodeAck(reader, reader.varint(), ack);
  });
  const header = createPacketHeader();
  bytes[0] = 0x40;
  measure('short header: read', () => {
    reader.reset(bytes, 0, 1350);
    parseHeader(reader, 8, [], header, false);
  });
}

function protection() {
  const crypto = createNodeProvider();
  const bytes = new Uint8Array(1500);
  const end = 18 + PAYLOAD_BYTES - 16;
  for (const { aead: name } of crypto.preferredSuites) {
    const key = new Uint8Array(name === 'aes-128-gcm' ? 16 : 32).fill(1);
    const aead = crypto.createAead(name, key, new Uint8Array(12));
    measure(`${name}: seal`, (number) => aead.seal(number, bytes, 0, 18, end), 2000);
    aead.seal(7, bytes, 0, 18, end);
    const sealed = bytes.slice();
    measure(
      `${name}: copy and open`,
      () => {
        bytes.set(sealed);
        if (!aead.open(7, bytes, 0, 18, end + 16)) throw new Error('did not open');
      },
      2000,
    );
    const header = crypto.createHeaderProtection(name, key);
    measure(`${name}: mask of header protection`, (i) => header.compute(bytes, i & 63));
  }
}

/** What the sender of bulk data does with the acknowledgements of a train, for each packet acknowledged. */
async function acknowledgements() {
  const link = await MemoryLink.open({ protection: 'none', packetBytes: PAYLOAD_BYTES });
  const samples = [];
  for (let round = -10; round < Number(rounds); round++) {
    let [total, last, current, packets] = [0, 0, '', 0];
    const enter = (step) => {
      const { user, system } = process.cpuUsage();
      if (current === 'acknowledged') total += user + system - last;
      [current, last] = [step, user + system];
    };
    for (let turn = 0; turn < 200; turn++) packets += link.turn(enter);
    if (round >= 0) samples.push((total * 1000) / packets);
  }
  found['acknowledgements of a train taken, each packet'] = samples;
}

async function reassembly() {
  const { Reassembly } = await inside('streams/reassembly');
  const bytes = new Uint8Array(1400);
  const into = new Uint8Array(20 * 1400);
  // The ring keeps its memory between reads, as that of a busy stream does.
  const rings = { add: () => {} };
  let data = new Reassembly(rings);
  measure('in order: add 1350 bytes, read', () => {
    data.add(data.highest, bytes, 0, PAYLOAD_BYTES);
    data.read(into);
  });
  data = new Reassembly(rings);
  const back = (i) => {
    const at = data.readOffset + (9 - (i % 10)) * PAYLOAD_BYTES;
    data.add(at, bytes, 0, PAYLOAD_BYTES);
    if (i % 10 === 9) data.read(into);
  };
  measure('ten backwards: add 1350 bytes, read', back);
}

async function scheduler() {
  const { TurnQueue } = await inside('streams/turn-queue');
  const { WakeOrder } = await inside('context/wake-order');
  const { Turn } = await inside('connection/turn');
  for (const count of [1, 10, 1000]) {
    const queue = new TurnQueue();
    let turn = 0;
    for (let id = 0; id < count; id++)
      queue.add({ id, priority: 8, sender: { hasLost: false }, lastTurn: ++turn, rank: 0, turnAt: 0 });
    measure(`${count} streams: a turn`, () => {
      const stream = queue.first;
      stream.lastTurn = ++turn;
      queue.update(stream);
    });
    const order = new WakeOrder();
    const connections = Array.from({ length: count }, () => ({ turn: new Turn() }));
    for (const connection of connections) order.markReady(connection);
    measure(`${count} connections: a turn`, () => order.markReady(order.next(0)));
  }
}
