import { expect, test } from '@jest/globals';
import { WebTransportError } from '@tsquic/webtransport';
import { EchoHold } from './echo-hold.ts';
import { EchoCode, echoStream } from './echo-stream.ts';

/** A peer that writes without end, and takes back what it is told to. */
class Peer {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  sent = 0;
  taken = 0;
  stoppedWith: unknown = undefined;
  resetWith: unknown = undefined;
  private allowed = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(chunks: number, chunkBytes: number) {
    this.readable = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (this.sent === chunks) return controller.close();
          this.sent++;
          controller.enqueue(new Uint8Array(chunkBytes));
        },
        cancel: (reason) => {
          this.stoppedWith = reason;
        },
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        // As a stream of a session, it hears of the end of what waits.
        const { signal } = controller as WritableStreamDefaultController & { readonly signal: AbortSignal };
        signal.addEventListener('abort', () => this.allow(Infinity));
      },
      write: async () => {
        while (this.allowed === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
        this.allowed--;
        this.taken++;
      },
      abort: (reason) => {
        this.resetWith = reason;
      },
    });
  }

  /** Take so many chunks more. */
  allow(chunks: number): void {
    this.allowed += chunks;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

const terms = (hold: EchoHold, patienceMs = 600_000): Parameters<typeof echoStream>[2] => ({
  ...{ hold, patienceMs },
  onBytes: () => {},
});

/** Whatever can be done without time has been done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('what the peer does not take back is held up to the bound of the server, and then not read', async () => {
  const peer = new Peer(100, 1000);
  const hold = new EchoHold(5000);
  const over = echoStream(peer.readable, peer.writable, terms(hold));
  await settled();
  // Each counts 1512 bytes: the fourth one fills it.
  expect(peer.sent).toBe(4);
  // Another stream may hold one chunk, and no more.
  const other = new Peer(100, 1000);
  const otherOver = echoStream(other.readable, other.writable, terms(hold));
  await settled();
  expect(other.sent).toBe(1);
  other.allow(10);
  await settled();
  expect([other.taken, other.sent]).toEqual([10, 11]);
  for (const each of [peer, other]) each.allow(Infinity);
  await Promise.all([over, otherOver]);
  expect([peer.taken, other.taken, hold.isFull]).toEqual([100, 100, false]);
});

test('chunks of a byte are bounded by what they cost', async () => {
  const peer = new Peer(100_000, 1);
  const over = echoStream(peer.readable, peer.writable, terms(new EchoHold(10_000)));
  await settled();
  expect(peer.sent).toBe(20);
  peer.allow(Infinity);
  await over;
  expect(peer.taken).toBe(100_000);
});

test('a stream is given up when both sides wait for each other', async () => {
  const peer = new Peer(100, 1000);
  const hold = new EchoHold(3000);
  await echoStream(peer.readable, peer.writable, terms(hold, 10));
  expect(peer.stoppedWith).toMatchObject({ streamErrorCode: EchoCode.Stalled });
  expect(peer.resetWith).toMatchObject({ streamErrorCode: EchoCode.Stalled });
  expect([peer.sent, hold.isFull]).toEqual([2, false]);
});

test('while there is room, a peer may take its time', async () => {
  const peer = new Peer(2, 1000);
  const over = echoStream(peer.readable, peer.writable, terms(new EchoHold(1e6), 10));
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect([peer.stoppedWith, peer.resetWith]).toEqual([undefined, undefined]);
  peer.allow(2);
  await over;
  expect(peer.taken).toBe(2);
});

test('a peer that wants no more of the echo is asked for no more', async () => {
  let fail: (error: unknown) => void = () => {};
  let stoppedWith: unknown;
  const readable = new ReadableStream<Uint8Array>(
    {
      cancel: (reason) => {
        stoppedWith = reason;
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    start: (controller) => {
      fail = (error) => controller.error(error);
    },
  });
  const over = echoStream(readable, writable, terms(new EchoHold()));
  const stopped = new WebTransportError('stopped', { streamErrorCode: 9 });
  fail(stopped);
  await over;
  expect(stoppedWith).toBe(stopped);
});
