import type { FieldLine } from '@tsquic/qpack';
import { malformed } from '../errors/http3-error.ts';
import { takeApart } from './field-rules.ts';

/** Control data and header fields of a response. RFC 9114 §4.3.2 */
export interface ResponseHead {
  /** 100 to 599. */
  readonly status: number;
  readonly fields: readonly FieldLine[];
}

/** The head of a response. Throws H3_MESSAGE_ERROR for one that is malformed; 101 is, RFC 9114 §4.5. */
export function decodeResponseHead(section: readonly FieldLine[]): ResponseHead {
  const { pseudo, fields } = takeApart(section, 'response', [':status']);
  const status = pseudo.get(':status') ?? '';
  if (!/^[1-9]\d\d$/.test(status) || status === '101') throw malformed("':status' is missing or invalid");
  return { status: Number(status), fields };
}

/** The section of a response. */
export function encodeResponseHead({ status, fields }: ResponseHead): FieldLine[] {
  return [{ name: ':status', value: String(status) }, ...fields];
}

/** Whether a final response follows. RFC 9110 §15.2 */
export function isInterim(status: number): boolean {
  return status < 200;
}

/** Whether a response to this method has no content, whatever it says. RFC 9110 §6.4.1 */
export function hasNoContent(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}
