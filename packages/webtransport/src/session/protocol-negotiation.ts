import type { RequestHead } from '@tsquic/http3';
import { decodeString, decodeStrings, encodeString, encodeStrings } from './structured-strings.ts';

type Fields = RequestHead['fields'];

const AVAILABLE = 'wt-available-protocols';
const CHOSEN = 'wt-protocol';

/** The field that offers protocols, best first; none for an empty list. draft-ietf-webtrans-http3 §3.3 */
export function offerFields(protocols: readonly string[]): Fields {
  return protocols.length === 0 ? [] : [{ name: AVAILABLE, value: encodeStrings(protocols) }];
}

/** The protocols that a request offers; none where the field is absent or malformed. draft-ietf-webtrans-http3 §3.3 */
export function offeredProtocols(fields: Fields): readonly string[] {
  return decodeStrings(joined(fields, AVAILABLE)) ?? [];
}

/** The field that names the choice. draft-ietf-webtrans-http3 §3.3 */
export function choiceFields(protocol: string | undefined): Fields {
  return protocol === undefined ? [] : [{ name: CHOSEN, value: encodeString(protocol) }];
}

/** The protocol that a response names; undefined where the field is absent or malformed. draft-ietf-webtrans-http3 §3.3 */
export function chosenProtocol(fields: Fields): string | undefined {
  const value = joined(fields, CHOSEN);
  return value === '' ? undefined : decodeString(value);
}

/** Several lines of a field are one list. RFC 9110 §5.3 */
function joined(fields: Fields, wanted: string): string {
  return fields
    .filter(({ name }) => name === wanted)
    .map(({ value }) => value)
    .join(', ');
}
