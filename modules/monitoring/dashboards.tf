# A widget is a title and its metrics, each with namespace, name, dimensions,
# stat and a label; and, where it has them, the region and the alarm's threshold.
locals {
  api_widgets = [
    { title = "Requests", lines = [merge(local.api_failures.requests, { label = "requests" })] },
    { title = "Answers 4xx and 5xx", lines = [
      { namespace = "AWS/ApiGateway", name = "4XXError", dimensions = local.api_dimensions, stat = "Sum", label = "4xx" },
      merge(local.api_failures.failures, { label = "5xx" }),
      merge(local.api_alarms.api-throttled.metrics.throttled, { label = "429" }),
    ] },
    { title = "Latency, ms", threshold = var.thresholds.api_p95_milliseconds, lines = [
      for stat in ["p50", "p95", "p99"] : { namespace = "AWS/ApiGateway", name = "Latency", dimensions = local.api_dimensions, stat = stat, label = stat }
    ] },
    { title = "Latency behind the API, ms", lines = [
      for stat in ["p50", "p95", "p99"] : { namespace = "AWS/ApiGateway", name = "IntegrationLatency", dimensions = local.api_dimensions, stat = stat, label = stat }
    ] },
  ]

  function_widgets = concat(
    [
      for widget in [
        { title = "Invocations", metric = "Invocations", stat = "Sum" },
        { title = "Errors", metric = "Errors", stat = "Sum" },
        { title = "Duration p95, ms", metric = "Duration", stat = "p95" },
        { title = "Concurrency", metric = "ConcurrentExecutions", stat = "Maximum" },
        { title = "Throttles", metric = "Throttles", stat = "Sum" },
        ] : { title = widget.title, lines = [
          for key, function in var.functions : { namespace = "AWS/Lambda", name = widget.metric, dimensions = { FunctionName = function.function_name }, stat = widget.stat, label = key }
      ] }
    ],
    [{ title = "Errors in the logs", lines = [
      for key in keys(var.functions) : { namespace = local.log_namespace, name = "errors-${key}", dimensions = {}, stat = "Sum", label = key }
    ] }],
  )

  database_widgets = concat([
    for widget in [
      { title = "Connections", metric = "DatabaseConnections", stat = "Maximum", threshold = var.thresholds.database_connections },
      { title = "CPU, %", metric = "CPUUtilization", stat = "Average", threshold = var.thresholds.database_cpu_percent },
      { title = "Free memory, bytes", metric = "FreeableMemory", stat = "Average", threshold = null },
      { title = "Capacity, ACU", metric = "ServerlessDatabaseCapacity", stat = "Average", threshold = var.database.maximum_acu },
      ] : { title = widget.title, threshold = widget.threshold, lines = [
        for identifier in var.database.instance_identifiers : { namespace = "AWS/RDS", name = widget.metric, dimensions = { DBInstanceIdentifier = identifier }, stat = widget.stat, label = identifier }
    ] }
    ], [{ title = "Storage, bytes", lines = [
      { namespace = "AWS/RDS", name = "VolumeBytesUsed", dimensions = { DBClusterIdentifier = var.database.cluster_identifier }, stat = "Maximum", label = "used" }
  ] }])

  cloudfront_widgets = [
    for widget in [
      { title = "Requests", metrics = { Requests = "requests" }, stat = "Sum", threshold = null },
      { title = "Error rate, %", metrics = { "4xxErrorRate" = "4xx", "5xxErrorRate" = "5xx" }, stat = "Average", threshold = var.thresholds.cloudfront_5xx_percent },
      { title = "Cache hit rate, %", metrics = { CacheHitRate = "hits" }, stat = "Average", threshold = var.thresholds.cloudfront_cache_hit_percent },
      { title = "Origin latency p95, ms", metrics = { OriginLatency = "origin" }, stat = "p95", threshold = null },
      ] : { title = widget.title, threshold = widget.threshold, region = local.global_region, lines = [
        for name, label in widget.metrics : { namespace = "AWS/CloudFront", name = name, dimensions = local.cloudfront_dimensions, stat = widget.stat, label = label }
    ] }
  ]

  workflow_widgets = concat(
    [
      { title = "Executions", lines = [
        for name in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] : {
          namespace = "AWS/States", name = name, dimensions = { StateMachineArn = var.state_machine.arn }, stat = "Sum", label = lower(trimprefix(name, "Executions"))
        }
      ] },
      { title = "Duration, ms", lines = [
        for stat in ["p50", "p95", "Maximum"] : { namespace = "AWS/States", name = "ExecutionTime", dimensions = { StateMachineArn = var.state_machine.arn }, stat = stat, label = stat }
      ] },
      { title = "Reminder mails", lines = [
        for key, label in { sent = "sent", failed = "failed" } : merge(local.reminder_alarms.reminders-mail-failure-rate.metrics[key], { label = label })
      ] },
    ],
    [{ title = "Dead letters", lines = [
      for key, name in var.dead_letter_queue_names : { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = name }, stat = "Maximum", label = key }
    ] }],
  )

  # Names, not the alarms' attributes: a dashboard may show an alarm before it exists.
  alarm_arns = {
    functions = [for key in keys(local.function_alarms) : "arn:${local.partition}:cloudwatch:${local.region}:${local.account_id}:alarm:${var.name}-${key}"]
    global    = [for key in keys(local.global_alarms) : "arn:${local.partition}:cloudwatch:${local.global_region}:${local.account_id}:alarm:${var.name}-${key}"]
    others    = [for key in keys(local.alarms) : "arn:${local.partition}:cloudwatch:${local.region}:${local.account_id}:alarm:${var.name}-${key}" if !contains(keys(local.function_alarms), key)]
  }

  dashboards = {
    overview = {
      alarms = concat([local.alarm_arns.others, local.alarm_arns.global], chunklist(local.alarm_arns.functions, 100))
      graphs = [local.api_widgets[0], local.api_widgets[1], local.api_widgets[2], local.function_widgets[1], local.database_widgets[0], local.database_widgets[3], local.cloudfront_widgets[1], local.workflow_widgets[0]]
    }
    api        = { alarms = [], graphs = local.api_widgets }
    functions  = { alarms = [], graphs = local.function_widgets }
    database   = { alarms = [], graphs = local.database_widgets }
    cloudfront = { alarms = [], graphs = local.cloudfront_widgets }
    workflow   = { alarms = [], graphs = local.workflow_widgets }
  }

  # The grid is 24 wide; two widgets of 12 by 6 stand side by side.
  dashboard_bodies = {
    for name, dashboard in local.dashboards : name => jsonencode({
      widgets = concat(
        [for index, arns in dashboard.alarms : {
          type   = "alarm"
          x      = (index % 2) * 12
          y      = floor(index / 2) * 6
          width  = 12
          height = 6
          # CloudWatch shows up to 100 in one widget.
          properties = { title = "Alarms ${index + 1}", alarms = arns }
        }],
        [for index, graph in dashboard.graphs : {
          type   = "metric"
          x      = (index % 2) * 12
          y      = (floor(index / 2) + ceil(length(dashboard.alarms) / 2)) * 6
          width  = 12
          height = 6
          properties = merge(
            {
              title   = graph.title
              period  = 300
              region  = try(graph.region, local.region)
              stacked = false
              view    = "timeSeries"
              metrics = [for line in graph.lines : concat(
                [line.namespace, line.name],
                flatten([for dimension, value in line.dimensions : [dimension, value]]),
                [{ label = line.label, stat = line.stat }],
              )]
            },
            { for threshold in [try(graph.threshold, null)] : "annotations" => {
              horizontal = [{ label = "alarm", value = threshold }]
            } if threshold != null },
          )
        }],
      )
    })
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  for_each = local.dashboard_bodies

  dashboard_name = "${var.name}-${each.key}"
  dashboard_body = each.value
}
