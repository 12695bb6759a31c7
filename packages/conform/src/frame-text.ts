import { decodeUtf8, toHex } from '@tsquic/bytes';
import { readFrames, type SeenFrame } from '@tsquic/adversary';
import { FrameType } from '@tsquic/quic-core/wire';
import { codeText } from './error-names.ts';

/** The frames of a payload in a few characters each; hexadecimal where they are malformed. */
export function payloadText(payload: Uint8Array): string {
  if (payload.length === 0) return 'no frames';
  try {
    const frames = readFrames(payload, 0, payload.length);
    return frames.length === 0 ? 'PADDING' : frames.map(frameText).join(' ');
  } catch {
    const shown = toHex(payload.subarray(0, SHOWN_BYTES));
    return `frames ${shown}${payload.length > SHOWN_BYTES ? '…' : ''}`;
  }
}

/** A decoded frame in a few characters. */
export function frameText({ type, values, data }: SeenFrame): string {
  const name = NAMES.get(type);
  if (type >= FrameType.Stream && type < FrameType.MaxData)
    return `STREAM ${values[0]} ${values[1]}+${data.length}${(type & 1) === 1 ? ' FIN' : ''}`;
  switch (type) {
    case FrameType.Ack:
    case FrameType.AckEcn:
      return `ACK ${values[0]}-${values[1]}${values.length > 2 ? ',…' : ''}`;
    case FrameType.Crypto:
      return `CRYPTO ${values[0]}+${data.length}`;
    case FrameType.ConnectionClose:
      return `CLOSE ${codeText(values[0]!)} ${decodeUtf8(data)}`.trimEnd();
    case FrameType.ApplicationClose:
      return `CLOSE application 0x${values[0]!.toString(16)}`;
    default:
      return `${name ?? `0x${type.toString(16)}`}${values.map((value) => ` ${value}`).join('')}`;
  }
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(FrameType).map(([name, type]) => [
    type,
    name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase(),
  ]),
);
const SHOWN_BYTES = 12;
