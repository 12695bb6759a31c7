import { canOpenFfiPort } from '@tsquic/event-adapters/ffi';
import { QuicError } from './errors.ts';
import type { CommonOptions } from './options.ts';

/** Throws for an option that has no effect without another one, or none in this runtime. */
export function checkTogether({ key, cert, context, passphrase, core, udp, socket }: CommonOptions): void {
  if (udp === 'ffi' && socket === undefined && !canOpenFfiPort())
    throw wrong(
      "udp: 'ffi' needs node:ffi or bun:ffi (Node from 26.9 or Bun from 1.4 on, Linux) in the main thread; leave it out to have it where it works",
    );
  if (context !== undefined) return;
  if (core?.identity === undefined && (key === undefined) !== (cert === undefined))
    throw wrong(
      `${key === undefined ? 'cert' : 'key'} needs ${key === undefined ? 'key' : 'cert'} beside it`,
    );
  if (passphrase !== undefined && key === undefined) throw wrong('passphrase needs key, which it decrypts');
}

function wrong(message: string): QuicError {
  return new QuicError('ERR_QUIC_INVALID_OPTION', message);
}
