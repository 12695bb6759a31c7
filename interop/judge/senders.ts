import type { End, Place } from './capture.ts';

/** Tells the ends of a capture apart. */
export interface Senders {
  /** Who sends from one place to another. Throws an Error when neither was heard of. */
  of(from: Place, to: Place): End;
}

/** Ends are known by the server's addresses, and then by those that were seen to talk with a known one. */
export function createSenders({
  server,
  preferred,
}: {
  readonly server: Place;
  readonly preferred?: Place | undefined;
}): Senders {
  const ends = new Map<string, End>([[textOf(server), 'server']]);
  if (preferred !== undefined) ends.set(textOf(preferred), 'server');
  return {
    of(from, to) {
      const sender = ends.get(textOf(from)) ?? otherOf(ends.get(textOf(to)));
      if (sender === undefined) throw new Error(`${textOf(from)} and ${textOf(to)} are both unknown`);
      ends.set(textOf(from), sender);
      ends.set(textOf(to), otherOf(sender)!);
      return sender;
    },
  };
}

function otherOf(end: End | undefined): End | undefined {
  if (end === undefined) return undefined;
  return end === 'client' ? 'server' : 'client';
}

/** An address and port in one word. */
export function textOf({ host, port }: Place): string {
  return `${host} ${port}`;
}
