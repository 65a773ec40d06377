import { BigqueryBiReservation } from '@cdktf/provider-google/lib/bigquery-bi-reservation/index.js'
import { CloudRunServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-service-iam-member/index.js'
import type { Cloudfunctions2Function } from '@cdktf/provider-google/lib/cloudfunctions2-function/index.js'
import { ComputeBackendService } from '@cdktf/provider-google/lib/compute-backend-service/index.js'
import { ComputeGlobalAddress } from '@cdktf/provider-google/lib/compute-global-address/index.js'
import { ComputeGlobalForwardingRule } from '@cdktf/provider-google/lib/compute-global-forwarding-rule/index.js'
import { ComputeManagedSslCertificate } from '@cdktf/provider-google/lib/compute-managed-ssl-certificate/index.js'
import { ComputeRegionNetworkEndpointGroup } from '@cdktf/provider-google/lib/compute-region-network-endpoint-group/index.js'
import { ComputeSslPolicy } from '@cdktf/provider-google/lib/compute-ssl-policy/index.js'
import { ComputeTargetHttpsProxy } from '@cdktf/provider-google/lib/compute-target-https-proxy/index.js'
import { ComputeUrlMap } from '@cdktf/provider-google/lib/compute-url-map/index.js'
import { IapWebBackendServiceIamMember } from '@cdktf/provider-google/lib/iap-web-backend-service-iam-member/index.js'
import { reportDefinitions } from '@pipeline/dashboard/looker/definitions.ts'
import { type NamedLink, studioLinks } from '@pipeline/dashboard/looker/links.ts'
import { TerraformOutput } from 'cdktf'
import type { Stage } from './stage.ts'

/** Who may see the page: both groups of readers, as they may read the marts. */
const VIEWERS = ['analysts', 'careTeam'] as const

/**
 * The way to a page: a load balancer with a certificate, where Identity-Aware Proxy asks who comes. The function takes
 * requests of the load balancer alone, and only those that the proxy signs. Nothing without `page` in the settings.
 */
export function buildPage(stage: Stage, page: Cloudfunctions2Function): void {
  const { stack, settings, names } = stage
  if (settings.page === null) return
  const name = names.of('page')
  const address = new ComputeGlobalAddress(stack, 'page-address', { name, addressType: 'EXTERNAL' })
  const certificate = new ComputeManagedSslCertificate(stack, 'page-certificate', {
    name,
    managed: { domains: [settings.page.domain] },
  })
  const group = new ComputeRegionNetworkEndpointGroup(stack, 'page-group', {
    name,
    region: settings.region,
    networkEndpointType: 'SERVERLESS',
    cloudRun: { service: page.name },
  })
  const backend = new ComputeBackendService(stack, 'page-backend', {
    name,
    protocol: 'HTTPS',
    loadBalancingScheme: 'EXTERNAL_MANAGED',
    backend: [{ group: group.id }],
    iap: { enabled: true },
    logConfig: { enable: true, sampleRate: 1 },
  })
  const tls = new ComputeSslPolicy(stack, 'page-tls', {
    name,
    profile: 'MODERN',
    minTlsVersion: 'TLS_1_2',
  })
  const map = new ComputeUrlMap(stack, 'page-map', { name, defaultService: backend.id })
  const proxy = new ComputeTargetHttpsProxy(stack, 'page-proxy', {
    name,
    urlMap: map.id,
    sslCertificates: [certificate.id],
    sslPolicy: tls.id,
  })
  new ComputeGlobalForwardingRule(stack, 'page-rule', {
    name,
    loadBalancingScheme: 'EXTERNAL_MANAGED',
    ipAddress: address.address,
    portRange: '443',
    target: proxy.id,
  })
  for (const viewer of VIEWERS) {
    new IapWebBackendServiceIamMember(stack, `page-${viewer}`, {
      webBackendService: backend.name,
      role: 'roles/iap.httpsResourceAccessor',
      member: `group:${settings.readers[viewer]}`,
    })
  }
  new CloudRunServiceIamMember(stack, 'page-proxy-calls', {
    location: settings.region,
    service: page.name,
    role: 'roles/run.invoker',
    member: names.agent.iap,
  })
  new TerraformOutput(stack, 'page_address', {
    value: address.address,
    description: `What ${settings.page.domain} must point at`,
  })
}

/** Reports of the environment in Looker Studio. */
export function environmentLinks({ settings, names }: Pick<Stage, 'settings' | 'names'>): NamedLink[] {
  return studioLinks({
    project: settings.project,
    billingProject: settings.looker.billingProject ?? settings.project,
    dataset: names.dataset('marts'),
    templates: settings.looker.templates,
  })
}

/** Memory in which BigQuery keeps the marts that reports ask for often; none unless the settings say so. */
export function buildReportMemory({ stack, settings, names }: Stage): void {
  const { biEngineGb } = settings.looker
  if (biEngineGb === 0) return
  const marts = reportDefinitions.filter(({ biEngine }) => biEngine).map(({ mart }) => mart)
  new BigqueryBiReservation(stack, 'report-memory', {
    location: settings.region,
    size: biEngineGb * 1024 ** 3,
    preferredTables: marts.map((tableId) => ({
      projectId: settings.project,
      datasetId: names.dataset('marts'),
      tableId,
    })),
  })
}
