import { appendFileSync } from 'node:fs';
import { Failure, systemFailure } from './failure.ts';

/**
 * Where `--keylog` sends TLS secrets: appended to the file named, or to $SSLKEYLOGFILE when the option stands
 * alone; undefined without the option. The environment alone never turns it on. Throws a `Failure` when there is no
 * file or it cannot be written.
 */
export function keyLogFor(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): ((line: string) => void) | undefined {
  if (option === undefined) return undefined;
  const path = option === '' ? environment['SSLKEYLOGFILE'] : option;
  if (path === undefined || path === '') {
    throw new Failure(
      'ERR_TSQUIC_KEYLOG',
      '--keylog without a file, and SSLKEYLOGFILE is not set',
      'use --keylog FILE',
    );
  }
  try {
    appendFileSync(path, '', { mode: 0o600 });
  } catch (error) {
    throw systemFailure(error, `write ${path}`);
  }
  let isGone = false;
  return (line) => {
    if (isGone) return;
    try {
      appendFileSync(path, `${line}\n`, { mode: 0o600 });
    } catch {
      // A disk that is full ends the file, and not the connection.
      isGone = true;
    }
  };
}
