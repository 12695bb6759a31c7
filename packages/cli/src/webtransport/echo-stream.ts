import { WebTransportError } from '@tsquic/webtransport';
import { Patience } from '../patience.ts';
import type { EchoHold } from './echo-hold.ts';

/** How a stream that is not echoed to its end is given up. */
export const EchoCode = {
  /** The peer takes nothing back, and the server holds as much as it may. */
  Stalled: 1,
  /** The peer allows no stream for the echo. */
  NoStream: 2,
} as const;

/** What an echo needs besides its stream. */
export interface EchoTerms {
  readonly hold: EchoHold;
  /** Milliseconds that a stream waits while the server holds as much as it may and the peer takes nothing back. */
  readonly patienceMs: number;
  /** Is called with the bytes of each chunk that comes. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Send back what comes; resolves when that is over, also by a reset, whose code is passed on. What the peer does not take back at once is
 * held, so that a peer may write before it reads. Once the hold is full, the stream is read only as far as the peer takes its echo; where
 * that does not go on, both would wait for each other, and the stream is given up.
 */
export async function echoStream(
  readable: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  { hold, patienceMs, onBytes }: EchoTerms,
): Promise<void> {
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  const giveUp = async (reason: unknown): Promise<void> => {
    await Promise.allSettled([reader.cancel(reason), writer.abort(reason)]);
  };
  let isBlocked = false;
  let taken = Promise.resolve();
  const patience = new Patience(
    patienceMs,
    () => void giveUp(stalled()),
    () => !isBlocked,
  );
  // A peer that wants no more of the echo may send nothing more either.
  writer.closed.catch((error: unknown) => reader.cancel(error)).catch(ignore);
  try {
    for (;;) {
      isBlocked = hold.isFull;
      if (isBlocked) await taken;
      isBlocked = false;
      const { value, done } = await reader.read();
      if (done) break;
      onBytes(value.length);
      const release = hold.take(value.length);
      taken = writer.write(value).finally(() => {
        release();
        patience.renew();
      });
      taken.catch(ignore);
    }
    patience.end();
    await writer.close();
  } catch (error) {
    patience.end();
    await giveUp(error);
  }
}

function stalled(): WebTransportError {
  return new WebTransportError('the peer takes nothing back', { streamErrorCode: EchoCode.Stalled });
}

/** Whoever reads or writes next is told as well. */
function ignore(): void {}
