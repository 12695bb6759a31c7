import type { Row, Subject } from './row.ts';
import { BASIC_ROWS } from './rows/basics.ts';
import { CLIENT_BEGINNING_ROWS } from './rows/client-beginnings.ts';
import { ID_ROWS } from './rows/connection-ids.ts';
import { DATAGRAM_ROWS } from './rows/datagrams.ts';
import { EARLY_DATA_ROWS } from './rows/early-data.ts';
import { ENCODING_ROWS } from './rows/encodings.ts';
import { ENDING_ROWS } from './rows/endings.ts';
import { FIRST_PACKET_ROWS } from './rows/first-packets.ts';
import { FLOW_ROWS } from './rows/flow.ts';
import { KEY_ROWS } from './rows/keys.ts';
import { PARAMETER_ROWS } from './rows/parameters.ts';
import { PATH_ROWS } from './rows/paths.ts';
import { PLACE_ROWS } from './rows/places.ts';
import { STREAM_ROWS } from './rows/streams.ts';
import { TLS_ROWS } from './rows/tls.ts';
import { TOKEN_ROWS } from './rows/tokens.ts';
import { VERSION_ROWS } from './rows/versions.ts';

/** Every row, the handshake first. */
export const ROWS: readonly Row[] = [
  ...BASIC_ROWS,
  ...VERSION_ROWS,
  ...FIRST_PACKET_ROWS,
  ...TOKEN_ROWS,
  ...CLIENT_BEGINNING_ROWS,
  ...PARAMETER_ROWS,
  ...TLS_ROWS,
  ...EARLY_DATA_ROWS,
  ...KEY_ROWS,
  ...PLACE_ROWS,
  ...ENCODING_ROWS,
  ...FLOW_ROWS,
  ...STREAM_ROWS,
  ...ID_ROWS,
  ...DATAGRAM_ROWS,
  ...PATH_ROWS,
  ...ENDING_ROWS,
];

/**
 * The rows that test a subject, of those whose name, section or requirement contains `pattern`; it ignores case.
 * Default: all.
 */
export function rowsFor(subject: Subject, pattern: string = ''): readonly Row[] {
  const wanted = pattern.toLowerCase();
  return ROWS.filter(
    (row) =>
      row.subject === subject &&
      [row.name, row.section, ...row.ids].some((text) => text.toLowerCase().includes(wanted)),
  );
}
