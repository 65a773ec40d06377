import { ComputeFirewall } from '@cdktf/provider-google/lib/compute-firewall/index.js'
import { ComputeGlobalAddress } from '@cdktf/provider-google/lib/compute-global-address/index.js'
import { ComputeNetwork } from '@cdktf/provider-google/lib/compute-network/index.js'
import { ComputeRouter } from '@cdktf/provider-google/lib/compute-router/index.js'
import { ComputeRouterNat } from '@cdktf/provider-google/lib/compute-router-nat/index.js'
import { ComputeSubnetwork } from '@cdktf/provider-google/lib/compute-subnetwork/index.js'
import { DnsManagedZone } from '@cdktf/provider-google/lib/dns-managed-zone/index.js'
import { ServiceNetworkingConnection } from '@cdktf/provider-google/lib/service-networking-connection/index.js'
import { VpcAccessConnector } from '@cdktf/provider-google/lib/vpc-access-connector/index.js'
import { CLICKHOUSE_PORT, KAFKA_PORT } from './environment.ts'
import type { Stage } from './stage.ts'

/** Identity-Aware Proxy, the only way to a shell. */
const IAP = '35.235.240.0/20'
/** Google's health checks. */
const PROBES = ['35.191.0.0/16', '130.211.0.0/22']
export const VM_TAG = 'hospital-vm'
export const HEALTH_PORT = 9100

/** A network of its own in which nothing has a public address; what leaves it goes through NAT. */
export function buildNetwork({ stack, settings, names }: Stage) {
  const { subnet: machines, functions } = settings.network
  const network = new ComputeNetwork(stack, 'network', {
    name: names.of('pipeline'),
    autoCreateSubnetworks: false,
    routingMode: 'REGIONAL',
  })
  const subnet = new ComputeSubnetwork(stack, 'subnet', {
    name: names.of('pipeline'),
    network: network.id,
    region: settings.region,
    ipCidrRange: machines,
    privateIpGoogleAccess: true,
    logConfig: {
      aggregationInterval: 'INTERVAL_10_MIN',
      flowSampling: 0.1,
      metadata: 'INCLUDE_ALL_METADATA',
    },
  })
  const router = new ComputeRouter(stack, 'router', {
    name: names.of('pipeline'),
    network: network.id,
    region: settings.region,
  })
  const nat = new ComputeRouterNat(stack, 'nat', {
    name: names.of('pipeline'),
    router: router.name,
    region: settings.region,
    natIpAllocateOption: 'AUTO_ONLY',
    sourceSubnetworkIpRangesToNat: 'ALL_SUBNETWORKS_ALL_IP_RANGES',
    logConfig: { enable: true, filter: 'ERRORS_ONLY' },
  })
  const allow = (id: string, sourceRanges: string[], ports: number[]) =>
    new ComputeFirewall(stack, `allow-${id}`, {
      name: names.of(`allow-${id}`),
      network: network.name,
      direction: 'INGRESS',
      sourceRanges,
      targetTags: [VM_TAG],
      allow: [{ protocol: 'tcp', ports: ports.map(String) }],
    })
  allow('iap-ssh', [IAP], [22])
  allow('health', PROBES, [HEALTH_PORT])
  allow('functions', [functions], [KAFKA_PORT, CLICKHOUSE_PORT])
  allow('producers', [machines], [KAFKA_PORT])
  const connector = new VpcAccessConnector(stack, 'connector', {
    name: names.of('functions'),
    region: settings.region,
    network: network.name,
    ipCidrRange: functions,
    machineType: 'e2-micro',
    minInstances: 2,
    maxInstances: settings.size === 'large' ? 10 : 3,
  })
  const zone = new DnsManagedZone(stack, 'zone', {
    name: names.of('pipeline'),
    dnsName: `${names.zone}.`,
    description: 'Names of the parts inside the network',
    visibility: 'private',
    privateVisibilityConfig: { networks: [{ networkUrl: network.id }] },
  })
  return { network, subnet, nat, connector, zone }
}

export type Network = ReturnType<typeof buildNetwork>

/** Lets Cloud SQL have an address in the network. */
export function peerWithServices({ stack, names }: Stage, { network }: Network): ServiceNetworkingConnection {
  const range = new ComputeGlobalAddress(stack, 'services-range', {
    name: names.of('services'),
    purpose: 'VPC_PEERING',
    addressType: 'INTERNAL',
    prefixLength: 20,
    network: network.id,
  })
  return new ServiceNetworkingConnection(stack, 'services', {
    network: network.id,
    service: 'servicenetworking.googleapis.com',
    reservedPeeringRanges: [range.name],
    deletionPolicy: 'ABANDON',
  })
}
