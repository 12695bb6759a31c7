import { FrameType } from './rules.ts';

const NAMES = new Map<number, string>(
  Object.entries(FrameType).map(([name, type]) => [
    type,
    name.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase(),
  ]),
);

/** The name of a frame type, for logs and reasons: `STREAM`, `MAX_DATA`, or hexadecimal when unknown. */
export function frameName(type: number): string {
  if (type >= FrameType.Stream && type < FrameType.MaxData) return 'STREAM';
  return NAMES.get(type) ?? `0x${type.toString(16)}`;
}
