import { expect, test } from '@jest/globals';
import { alertOf, closeErrorCode, ERROR_CODES, transportCodeName, usageErrorCode } from './error-codes.ts';

test('every code is an ERR_QUIC code with a meaning', () => {
  for (const [code, meaning] of Object.entries(ERROR_CODES)) {
    expect(code).toMatch(/^ERR_QUIC_[A-Z_]+$/);
    expect(meaning).not.toBe('');
  }
});

test.each([
  [0x0, 'NO_ERROR'],
  [0x2, 'CONNECTION_REFUSED'],
  [0x10, 'NO_VIABLE_PATH'],
  [0x11, 'VERSION_NEGOTIATION_ERROR'],
  [0x12, 'transport error 0x12'],
  [0x100 + 48, 'unknown_ca'],
  [0x100 + 90, 'user_canceled'],
  [0x1ff, 'alert 255'],
  [0x200, 'transport error 0x200'],
])('transport code %i is %s', (code, name) => {
  expect(transportCodeName(code)).toBe(name);
});

test('the end of a connection and misuse have codes of the table', () => {
  const transport = { kind: 'transport', frameType: 0, text: '', remote: true } as const;
  expect(closeErrorCode({ ...transport, code: 0x130 })).toBe('ERR_QUIC_TLS_ALERT');
  expect(closeErrorCode({ ...transport, code: 2 })).toBe('ERR_QUIC_TRANSPORT');
  expect([alertOf(0xff), alertOf(0x100), alertOf(0x200)]).toEqual([undefined, 0, undefined]);
  expect(ERROR_CODES).toHaveProperty(usageErrorCode('re-entrant'));
});
