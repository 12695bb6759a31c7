import type { MessageReader } from '../message/reader.ts';
import type { MessageWriter } from '../message/writer.ts';

/** Unix time in milliseconds as eight bytes. */
export function writeTime(writer: MessageWriter, unixTimeMs: number): void {
  const whole = Math.max(0, Math.floor(unixTimeMs));
  writer.u32(Math.floor(whole / 2 ** 32));
  writer.u32(whole % 2 ** 32);
}

export function readTime(reader: MessageReader): number {
  return reader.u32() * 2 ** 32 + reader.u32();
}
