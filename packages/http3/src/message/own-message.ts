import { QuicUsageError } from '@tsquic/quic-core';
import type { FieldLine } from '@tsquic/qpack';
import { Http3Error } from '../errors/http3-error.ts';
import { sectionSize } from './field-rules.ts';

/** What is wrong with a section that is larger than what the peer takes; undefined for one that is not. RFC 9114 §4.2.2 */
export function tooLargeText(section: readonly FieldLine[], limit: number): string | undefined {
  const size = sectionSize(section);
  return size > limit
    ? `the fields have a size of ${size}, and the peer takes ${limit}: send fewer`
    : undefined;
}

/** What would be malformed is refused before it is sent. */
export function checkOwn(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof Http3Error) refuse(error.message);
    throw error;
  }
}

export function refuse(reason: string): never {
  throw new QuicUsageError('invalid-option', reason);
}
