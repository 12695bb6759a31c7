import { describe, expect, test } from '@jest/globals';
import { type CloseReason, ERROR_CODES } from '@tsquic/quic-core';
import { closeFailure } from './close-failure.ts';

const ATTEMPT = {
  authority: 'example.com:443',
  serverName: 'example.com',
  alpn: 'hq-interop',
  timeoutMs: 10_000,
  stallMs: 15_000,
};

test('the codes are those of the library', () => {
  const reasons: CloseReason[] = [
    { kind: 'transport', code: 0x130, frameType: 6, text: '', remote: true },
    { kind: 'transport', code: 0xa, frameType: 6, text: '', remote: true },
    { kind: 'application', code: 1, text: '', remote: true },
    { kind: 'idle-timeout' },
    { kind: 'handshake-timeout' },
    { kind: 'stateless-reset' },
    { kind: 'unreachable' },
    { kind: 'version-negotiation', offered: [] },
  ];
  for (const reason of reasons) expect(ERROR_CODES).toHaveProperty(closeFailure(reason, ATTEMPT).code);
});

describe('a close reason in one line', () => {
  test.each([
    [
      {
        kind: 'transport',
        code: 0x12d,
        frameType: 6,
        text: 'the certificate expired on 2020-01-01',
        remote: false,
      },
      'ERR_QUIC_TLS_ALERT: example.com:443: certificate_expired (0x12d): the certificate expired on 2020-01-01',
    ],
    [
      { kind: 'transport', code: 0x130, frameType: 6, text: 'unknown issuer', remote: false },
      'ERR_QUIC_TLS_ALERT: example.com:443: unknown_ca (0x130): unknown issuer',
    ],
    [
      { kind: 'transport', code: 0x178, frameType: 6, text: '', remote: true },
      'ERR_QUIC_TLS_ALERT: example.com:443 refused: no_application_protocol (0x178) (the server does not speak hq-interop: choose another with --alpn)',
    ],
    [
      { kind: 'transport', code: 0x1ff, frameType: 0, text: '', remote: true },
      'ERR_QUIC_TLS_ALERT: example.com:443 refused: alert 255 (0x1ff)',
    ],
    [
      { kind: 'transport', code: 0x0a, frameType: 2, text: 'bad ACK', remote: true },
      'ERR_QUIC_TRANSPORT: example.com:443 refused: PROTOCOL_VIOLATION (0xa): bad ACK',
    ],
    [
      { kind: 'application', code: 7, text: 'bye', remote: true },
      'ERR_QUIC_APPLICATION: example.com:443 closed the connection with 0x7: bye',
    ],
    [{ kind: 'idle-timeout' }, 'ERR_QUIC_IDLE_TIMEOUT: example.com:443 has gone silent'],
    [
      { kind: 'handshake-timeout' },
      'ERR_QUIC_HANDSHAKE_TIMEOUT: example.com:443 did not answer within 10 s (does it speak QUIC there, and do firewalls pass UDP?)',
    ],
    [
      { kind: 'unreachable' },
      'ERR_QUIC_CONNECTION_REFUSED: nobody listens at example.com:443 (is the UDP port right?)',
    ],
    [
      { kind: 'stateless-reset' },
      'ERR_QUIC_STATELESS_RESET: example.com:443 has forgotten the connection (it may have restarted)',
    ],
    [
      { kind: 'version-negotiation', offered: [0x6b3343cf, 0x1a2a3a4a] },
      'ERR_QUIC_VERSION_NEGOTIATION: example.com:443 speaks other versions of QUIC: 0x6b3343cf, 0x1a2a3a4a',
    ],
  ] as const)('%j', (reason, line) => {
    expect(closeFailure(reason, ATTEMPT).line).toBe(line);
  });
});
