/**
 * Command line flags in order: a text or number follows its name, `true` stands alone,
 * `false` and `undefined` are left out.
 */
export function flags(
  values: Readonly<Record<string, string | number | boolean | undefined>>,
  prefix = '--',
): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? [`${prefix}${name}`] : [`${prefix}${name}`, String(value)];
  });
}
