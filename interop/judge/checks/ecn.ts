import { type Check, ENDS, faultIf, framesOf, FrameType, sentBy } from './check.ts';

/** Both ends mark, neither says that it met congestion, and each acknowledges the other's marks. RFC 9000 §13.4 */
export const marksEcn: Check = (captures) =>
  ENDS.flatMap((end) => {
    const own = sentBy(captures, end);
    const isCounted = own.some((datagram) => framesOf(datagram, FrameType.ackWithCounts).length > 0);
    return [
      ...faultIf(
        !own.some(({ ecn }) => ecn === ECT_0 || ecn === ECT_1),
        `the ${end} has sent no datagram with ECT`,
      ),
      ...faultIf(
        own.some(({ ecn }) => ecn === CE),
        `the ${end} has sent CE`,
      ),
      ...faultIf(!isCounted, `the ${end} has sent no ACK with ECN counts`),
    ];
  });

/** RFC 3168 §5 */
const ECT_1 = 1;
const ECT_0 = 2;
const CE = 3;
