/**
 * Ports of services that answer datagrams from any address: echo, quote of the day, character generator, DNS, TFTP, portmapper,
 * NTP, NetBIOS, SNMP, CLDAP, IKE, RIP, SQL Server's browser, SSDP, WS-Discovery, mDNS, LLMNR, memcached. No client sends from
 * there; a forged source address would have a server and such a service talk to each other, or have one attack the other.
 * RFC 9000 §21.5
 */
export const BLOCKED_PORTS: readonly number[] = [
  0, 7, 17, 19, 53, 69, 111, 123, 137, 138, 161, 389, 500, 520, 1434, 1900, 3702, 5353, 5355, 11211,
];
