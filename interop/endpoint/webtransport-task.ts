import type { Carrier } from './file-exchange.ts';
import { UnsupportedCase } from './manner.ts';

/** What a case of the runner's suite of WebTransport asks of one side. */
export interface WebTransportTask {
  /** To agree on a protocol, to answer requests, or to ask for files by a carrier. */
  readonly task: 'handshake' | 'transfer' | { readonly carrier: Carrier };
  /** Application protocols, best first. */
  readonly protocols: readonly string[];
  /** What a server asks for: the session's endpoint, a slash and the name of the file. */
  readonly names: readonly string[];
}

/**
 * Reads TESTCASE in that suite, which the runner marks by PROTOCOLS: some of its names are those of other cases. Throws `UnsupportedCase`
 * for a case that is none of this side.
 */
export function webTransportTask(
  testCase: string,
  isClient: boolean,
  { protocols, names }: Pick<WebTransportTask, 'protocols' | 'names'>,
): WebTransportTask {
  if (testCase === 'handshake' || testCase === 'transfer') return { task: testCase, protocols, names };
  const [, carrier, direction] =
    /^transfer-(unidirectional|bidirectional|datagram)-(receive|send)$/.exec(testCase) ?? [];
  // Who asks is named by the direction of the files as the client sees it.
  if (carrier === undefined || (direction === 'receive') !== isClient)
    throw new UnsupportedCase(`no case ${testCase} of WebTransport for this side`);
  return { task: { carrier: carrier as Carrier }, protocols, names };
}
