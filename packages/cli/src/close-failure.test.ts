import { describe, expect, test } from '@jest/globals';
import { closeFailure } from './close-failure.ts';

const ATTEMPT = {
  authority: 'example.com:443',
  serverName: 'example.com',
  alpn: 'hq-interop',
  timeoutMs: 10_000,
};

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
      'ERR_QUIC_TLS_CERTIFICATE_EXPIRED (0x12d): example.com:443: the certificate expired on 2020-01-01 (the server needs a new certificate, or this clock is wrong)',
    ],
    [
      { kind: 'transport', code: 0x130, frameType: 6, text: 'unknown issuer', remote: false },
      'ERR_QUIC_TLS_UNKNOWN_CA (0x130): example.com:443: unknown issuer (--ca FILE trusts this issuer)',
    ],
    [
      { kind: 'transport', code: 0x178, frameType: 6, text: '', remote: true },
      'ERR_QUIC_TLS_NO_APPLICATION_PROTOCOL (0x178): example.com:443 refused: no application protocol (the server does not speak hq-interop: choose another with --alpn)',
    ],
    [
      { kind: 'transport', code: 0x1ff, frameType: 0, text: '', remote: true },
      'ERR_QUIC_TLS_ALERT_255 (0x1ff): example.com:443 refused: alert 255',
    ],
    [
      { kind: 'transport', code: 0x0a, frameType: 2, text: 'bad ACK', remote: true },
      'ERR_QUIC_TRANSPORT_PROTOCOL_VIOLATION (0xa): example.com:443 refused: bad ACK',
    ],
    [
      { kind: 'application', code: 7, text: 'bye', remote: true },
      'ERR_QUIC_APPLICATION (0x7): example.com:443 closed the connection: bye',
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
