locals {
  function_metrics = {
    for key, function in var.functions : key => {
      for id, name in { errors = "Errors", invocations = "Invocations", throttles = "Throttles" } : id => {
        namespace              = "AWS/Lambda", name = name, dimensions = { FunctionName = function.function_name }, stat = "Sum"
      }
    }
  }

  function_alarms = merge([
    for key, metrics in local.function_metrics : {
      "function-${key}-error-rate" = merge(local.timing.rate, {
        description = "R3.2: more than ${var.thresholds.function_error_percent} % of the invocations of ${key} failed for 2 x 5 minutes."
        comparison  = "GreaterThanThreshold"
        expression  = "IF(invocations > 0, 100 * errors / invocations, 0)"
        metrics     = { errors = metrics.errors, invocations = metrics.invocations }
        missing     = "notBreaching" # not invoked
        threshold   = var.thresholds.function_error_percent
      })
      "function-${key}-outage" = merge(local.timing.outage, {
        description = "Property 4: more than ${var.thresholds.outage_percent} % of the invocations of ${key} failed in 2 of 3 minutes."
        comparison  = "GreaterThanThreshold"
        expression  = "IF(invocations > 0, 100 * errors / invocations, 0)"
        metrics     = { errors = metrics.errors, invocations = metrics.invocations }
        missing     = "notBreaching"
        threshold   = var.thresholds.outage_percent
      })
      "function-${key}-throttles" = merge(local.timing.event, {
        description = "R6.2: invocations of ${key} were throttled: the account's concurrency is used up."
        comparison  = "GreaterThanThreshold"
        expression  = null
        metrics     = { throttles = metrics.throttles }
        missing     = "notBreaching"
        threshold   = 0
      })
    }
  ]...)
}
