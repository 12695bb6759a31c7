import { appendFileSync } from 'node:fs';
import { Failure, systemFailure } from './failure.ts';

/**
 * Where `--keylog` writes TLS secrets: it appends to the named file, or to $SSLKEYLOGFILE when the option
 * stands alone; undefined without the option, even if the variable is set. Throws a `Failure` when there is
 * no file name or the file cannot be written.
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
      // When the disk is full, the log ends and the connection goes on.
      isGone = true;
    }
  };
}
