import { TRANSPORT_CODE_NAMES } from '@tsquic/quic-core/wire';

/** An error code by its name, or by its number: 'FLOW_CONTROL_ERROR', 'CRYPTO_ERROR 0x178'. RFC 9000 §20.1 */
export function codeText(code: number): string {
  const name = TRANSPORT_CODE_NAMES[code];
  if (name !== undefined) return name;
  const hex = `0x${code.toString(16)}`;
  return code >= 0x100 && code < 0x200 ? `CRYPTO_ERROR ${hex}` : hex;
}
