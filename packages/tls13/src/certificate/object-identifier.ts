/** The content of an OBJECT IDENTIFIER as text: '2.5.29.17'. X.690 §8.19 */
export function describeIdentifier(content: Uint8Array): string {
  if (content.length === 0 || content.length > 24) return `an identifier of ${content.length} bytes`;
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(arc / 40));
      arcs.push(first, arc - 40 * first);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}
