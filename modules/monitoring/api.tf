locals {
  api_dimensions = { ApiName = var.api.name, Stage = var.api.stage_name }

  api_failures = {
    failures = { namespace = "AWS/ApiGateway", name = "5XXError", dimensions = local.api_dimensions, stat = "Sum" }
    requests = { namespace = "AWS/ApiGateway", name = "Count", dimensions = local.api_dimensions, stat = "Sum" }
  }

  api_alarms = {
    api-5xx-rate = merge(local.timing.rate, {
      description = "R3.2: more than ${var.thresholds.api_5xx_percent} % of the API's requests were answered 5xx for 2 x 5 minutes."
      comparison  = "GreaterThanThreshold"
      expression  = "IF(requests > 0, 100 * failures / requests, 0)"
      metrics     = local.api_failures
      missing     = "notBreaching" # no request, no failure
      threshold   = var.thresholds.api_5xx_percent
    })
    api-5xx-outage = merge(local.timing.outage, {
      description = "Property 4: more than ${var.thresholds.outage_percent} % of the API's requests were answered 5xx in 2 of 3 minutes."
      comparison  = "GreaterThanThreshold"
      expression  = "IF(requests > 0, 100 * failures / requests, 0)"
      metrics     = local.api_failures
      missing     = "notBreaching"
      threshold   = var.thresholds.outage_percent
    })
    api-latency-p95 = merge(local.timing.rate, {
      description = "R6.1: 5 % of the API's requests took longer than ${var.thresholds.api_p95_milliseconds} ms for 2 x 5 minutes."
      comparison  = "GreaterThanThreshold"
      expression  = null
      metrics     = { latency = { namespace = "AWS/ApiGateway", name = "Latency", dimensions = local.api_dimensions, stat = "p95" } }
      missing     = "notBreaching"
      threshold   = var.thresholds.api_p95_milliseconds
    })
    api-throttled = merge(local.timing.event, {
      description = "R6.2: more than ${var.thresholds.api_throttled_requests} requests in 5 minutes were answered 429: the API's throttle or its usage plan holds callers back."
      comparison  = "GreaterThanThreshold"
      expression  = null
      metrics     = { throttled = { namespace = local.log_namespace, name = "api-throttled", dimensions = {}, stat = "Sum" } }
      missing     = "notBreaching"
      threshold   = var.thresholds.api_throttled_requests
    })
  }
}
