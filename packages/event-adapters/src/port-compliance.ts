import type { Clock } from './clock.ts';
import type { DatagramPort } from './datagram-port.ts';

/** One requirement for a `DatagramPort`, as a test for any test runner. */
export interface PortPromise {
  readonly name: string;
  /**
   * Rejects with an Error when a port from `open` does not meet the requirement. `open` binds to a loopback
   * address. `clock` drives a loop together with these ports, if it passes by itself; requirements about it
   * are skipped without it.
   */
  check(open: () => Promise<DatagramPort>, clock?: Clock): Promise<void>;
}

/** The requirements for every port: run each with a factory of ports. */
export const portPromises: readonly PortPromise[] = [
  { name: 'a reused buffer arrives as it was at each send, in call order', check: bufferIsFreeOnReturn },
  { name: 'a slice of the buffer is one datagram', check: sendsSlices },
  { name: 'a train arrives as the datagrams that it is made of', check: sendsTrains },
  { name: 'a datagram tells the address to answer to', check: tellsTheSender },
  { name: 'nothing arrives from inside send', check: deliversLater },
  { name: 'a burst leaves in call order, what is lost apart', check: keepsOrder },
  {
    name: 'after a pause of the program, what has arrived is read before alarms go off',
    check: readsBeforeAlarms,
  },
  { name: 'a peer that is gone takes no datagram of another one with it', check: keepsPeersApart },
  { name: 'what was sent before close arrives', check: sendsBeforeClosing },
  { name: 'a closed port neither sends nor receives nor throws', check: closes },
];

async function bufferIsFreeOnReturn(open: () => Promise<DatagramPort>): Promise<void> {
  await withPorts(open, async (sender, receiver) => {
    const arrived = collect(receiver, 20);
    const buffer = new Uint8Array(1200);
    for (let value = 0; value < 20; value++) {
      buffer.fill(value);
      sender.send(buffer, 0, buffer.length, receiver.local, 0);
    }
    buffer.fill(255);
    const datagrams = await arrived;
    datagrams.forEach(({ bytes }, index) => {
      const whole = bytes.length === 1200 && bytes.every((byte) => byte === index);
      if (!whole) throw new Error(`datagram ${index} arrived as ${bytes.length} bytes of ${bytes[0]}`);
    });
  });
}

async function sendsSlices(open: () => Promise<DatagramPort>): Promise<void> {
  await withPorts(open, async (sender, receiver) => {
    const arrived = collect(receiver, 2);
    const train = Uint8Array.from({ length: 2000 }, (_, index) => (index < 1200 ? 1 : 2));
    sender.send(train, 0, 1200, receiver.local, 0);
    sender.send(train, 1200, 2000, receiver.local, 0);
    const lengths = (await arrived).map(({ bytes }) => bytes.filter((byte) => byte === bytes[0]).length);
    if (lengths[0] !== 1200 || lengths[1] !== 800) throw new Error(`slices arrived as ${lengths.join(', ')}`);
  });
}

/**
 * As `prepareNextPacket` makes them: datagrams of one size in one buffer, which is overwritten at once, and a
 * shorter last one.
 */
async function sendsTrains(open: () => Promise<DatagramPort>): Promise<void> {
  await withPorts(open, async (sender, receiver) => {
    const arrived = collect(receiver, TRAIN_DATAGRAMS);
    const buffer = new Uint8Array(TRAIN_DATAGRAMS * TRAIN_SEGMENT_BYTES - 700);
    for (let index = 0; index < TRAIN_DATAGRAMS; index++)
      buffer.fill(index, index * TRAIN_SEGMENT_BYTES, (index + 1) * TRAIN_SEGMENT_BYTES);
    for (let start = 0; start < buffer.length; start += TRAIN_SEGMENT_BYTES)
      sender.send(buffer, start, Math.min(start + TRAIN_SEGMENT_BYTES, buffer.length), receiver.local, 0);
    buffer.fill(0xff);
    const datagrams = (await arrived).toSorted((a, b) => a.bytes[0]! - b.bytes[0]!);
    datagrams.forEach(({ bytes }, index) => {
      const length = index === TRAIN_DATAGRAMS - 1 ? TRAIN_SEGMENT_BYTES - 700 : TRAIN_SEGMENT_BYTES;
      if (bytes.length !== length || !bytes.every((byte) => byte === index))
        throw new Error(`datagram ${index} of a train arrived as ${bytes.length} bytes of ${bytes[0]}`);
    });
  });
}

const TRAIN_DATAGRAMS = 20;
const TRAIN_SEGMENT_BYTES = 1452;

async function tellsTheSender(open: () => Promise<DatagramPort>): Promise<void> {
  await withPorts(open, async (sender, receiver) => {
    const arrived = collect(receiver, 2);
    sender.send(new Uint8Array(1200), 0, 1200, receiver.local, 0);
    sender.send(new Uint8Array(1200), 0, 1200, receiver.local, 0);
    const [first, second] = await arrived;
    if (first?.from.ip !== sender.local.ip || first.from.port !== sender.local.port) {
      throw new Error(
        `${sender.local.ip}:${sender.local.port} arrived as ${first?.from.ip}:${first?.from.port}`,
      );
    }
    if (first.from !== second?.from) throw new Error('one sender has two Address objects');
  });
}

async function deliversLater(open: () => Promise<DatagramPort>): Promise<void> {
  await withPorts(open, async (sender, receiver) => {
    let sending = false;
    let nested = false;
    const arrived = collect(receiver, 10, () => (nested ||= sending));
    sending = true;
    for (let index = 0; index < 10; index++) sender.send(new Uint8Array(1200), 0, 1200, receiver.local, 0);
    sending = false;
    await arrived;
    if (nested) throw new Error('onDatagram ran inside send');
  });
}

async function keepsOrder(open: () => Promise<DatagramPort>): Promise<void> {
  await withPorts(open, async (sender, receiver) => {
    const arrived: number[] = [];
    receiver.onDatagram = (bytes) => arrived.push(bytes[0]! * 256 + bytes[1]!);
    const buffer = new Uint8Array(1200);
    for (let index = 0; index < BURST; index++) {
      buffer.set([index >> 8, index & 255]);
      sender.send(buffer, 0, buffer.length, receiver.local, 0);
    }
    for (let waitedMs = 0; waitedMs < WAIT_MS && arrived.at(-1) !== BURST - 1; waitedMs += 10) {
      const before = arrived.length;
      await pause(10);
      if (arrived.length === before && waitedMs > QUIET_MS) break;
    }
    const late = arrived.findIndex((index, at) => at > 0 && index <= arrived[at - 1]!);
    if (late >= 0) throw new Error(`datagram ${arrived[late]} arrived after ${arrived[late - 1]}`);
    if (arrived.length < BURST / 8) throw new Error(`${arrived.length} of ${BURST} datagrams arrived`);
  });
}

/**
 * After a pause, an alarm must not fire before the datagrams that arrived in it are read: `QuicLoop` relies
 * on one turn of reading.
 */
async function readsBeforeAlarms(open: () => Promise<DatagramPort>, clock?: Clock): Promise<void> {
  if (clock === undefined) return;
  await withPorts(open, async (sender, receiver) => {
    let late = 0;
    for (let round = 0; round < PAUSES; round++) {
      let isHere = false;
      const arrived = collect(receiver, 1, () => (isHere = true));
      const rang = new Promise<boolean>((resolve) => {
        clock.createAlarm(() => resolve(isHere)).set(PAUSE_US / 4);
      });
      sender.send(new Uint8Array(1200), 0, 1200, receiver.local, 0);
      // Ports may send at the end of their turn.
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      for (const endUs = clock.nowUs() + PAUSE_US; clock.nowUs() < endUs;);
      if (!(await rang)) late++;
      await arrived;
    }
    if (late > 0) throw new Error(`${late} of ${PAUSES} datagrams were read after the alarm`);
  });
}

/** Some systems report an ICMP message by the next call, whomever that sends to. */
async function keepsPeersApart(open: () => Promise<DatagramPort>): Promise<void> {
  const gone = await open();
  gone.close();
  await withPorts(open, async (sender, receiver) => {
    const bytes = new Uint8Array(1200);
    for (let round = 0; round < ICMP_ROUNDS; round++) {
      const arrived = collect(receiver, 2);
      sender.send(bytes, 0, bytes.length, gone.local, 0);
      // Ports may send at the end of their turn: the message comes before the next datagram, or between two of one turn.
      if (round % 2 === 0) await pause(1);
      bytes[0] = round;
      for (let count = 0; count < 2; count++) sender.send(bytes, 0, bytes.length, receiver.local, 0);
      if ((await arrived).some((one) => one.bytes[0] !== round || one.bytes.length !== bytes.length))
        throw new Error('a datagram arrived otherwise than it was sent');
    }
  });
}

async function sendsBeforeClosing(open: () => Promise<DatagramPort>): Promise<void> {
  await withPorts(open, async (sender, receiver) => {
    const arrived = collect(receiver, 5);
    for (let index = 0; index < 5; index++) sender.send(new Uint8Array(1200), 0, 1200, receiver.local, 0);
    sender.close();
    await arrived;
  });
}

async function closes(open: () => Promise<DatagramPort>): Promise<void> {
  const [sender, receiver] = [await open(), await open()];
  let arrived = 0;
  receiver.onDatagram = () => arrived++;
  receiver.close();
  sender.send(new Uint8Array(1200), 0, 1200, receiver.local, 0);
  receiver.send(new Uint8Array(1200), 0, 1200, sender.local, 0);
  sender.onDatagram = () => arrived++;
  await pause(20);
  sender.close();
  sender.send(new Uint8Array(1200), 0, 1200, receiver.local, 0);
  sender.close();
  if (arrived > 0) throw new Error('a datagram came through a closed port');
}

async function withPorts(
  open: () => Promise<DatagramPort>,
  use: (sender: DatagramPort, receiver: DatagramPort) => Promise<void>,
): Promise<void> {
  const [sender, receiver] = [await open(), await open()];
  try {
    await use(sender, receiver);
  } finally {
    sender.close();
    receiver.close();
  }
}

interface Arrival {
  readonly bytes: Uint8Array;
  readonly from: DatagramPort['local'];
}

function collect(port: DatagramPort, count: number, onEach: () => void = () => {}): Promise<Arrival[]> {
  return new Promise((resolve, reject) => {
    const arrivals: Arrival[] = [];
    const timer = setTimeout(
      () => reject(new Error(`${arrivals.length} of ${count} datagrams arrived`)),
      WAIT_MS,
    );
    port.onDatagram = (bytes, from) => {
      onEach();
      arrivals.push({ bytes: bytes.slice(), from });
      if (arrivals.length < count) return;
      clearTimeout(timer);
      resolve(arrivals);
    };
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const WAIT_MS = 2000;
const QUIET_MS = 200;
const BURST = 300;
const ICMP_ROUNDS = 6;
const PAUSES = 10;
const PAUSE_US = 20_000;
