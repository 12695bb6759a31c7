import { type CloseReason, transportCodeName } from '@tsquic/quic-core';

/** How a connection ended, in a word or two: `local FRAME_ENCODING_ERROR`, `remote application`, `local application 0x107`, `idle-timeout`. */
export function closeName(reason: CloseReason): string {
  if (reason.kind === 'application')
    return reason.remote ? 'remote application' : `local application 0x${reason.code.toString(16)}`;
  if (reason.kind !== 'transport') return reason.kind;
  // A peer may invent codes.
  if (reason.remote) return 'remote transport';
  return `local ${transportCodeName(reason.code)}`;
}
