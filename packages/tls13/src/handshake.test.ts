import { describe, expect, test } from '@jest/globals';
import { find, outline, Pair } from '../test/handshake-pair.ts';

describe('a plain handshake', () => {
  test('completes with the events in the order QUIC needs', () => {
    const pair = new Pair().run();
    expect(outline(pair.clientEvents)).toEqual([
      'send Initial',
      'keys Handshake read',
      'keys Handshake write',
      'transport-parameters',
      'send Handshake',
      'keys Application write',
      'keys Application read',
      'complete',
    ]);
    expect(outline(pair.serverEvents)).toEqual([
      'transport-parameters',
      'send Initial',
      'keys Handshake read',
      'keys Handshake write',
      'send Handshake',
      'send Handshake',
      'send Handshake',
      'send Handshake',
      'keys Application write',
      'keys Application read',
      'complete',
    ]);
    expect(find(pair.clientEvents, 'complete')).toMatchObject({ alpn: 'echo', resumed: false });
  });
});
