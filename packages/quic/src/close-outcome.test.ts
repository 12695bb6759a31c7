import { describe, expect, test } from '@jest/globals';
import type { CloseReason } from '@tsquic/quic-core';
import { closeOutcome } from './close-outcome.ts';
import {
  errorCodeOf,
  QuicApplicationError,
  QuicStreamError,
  QuicTransportError,
  TlsAlertError,
} from './errors.ts';

const TRANSPORT = { kind: 'transport', code: 0x0a, frameType: 6, text: 'why', remote: true } as const;

describe('closeOutcome', () => {
  test.each<[CloseReason, object]>([
    [
      { kind: 'application', code: 7, text: 'bye', remote: true },
      {
        code: 'ERR_QUIC_APPLICATION',
        errorCode: 7,
        reason: 'bye',
        remote: true,
        name: 'QuicApplicationError',
      },
    ],
    [
      TRANSPORT,
      {
        code: 'ERR_QUIC_TRANSPORT',
        errorCode: 0x0a,
        frameType: 6,
        remote: true,
        name: 'QuicTransportError',
        message: 'the peer ended the connection: PROTOCOL_VIOLATION: why',
      },
    ],
    [
      { ...TRANSPORT, code: 0x130, remote: false },
      {
        code: 'ERR_QUIC_TLS_ALERT',
        errorCode: 0x130,
        alert: 48,
        name: 'TlsAlertError',
        message: 'this side ended the connection: unknown_ca: why',
      },
    ],
    [{ ...TRANSPORT, code: 1, cause: 'bug' }, { cause: 'bug' }],
    [{ ...TRANSPORT, code: 0x1ff, text: '' }, { message: 'the peer ended the connection: alert 255' }],
    [
      { ...TRANSPORT, code: 0x4000, text: '' },
      { message: 'the peer ended the connection: transport error 0x4000' },
    ],
    [{ kind: 'idle-timeout' }, { code: 'ERR_QUIC_IDLE_TIMEOUT' }],
    [{ kind: 'handshake-timeout' }, { code: 'ERR_QUIC_HANDSHAKE_TIMEOUT' }],
    [{ kind: 'stateless-reset' }, { code: 'ERR_QUIC_STATELESS_RESET' }],
    [{ kind: 'unreachable' }, { code: 'ERR_QUIC_CONNECTION_REFUSED' }],
    [
      { kind: 'version-negotiation', offered: [2, 0x6b3343cf] },
      { code: 'ERR_QUIC_VERSION_NEGOTIATION', message: 'the server speaks other versions: 0x2, 0x6b3343cf' },
    ],
  ])('%j', (reason, error) => {
    const outcome = closeOutcome(reason);
    expect(outcome.error).toMatchObject(error);
    expect(outcome.info === undefined).toBe(reason.kind !== 'application');
  });

  test('NO_ERROR is an end in good order', () => {
    expect(closeOutcome({ ...TRANSPORT, code: 0 }).info).toEqual({ code: 0, reason: 'why', remote: true });
  });
});

describe('errorCodeOf', () => {
  const detail = { errorCode: 9, frameType: 0, remote: true };
  test.each([
    [5, 5],
    [0, 0],
    [-1, 0],
    [1.5, 0],
    [undefined, 0],
    [null, 0],
    ['5', 0],
    [new Error('no code'), 0],
    [{ errorCode: '3' }, 0],
    [new QuicStreamError(3), 3],
    [new QuicApplicationError(4, '', true), 4],
    [new QuicTransportError('', detail), 9],
    [new TlsAlertError('', { ...detail, alert: 1 }), 9],
  ])('%p → %i', (reason, code) => {
    expect(errorCodeOf(reason)).toBe(code);
  });
});
