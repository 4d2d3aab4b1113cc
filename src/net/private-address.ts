import { type LookupAddress, type LookupAllOptions, lookup as lookupByDns } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import { RegError } from '../errors.js';

/** Looks up all addresses of a host, as `lookup` of node:dns does. */
export type Lookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

// addresses that are not globally reachable (RFC 6890 and the IANA special-purpose address registries), and multicast
const PRIVATE_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;
const PRIVATE_IPV6 = [
  // unspecified, loopback, and IPv4-compatible ones
  ['::', 96],
  // IPv4 translated without state (RFC 2765)
  ['::ffff:0:0:0', 96],
  // IPv4 translated in a network of its own (RFC 8215)
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4, which leads to any IPv4 address
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const;

/** Made for the first address. */
let list: BlockList | undefined;

function privateAddresses(): BlockList {
  if (list) return list;
  list = new BlockList();
  for (const [net, prefix] of PRIVATE_IPV4) {
    // also covers ::ffff:0:0/96, IPv4-mapped (node:net, BlockList)
    list.addSubnet(net, prefix, 'ipv4');
    // NAT64 leads to the IPv4 address in its last 32 bits (RFC 6052)
    list.addSubnet(`64:ff9b::${net}`, 96 + prefix, 'ipv6');
  }
  for (const [net, prefix] of PRIVATE_IPV6) list.addSubnet(net, prefix, 'ipv6');
  return list;
}

/** Whether an address is not one of the public internet; a text that is not an address counts as private. */
export function isPrivateAddress(address: string): boolean {
  const [bare = ''] = address.split('%');
  const family = isIP(bare);
  return family === 0 || privateAddresses().check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

/** Tells which private hosts may be asked all the same: by name as a URL has it, and by address where that is known. */
export type AllowedHosts = (hostname: string, address?: string) => boolean;

const NO_HOSTS: AllowedHosts = () => false;

/** Makes what allows hosts and networks, each as `isHostOrNetwork` takes it. */
export function allowedHosts(entries: readonly string[]): AllowedHosts {
  const networks = new BlockList();
  const names = new Set<string>();
  for (const entry of entries) {
    const [net = '', prefix] = entry.split('/');
    const family = isIP(net);
    if (family === 0) names.add(nameOf(entry));
    else networks.addSubnet(net, Number(prefix ?? (family === 4 ? 32 : 128)), family === 4 ? 'ipv4' : 'ipv6');
  }
  return (hostname, address = bareHost(hostname)) => {
    const family = isIP(address);
    return (
      names.has(nameOf(hostname)) || (family !== 0 && networks.check(address, family === 4 ? 'ipv4' : 'ipv6'))
    );
  };
}

/** The same without this machine and its link: no file that others may change names those. */
export function beyondThisMachine(allowed: AllowedHosts): AllowedHosts {
  const own = new BlockList();
  for (const [net, prefix] of OWN_IPV4) own.addSubnet(net, prefix, 'ipv4');
  for (const [net, prefix] of OWN_IPV6) own.addSubnet(net, prefix, 'ipv6');
  for (const { address, family } of Object.values(networkInterfaces())
    .flat()
    .filter((one) => one !== undefined))
    own.addAddress(address, family === 'IPv6' ? 'ipv6' : 'ipv4');
  return (hostname, address = bareHost(hostname)) => {
    const family = isIP(address);
    if (isLocalName(hostname) || (family !== 0 && own.check(address, family === 4 ? 'ipv4' : 'ipv6')))
      return false;
    return allowed(hostname, address);
  };
}

const OWN_IPV4 = [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
] as const;
const OWN_IPV6 = [
  ['::', 96],
  ['fe80::', 10],
  // the same behind translators (RFC 6052, RFC 2765)
  ['64:ff9b::7f00:0', 104],
  ['64:ff9b::a9fe:0', 112],
  ['::ffff:0:7f00:0', 104],
  ['::ffff:0:a9fe:0', 112],
  // where a cloud tells its machines their credentials
  ['fd00:ec2::254', 128],
] as const;

/** Names that always lead to this machine (RFC 6761, section 6.3). */
const isLocalName = (hostname: string): boolean => /(^|\.)localhost\.?$/i.test(hostname);

/** A name without the dot at its end, in small letters (RFC 4343). */
const nameOf = (hostname: string): string => hostname.toLowerCase().replace(/\.$/, '');

const bareHost = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * Refuses a host whose name or address is private by itself. The addresses of other names are checked when they are looked up.
 * @param hostname as a URL has it, IPv6 in brackets
 * @throws RegError STORE_FAILED
 */
export function refusePrivateHost(hostname: string, allowed = NO_HOSTS): void {
  const bare = bareHost(hostname);
  const isPrivate = isLocalName(bare) || (isIP(bare) !== 0 && isPrivateAddress(bare));
  if (isPrivate && !allowed(hostname)) throw new PrivateHost(hostname);
}

/**
 * Refuses a host with a private address, for programs that look it up again themselves. A host that cannot be looked up here
 * passes: a proxy, or the configuration of ssh, may know it.
 * @throws RegError STORE_FAILED
 */
export async function refusePrivateAddresses(
  hostname: string,
  allowed: AllowedHosts,
  lookup: Lookup = lookupByDns,
): Promise<void> {
  refusePrivateHost(hostname, allowed);
  const addresses = await new Promise<LookupAddress[]>((resolve) => {
    lookup(bareHost(hostname), { all: true }, (error, found) => resolve(error ? [] : found));
  });
  const hidden = addresses.find(({ address }) => isPrivateAddress(address) && !allowed(hostname, address));
  if (hidden) throw new PrivateHost(hostname, hidden.address);
}

/**
 * Looks up public and allowed hosts for connections. The connection uses the address that was checked, so that no later answer can
 * differ.
 */
export const publicLookup =
  (lookup: Lookup = lookupByDns, allowed = NO_HOSTS): LookupFunction =>
  (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const hidden = addresses?.find(
        ({ address }) => isPrivateAddress(address) && !allowed(hostname, address),
      );
      const [first] = addresses ?? [];
      if (error || first === undefined) callback(error ?? notFound(hostname), []);
      else if (hidden) callback(new PrivateHost(hostname, hidden.address), []);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });

const notFound = (hostname: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });

/** The error for a host in a private network. */
export class PrivateHost extends RegError {
  constructor(hostname: string, address?: string) {
    super(
      'STORE_FAILED',
      address === undefined
        ? `${hostname} is an address of a private network, and no link may lead there`
        : `${hostname} has ${address}, an address of a private network, and no link may lead there`,
      'where you trust the link, let hosts of .reg.yaml on the default branch allow it, or set REG_HTTP_PRIVATE=allow',
    );
  }
}
