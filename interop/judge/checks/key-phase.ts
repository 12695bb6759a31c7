import { type Check, ENDS, faultIf, packetsOf, sentBy } from './check.ts';

/** Both ends have sent packets under the second keys. RFC 9001 §6 */
export const updatesKeys: Check = (captures) =>
  ENDS.flatMap((end) =>
    faultIf(
      // In a packet that stays closed, the bit is noise.
      !packetsOf(sentBy(captures, end), '1-RTT').some(({ isOpened, keyPhase }) => isOpened && keyPhase === 1),
      `no packet of the ${end} has key phase 1`,
    ),
  );
