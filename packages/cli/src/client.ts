import type { QuicConnection } from 'tsquic';
import { connect, QuicError } from 'tsquic';
import { closeReasonOf } from 'tsquic/events';
import type { ClientSettings } from './client-settings.ts';
import { type Attempt, closeFailure } from './close-failure.ts';
import { systemFailure } from './failure.ts';

/** The server to connect to, and the options for it. */
export interface Server {
  /** DNS name or numeric IP, without brackets. */
  readonly host: string;
  readonly port: number;
  /** The name that its certificate must have. */
  readonly servername: string;
}

/** Connect and complete the handshake. Rejects with a `Failure` that says what went wrong. */
export async function dial(
  server: Server,
  settings: ClientSettings,
  attempt: Attempt,
): Promise<QuicConnection> {
  try {
    return await connect({ ...settings, ...server });
  } catch (error) {
    throw connectFailure(error, server, attempt);
  }
}

function connectFailure(error: unknown, { host }: Server, attempt: Attempt): unknown {
  const reason = closeReasonOf(error);
  if (reason !== undefined) return closeFailure(reason, attempt);
  if (error instanceof QuicError) return error;
  if ((error as NodeJS.ErrnoException).syscall === 'getaddrinfo')
    return systemFailure(error, `find ${host}`, 'is the name spelled right?');
  return systemFailure(error, `reach ${attempt.authority}`);
}
