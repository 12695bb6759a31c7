/** A value as Web IDL converts it where a number is expected, whatever a program without types passes. */
export function numberFrom(value: unknown): number {
  return Number(value);
}

/** The same for a string. */
export function stringFrom(value: unknown): string {
  return String(value);
}
