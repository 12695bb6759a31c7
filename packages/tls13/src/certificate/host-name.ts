import { dnsNameOf, type GeneralName, NameForm } from './general-name.ts';
import { parseIpAddress } from './ip-address.ts';
import { sameBytes } from './outline.ts';

/**
 * Whether one of a certificate's subjectAltNames is `host`, a DNS name or a numeric IP address.
 * The common name does not count. RFC 9525 §6
 */
export function matchesHost(names: readonly GeneralName[], host: string): boolean {
  const address = parseIpAddress(host);
  if (address !== undefined) {
    return names.some((name) => name.form === NameForm.Ip && sameBytes(name.value, address));
  }
  const wanted = host.toLowerCase().replace(/\.$/, '');
  if (!HOST_NAME.test(wanted)) return false;
  return names.some(
    (name) =>
      name.form === NameForm.Dns &&
      // A longer name cannot match.
      name.value.length <= wanted.length &&
      matchesDnsName(dnsNameOf(name), wanted),
  );
}

/** A wildcard stands for exactly one whole left-most label, and needs at least two others. */
function matchesDnsName(presented: string, wanted: string): boolean {
  if (presented === wanted) return !presented.startsWith('*');
  if (!presented.startsWith('*.')) return false;
  const parent = presented.slice(2);
  const dot = wanted.indexOf('.');
  return parent.includes('.') && dot > 0 && wanted.slice(dot + 1) === parent;
}

/** Whether a certificate has the numeric address as a DNS name, where it must not count. RFC 9525 §6.5 */
export function hasAddressAsDnsName(names: readonly GeneralName[], host: string): boolean {
  if (parseIpAddress(host) === undefined) return false;
  return names.some(
    (name) =>
      name.form === NameForm.Dns &&
      name.value.length === host.length &&
      dnsNameOf(name) === host.toLowerCase(),
  );
}

const HOST_NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;
