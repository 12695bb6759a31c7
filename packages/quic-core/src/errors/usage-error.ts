/** What was wrong with a call. */
export type UsageCode =
  | 'invalid-option'
  | 'buffer-too-small'
  | 'context-freed'
  | 're-entrant'
  | 'not-connected'
  | 'not-a-client'
  | 'no-certificate'
  | 'no-early-data-use'
  | 'not-writable'
  | 'not-readable'
  | 'no-server-certificate'
  | 'no-certificate-check'
  | 'too-many-connections';

/** The application called us wrongly. Thrown to the caller at once; connections are unharmed. */
export class QuicUsageError extends Error {
  readonly code: UsageCode;

  constructor(code: UsageCode, message: string) {
    super(message);
    this.name = 'QuicUsageError';
    this.code = code;
  }
}
