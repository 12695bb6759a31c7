import { type FieldKind, FRAMES, type FieldTable, RAW } from './draft-table.ts';

/** What is wrong with the data of an event, by the table of its fields. */
export function faultsOf(
  where: string,
  table: FieldTable,
  data: Readonly<Record<string, unknown>>,
): string[] {
  const faults: string[] = [];
  for (const key of Object.keys(table)) {
    if (key.endsWith('!') && !(key.slice(0, -1) in data)) faults.push(`${where} without ${key}`);
  }
  for (const [key, value] of Object.entries(data)) {
    const kind = table[key] ?? table[`${key}!`];
    if (kind === undefined) faults.push(`${where} has ${key}`);
    else faults.push(...kindFaults(`${where}.${key}`, kind, value));
  }
  return faults;
}

function kindFaults(where: string, kind: FieldKind, value: unknown): string[] {
  if (kind === 'frame') return frameFaults(value as Readonly<Record<string, unknown>>);
  if (typeof kind === 'object' && 'fields' in kind) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? faultsOf(where, kind.fields, value as Readonly<Record<string, unknown>>) : [where];
  }
  if (typeof kind === 'object' && 'listOf' in kind) {
    if (!Array.isArray(value)) return [`${where} is no list`];
    return value.flatMap((one) => kindFaults(`${where}[]`, kind.listOf, one));
  }
  return isKind(kind, value) ? [] : [`${where}: ${JSON.stringify(value)}`];
}

function isKind(
  kind: Exclude<FieldKind, 'frame' | { fields: unknown } | { listOf: unknown }>,
  value: unknown,
): boolean {
  if (kind instanceof RegExp) return typeof value === 'string' && kind.test(value);
  if (typeof kind !== 'string') return kind.includes(value as string);
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'hex':
      return typeof value === 'string' && /^([0-9a-f]{2})*$/.test(value);
    case 'uint':
      return Number.isInteger(value) && (value as number) >= 0;
    case 'number':
      return typeof value === 'number' && value >= 0;
    case 'bool':
      return typeof value === 'boolean';
    case 'range': {
      const [first, last = first, ...others] = value as readonly number[];
      return isKind('uint', first) && isKind('uint', last) && first! <= last! && others.length === 0;
    }
  }
}

function frameFaults({ frame_type, ...fields }: Readonly<Record<string, unknown>>): string[] {
  const table = FRAMES[frame_type as string];
  if (table === undefined) return [`${String(frame_type)} is no frame`];
  return faultsOf(`frame ${String(frame_type)}`, { raw: RAW, ...table }, fields);
}
