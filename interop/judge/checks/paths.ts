import type { Captures, Datagram } from '../capture.ts';
import { textOf } from '../senders.ts';
import { type Check, faultIf, framesOf, FrameType, sentBy } from './check.ts';

/**
 * The first datagram of the server on each further path has a PATH_CHALLENGE, which the client answers. RFC 9000 §8.2, §9.3
 *
 * Two have no answer and are no fault: one that was lost, if another on its path is answered, and one that came when the client
 * had nothing more to say than CONNECTION_CLOSE.
 */
export const validatesNewPaths: Check = (captures) => {
  const sent = sentBy(captures, 'server');
  const [, ...others] = firstsOfPaths(sent);
  if (others.length === 0) return ['the server has sent on one path only'];
  const answers = new Set(sentBy(captures, 'client').flatMap((one) => dataOf(one, FrameType.pathResponse)));
  return others.flatMap((first) => {
    const where = `path ${pathText(first)}`;
    if (!first.packets.some(({ isOpened }) => isOpened))
      return [`the first datagram on ${where} cannot be opened`];
    const challenges = dataOf(first, FrameType.pathChallenge);
    const later = sent.filter((one) => pathText(one) === pathText(first));
    const isValidated = later.some((one) =>
      dataOf(one, FrameType.pathChallenge).some((data) => answers.has(data)),
    );
    return [
      ...faultIf(challenges.length === 0, `${where} begins without PATH_CHALLENGE`),
      ...challenges.flatMap((data) =>
        faultIf(
          !answers.has(data) && !(wasLost(captures, data) ? isValidated : wasLastHeard(captures, data)),
          `the PATH_CHALLENGE of ${where} was not answered`,
        ),
      ),
    ];
  });
};

function dataOf(datagram: Datagram, type: number): string[] {
  return framesOf(datagram, type).map(({ pathData }) => pathData);
}

/** Whether the client's interface has not seen a PATH_CHALLENGE. */
function wasLost({ left }: Captures, data: string): boolean {
  return !left.some((one) => dataOf(one, FrameType.pathChallenge).includes(data));
}

/** Whether the client has ended the connection before it sent anything else after a PATH_CHALLENGE. */
function wasLastHeard({ left }: Captures, data: string): boolean {
  const at = left.findIndex((one) => dataOf(one, FrameType.pathChallenge).includes(data));
  const isClosing = (one: Datagram): boolean => CLOSES.some((type) => framesOf(one, type).length > 0);
  const isOwn = ({ sender }: Datagram): boolean => sender === 'client';
  return left.some((one) => isOwn(one) && isClosing(one)) && left.slice(at).filter(isOwn).every(isClosing);
}

/** The server has sent to two IP addresses or more. */
export const meetsTwoHosts: Check = (captures) =>
  faultIf(
    new Set(sentBy(captures, 'server').map(({ to }) => to.host)).size < 2,
    'the server has seen one IP address of the client only',
  );

/** On another path, the client begins with a connection ID that it has not used before. RFC 9000 §9.5 */
export const takesNewIds: Check = (captures) => {
  const own = sentBy(captures, 'client');
  const firsts = new Set(firstsOfPaths(own).slice(1));
  const used = new Set<string>();
  return own.flatMap((datagram) => {
    const [id = ''] = idsOf(datagram);
    const isTakenAlong = firsts.has(datagram) && used.has(id);
    for (const one of idsOf(datagram)) used.add(one);
    return faultIf(isTakenAlong, `the client takes an ID along to path ${pathText(datagram)}`);
  });
};

function idsOf({ packets }: Datagram): string[] {
  return packets.map(({ destinationId }) => destinationId);
}

/** The first datagram of each path, in order. */
function firstsOfPaths(datagrams: readonly Datagram[]): Datagram[] {
  const firsts = new Map<string, Datagram>();
  for (const datagram of datagrams)
    if (!firsts.has(pathText(datagram))) firsts.set(pathText(datagram), datagram);
  return [...firsts.values()];
}

function pathText({ from, to }: Datagram): string {
  return `${textOf(from)} to ${textOf(to)}`;
}

const CLOSES = [FrameType.connectionClose, FrameType.applicationClose];
