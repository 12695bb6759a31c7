import { expect, test } from '@jest/globals';
import { fromHex } from '@tsquic/bytes';
import { decodeFrames } from '@tsquic/quic-core';
import { qlogFrame } from '../src/frames.ts';

// draft-ietf-quic-multipath-21 §4
test.each<[hex: string, shown: object]>([
  ['3e030a050101', { frame_type: 'unknown' }],
  ['3e030a050001', { frame_type: 'path_ack', path_id: 3, ack_delay: 0.04, acked_ranges: [[9, 10]] }],
  ['7e75013e', { frame_type: 'path_abandon', path_id: 1, error_code: 62 }],
  ['7e760205', { frame_type: 'path_status_backup', path_id: 2, sequence_number: 5 }],
  ['7e770206', { frame_type: 'path_status_available', path_id: 2, sequence_number: 6 }],
  [
    `7e7801020102aabb${'00'.repeat(16)}`,
    {
      frame_type: 'path_new_connection_id',
      path_id: 1,
      sequence_number: 2,
      retire_prior_to: 1,
      connection_id: 'aabb',
    },
  ],
  ['7e790102', { frame_type: 'path_retire_connection_id', path_id: 1, sequence_number: 2 }],
  ['7e7a05', { frame_type: 'max_path_id', maximum_path_id: 5 }],
  ['7e7b05', { frame_type: 'paths_blocked', maximum_path_id: 5 }],
  ['7e7c0102', { frame_type: 'path_cids_blocked', path_id: 1, next_sequence_number: 2 }],
])('a frame about paths, %s', (hex, shown) => {
  const bytes = fromHex(hex);
  const [frame] = decodeFrames(bytes, 0, bytes.length);
  expect(qlogFrame(frame!, 3, 'quic')).toMatchObject({ ...shown, raw: { length: bytes.length } });
});
