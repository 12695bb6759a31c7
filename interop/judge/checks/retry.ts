import { cameToClient, type Check, faultIf, packetsOf, sentBy } from './check.ts';

/** The client comes back with the token of the Retry, and its packet numbers go on. RFC 9000 §17.2.5.3 */
export const comesBackWithToken: Check = (captures) => {
  const tokens = cameToClient(captures, 'retry').map(({ token }) => token);
  if (tokens.length === 0) return ['the server has sent no Retry'];
  if (tokens.includes('')) return ['a Retry has no token'];
  const initials = packetsOf(sentBy(captures, 'client'), 'initial');
  let highest = -1;
  for (const { token, number, isOpened } of initials) {
    if (!isOpened) {
      if (token === '') return ['an Initial packet of the client cannot be opened'];
      // A hello in two datagrams draws two Retries. tshark takes its keys from the last one it has seen, the client from the first.
      continue;
    }
    if (token === '') highest = Math.max(highest, number);
    else if (number <= highest) return [`Initial packet ${number} with a token, ${highest} before it`];
  }
  return faultIf(
    !initials.some(({ token, isOpened }) => isOpened && tokens.includes(token)),
    'no Initial packet that can be opened has the token of the Retry',
  );
};
