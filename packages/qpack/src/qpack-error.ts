/** Error codes of QPACK, RFC 9204 §6. */
export const QpackCode = {
  DecompressionFailed: 0x200,
  EncoderStreamError: 0x201,
  DecoderStreamError: 0x202,
} as const;

/** The peer broke RFC 9204: the connection ends with `code`. */
export class QpackError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'QpackError';
    this.code = code;
  }
}
