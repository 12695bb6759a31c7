/**
 * The objects of a JSON list as tshark prints it, each as soon as it is there: a long list would not fit into one string.
 * An object that breaks off is not among them.
 */
export async function* splitRecords(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split(BETWEEN);
    rest = parts.pop()!;
    for (const part of parts) yield whole(part);
  }
  const end = rest.lastIndexOf(END);
  if (end >= 0) yield whole(rest.slice(0, end));
}

/** What the list and its separators have taken comes back. */
function whole(part: string): string {
  return `${part.slice(part.indexOf('{'))}}`;
}

/** The end of an object of the list: nothing else is indented so little. */
const END = '\n  }';
const BETWEEN = `${END},\n`;
