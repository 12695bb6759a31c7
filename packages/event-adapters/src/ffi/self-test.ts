import { FfiPort } from './ffi-port.ts';
import type { NativeSystem } from './native-system.ts';
import { Errno, UdpSocket } from './udp-socket.ts';

/**
 * The system, if its structures are those that this program writes: a train with a mark goes to a socket of its own and arrives as it
 * was. Undefined otherwise, so that another kind of socket is used.
 */
export function worksOn(system: NativeSystem | undefined): NativeSystem | undefined {
  if (system === undefined) return undefined;
  let socket: UdpSocket | undefined;
  try {
    socket = UdpSocket.open(system, OPTIONS);
    system.watch(socket.fd, () => {}).close();
    return passes(socket) ? system : undefined;
  } catch {
    return undefined;
  } finally {
    socket?.close();
  }
}

function passes(socket: UdpSocket): boolean {
  const train = Uint8Array.from({ length: SEGMENT_BYTES + 100 }, (_, i) => i * 7);
  const { local, arrival } = socket;
  if (socket.send(train, 0, train.length, SEGMENT_BYTES, local, ECT_0, local) !== 0) return false;
  // Loopback delivers within the call; it does so later only when the machine has other things to do.
  let errno: number = Errno.WouldBlock;
  for (let tries = 0; tries < TRIES && errno === Errno.WouldBlock; tries++) errno = socket.receive();
  return (
    errno === 0 &&
    arrival.segmentBytes === SEGMENT_BYTES &&
    arrival.ecn === ECT_0 &&
    arrival.from.ip === local.ip &&
    arrival.from.port === local.port &&
    train.every((byte, i) => byte === arrival.bytes[i])
  );
}

/** Whether a port of this system hears of what has come, and soon. */
export async function hearsOn(system: NativeSystem): Promise<boolean> {
  let port: FfiPort | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    const opened = (port = new FfiPort(system, OPTIONS));
    const hears = await new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), PATIENCE_MS);
      opened.onDatagram = () => resolve(true);
      opened.send(Uint8Array.of(1), 0, 1, opened.local, 0);
    });
    // Where watching has turned out to be a mere timer, the next port is refused.
    new FfiPort(system, OPTIONS).close();
    return hears;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    port?.close();
  }
}

const SEGMENT_BYTES = 1200;
const ECT_0 = 2;
const OPTIONS = { local: { ip: '127.0.0.1', port: 0 }, receiveBufferBytes: 65_536, sendBufferBytes: 65_536 };
/** About 20 ms of asking. */
const TRIES = 100_000;
const PATIENCE_MS = 500;
