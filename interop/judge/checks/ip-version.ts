import { type Check, faultIf } from './check.ts';

export const staysOnIpv6: Check = ({ left, right }) =>
  faultIf(
    [...left, ...right].some(({ isIpv6 }) => !isIpv6),
    'a datagram was sent over IPv4',
  );
