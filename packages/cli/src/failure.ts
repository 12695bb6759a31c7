/**
 * An error to report to the user: a code to search for, a sentence, and what to do. Codes are `ERR_QUIC_…`
 * when a connection ended, `ERR_TSQUIC_…` for errors of this program, and Node's (ENOENT, ENOTFOUND) for
 * errors of the system.
 */
export class Failure extends Error {
  readonly code: string;
  /** What the user can do; '' for no advice. */
  readonly advice: string;

  constructor(code: string, message: string, advice: string = '') {
    super(message);
    this.name = 'Failure';
    this.code = code;
    this.advice = advice;
  }

  /** The failure as one line of text. */
  get line(): string {
    return oneLine(`${this.code}: ${this.message}${this.advice === '' ? '' : ` (${this.advice})`}`);
  }
}

/** The failure of a system call while doing `what` ("read key.pem"). Other errors are returned unchanged. */
export function systemFailure(error: unknown, what: string, advice: string = ''): unknown {
  if (!isSystemError(error)) return error;
  const code = error.code;
  return new Failure(code, `cannot ${what}: ${SYSTEM_REASONS[code] ?? reasonOf(error.message)}`, advice);
}

/**
 * Text on one line without control characters, which text from the network may contain and a terminal would
 * obey.
 */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

/**
 * Whether it is a system error, judged by its fields: classes differ when a program runs in several realms.
 */
function isSystemError(error: unknown): error is Error & { readonly code: string } {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  return 'syscall' in error || TOO_LARGE.has(String(error.code));
}

function reasonOf(message: string): string {
  return /^[A-Z]+: ([^,]+)/.exec(message)?.[1] ?? message;
}

/** Codes of Node for files that are too large for a string. */
const TOO_LARGE = new Set(['ERR_STRING_TOO_LONG', 'ERR_FS_FILE_TOO_LARGE']);

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nobody listens there',
  EDQUOT: 'the quota is used up',
  EHOSTUNREACH: 'the host cannot be reached',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open',
  ENETUNREACH: 'the network cannot be reached',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left',
  ENOTDIR: 'not a directory',
  ENOTFOUND: 'no such host',
  EPIPE: 'nobody reads it any more',
  EROFS: 'nothing can be written there',
  ERR_FS_FILE_TOO_LARGE: 'it is too large',
  ERR_STRING_TOO_LONG: 'it is too large',
};
