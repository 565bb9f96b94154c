locals {
  log_namespace = "${var.name}/logs"

  function_log_group_names = sort([for function in values(var.functions) : function.log_group_name])

  queries = {
    errors = {
      log_group_names = local.function_log_group_names
      query           = <<-QUERY
        fields @timestamp, @log, level, msg, message, error, requestId, record.status, record.requestId
        | filter level in ["ERROR", "FATAL"] or record.status in ["error", "failure", "timeout"]
        | sort @timestamp desc
        | limit 200
      QUERY
    }
    error-counts = {
      log_group_names = local.function_log_group_names
      query           = <<-QUERY
        filter level in ["ERROR", "FATAL"]
        | stats count(*) as errors by @log, bin(5m)
        | sort errors desc
      QUERY
    }
    slow-invocations = {
      log_group_names = local.function_log_group_names
      query           = <<-QUERY
        filter type = "platform.report"
        | stats count(*) as invocations, pct(record.metrics.durationMs, 95) as p95_ms, max(record.metrics.durationMs) as max_ms, max(record.metrics.initDurationMs) as cold_start_ms, max(record.metrics.maxMemoryUsedMB) as memory_mb by @log
        | sort p95_ms desc
      QUERY
    }
    api-failures = {
      log_group_names = [var.api.access_log_group_name]
      query           = <<-QUERY
        fields @timestamp, status, httpMethod, resourcePath, integrationStatus, errorType, responseLatency, requestId, xrayTraceId
        | filter status >= 500
        | sort @timestamp desc
        | limit 200
      QUERY
    }
    workflow-failures = {
      log_group_names = [var.state_machine.log_group_name]
      query           = <<-QUERY
        fields @timestamp, execution_arn, type, details.error, details.cause
        | filter type like /Failed|TimedOut|Aborted/
        | sort @timestamp desc
        | limit 200
      QUERY
    }
    slow-database-queries = {
      log_group_names = [var.database.log_group_name]
      query           = <<-QUERY
        fields @timestamp, @logStream
        | filter @message like /duration: /
        | parse @message "duration: * ms" as duration_ms
        | sort duration_ms desc
        | limit 100
      QUERY
    }
  }
}

# One metric per function. None without an error: a metric is paid by the hour.
resource "aws_cloudwatch_log_metric_filter" "errors" {
  for_each = var.functions

  name           = "${var.name}-errors"
  log_group_name = each.value.log_group_name
  pattern        = "{ ($.level = \"ERROR\") || ($.level = \"FATAL\") }"

  metric_transformation {
    name      = "errors-${each.key}"
    namespace = local.log_namespace
    unit      = "Count"
    value     = "1"
  }
}

# API Gateway counts throttled requests among all other 4xx. The access log
# tells them apart, be the status written as a number or as a text.
resource "aws_cloudwatch_log_metric_filter" "throttled" {
  name           = "${var.name}-throttled"
  log_group_name = var.api.access_log_group_name
  pattern        = "{ ($.status = 429) || ($.status = \"429\") }"

  metric_transformation {
    name      = "api-throttled"
    namespace = local.log_namespace
    unit      = "Count"
    value     = "1"
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = local.queries

  name            = "${var.name}/${each.key}"
  log_group_names = each.value.log_group_names
  query_string    = trimspace(each.value.query)
}
