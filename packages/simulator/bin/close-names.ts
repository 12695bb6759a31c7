import { type CloseReason, TransportCode } from '@tsquic/quic-core';

/** How a connection ended, in a word or two: `local FrameEncoding`, `remote application`, `idle-timeout`. */
export function closeName(reason: CloseReason): string {
  if (reason.kind === 'application') return 'remote application';
  if (reason.kind !== 'transport') return reason.kind;
  // A peer may invent codes.
  if (reason.remote) return 'remote transport';
  return `local ${codeName(reason.code)}`;
}

function codeName(code: number): string {
  if (code > TransportCode.CryptoBase && code < TransportCode.CryptoBase + 256)
    return `TLS alert ${code - TransportCode.CryptoBase}`;
  const [name] = Object.entries(TransportCode).find(([, value]) => value === code) ?? [];
  return name ?? `0x${code.toString(16)}`;
}
