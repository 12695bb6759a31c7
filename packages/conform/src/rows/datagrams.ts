import { frame } from '@tsquic/adversary';
import { TransportCode as Code } from '@tsquic/quic-core';
import { FrameType as Type } from '@tsquic/quic-core/wire';
import { Inconclusive } from '../script.ts';
import type { Row } from '../row.ts';
import { type FrameRow, frameRows } from './frame-row.ts';

/** A packet of this size still fits into a datagram of 1350 bytes. */
const LARGEST_FRAME = 1250;

const DATAGRAMS: readonly FrameRow[] = [
  {
    name: 'datagram-that-nobody-takes',
    section: 'RFC 9221 §3',
    ids: ['rfc9221-3-3'],
    sends: 'DATAGRAM to one that did not say it takes any',
    asks: 'PROTOCOL_VIOLATION, or FRAME_ENCODING_ERROR of one that knows no datagrams (RFC 9000 §12.4)',
    payloads: ({ talk }) => {
      const { maxDatagramFrameSize } = talk.parameters;
      if (maxDatagramFrameSize > 0)
        throw new Inconclusive(`it takes DATAGRAM frames of ${maxDatagramFrameSize} bytes`);
      return [frame(Type.DatagramWithLength, [8], new Uint8Array(8))];
    },
    codes: [Code.ProtocolViolation, Code.FrameEncoding],
  },
  {
    name: 'datagram-too-large',
    section: 'RFC 9221 §3',
    ids: ['rfc9221-3-4'],
    sends: 'DATAGRAM a byte larger than max_datagram_frame_size',
    asks: 'PROTOCOL_VIOLATION',
    payloads: ({ talk }) => {
      const { maxDatagramFrameSize } = talk.parameters;
      if (maxDatagramFrameSize === 0) throw new Inconclusive('it takes no DATAGRAM frames');
      if (maxDatagramFrameSize > LARGEST_FRAME)
        throw new Inconclusive(
          `it takes DATAGRAM frames of ${maxDatagramFrameSize} bytes, more than a packet holds`,
        );
      return [frame(Type.Datagram, [], new Uint8Array(maxDatagramFrameSize))];
    },
    codes: [Code.ProtocolViolation],
  },
];

/** Datagrams. RFC 9221 */
export const DATAGRAM_ROWS: readonly Row[] = frameRows(DATAGRAMS);
