import { BillingBudget } from '@cdktf/provider-google/lib/billing-budget/index.js'
import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy/index.js'
import { MonitoringDashboard } from '@cdktf/provider-google/lib/monitoring-dashboard/index.js'
import { MonitoringNotificationChannel } from '@cdktf/provider-google/lib/monitoring-notification-channel/index.js'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import type { Stage } from '../stage.ts'
import { literal } from '../vm/startup.ts'
import { alertsOf } from './alerts.ts'
import { dashboardOf } from './dashboard.ts'
import { buildLogs } from './logs.ts'

/** Dashboard, alerts with their runbooks, logs and budget. */
export function buildWatching(stage: Stage, entries: readonly FunctionEntry[]): void {
  const { stack, settings, labels } = stage
  const channels = settings.alertEmails.map(
    (email, index) =>
      new MonitoringNotificationChannel(stack, `email-${index}`, {
        displayName: `Hospital pipeline ${settings.name} ${index + 1}`,
        type: 'email',
        labels: { email_address: email },
        userLabels: labels,
      }),
  )
  const ids = channels.map(({ id }) => id)
  const logMetrics = buildLogs(stage, entries)
  for (const alert of alertsOf(stage, entries, logMetrics)) {
    new MonitoringAlertPolicy(stack, `alert-${alert.id}`, {
      displayName: `${settings.name}: ${alert.title}`,
      combiner: 'OR',
      severity: alert.severity,
      userLabels: labels,
      notificationChannels: ids,
      conditions: [
        {
          displayName: alert.title,
          conditionPrometheusQueryLanguage: {
            query: alert.query,
            duration: `${alert.forSeconds}s`,
            evaluationInterval: '60s',
            // The metrics come with the first data, after the alerts.
            disableMetricValidation: true,
          },
        },
      ],
      documentation: {
        mimeType: 'text/markdown',
        content: `${alert.meaning}\n\nWhat to do: ${settings.runbookUrl}#${alert.runbook}`,
        links: [{ displayName: 'Runbook', url: `${settings.runbookUrl}#${alert.runbook}` }],
      },
      alertStrategy: { autoClose: '86400s' },
    })
  }
  new MonitoringDashboard(stack, 'dashboard', {
    dashboardJson: literal(JSON.stringify(dashboardOf(stage, entries, logMetrics))),
  })
  if (settings.budget === null) return
  new BillingBudget(stack, 'budget', {
    billingAccount: settings.budget.billingAccount,
    displayName: `Hospital pipeline ${settings.name}`,
    budgetFilter: { projects: [`projects/${settings.projectNumber}`], calendarPeriod: 'MONTH' },
    amount: {
      specifiedAmount: { currencyCode: settings.budget.currency, units: String(settings.budget.monthly) },
    },
    thresholdRules: [
      { thresholdPercent: 0.5 },
      { thresholdPercent: 0.9 },
      { thresholdPercent: 1, spendBasis: 'FORECASTED_SPEND' },
      { thresholdPercent: 1 },
    ],
    allUpdatesRule: { monitoringNotificationChannels: ids, disableDefaultIamRecipients: false },
  })
}
