locals {
  cloudfront_dimensions = { DistributionId = var.distribution_id, Region = "Global" }

  cloudfront_alarms = {
    cloudfront-5xx-rate = merge(local.timing.rate, {
      description = "R3.2: CloudFront answered more than ${var.thresholds.cloudfront_5xx_percent} % of the requests 5xx for 2 x 5 minutes."
      comparison  = "GreaterThanThreshold"
      expression  = null
      metrics     = { rate = { namespace = "AWS/CloudFront", name = "5xxErrorRate", dimensions = local.cloudfront_dimensions, stat = "Average" } }
      missing     = "notBreaching" # nobody there
      threshold   = var.thresholds.cloudfront_5xx_percent
    })
    cloudfront-5xx-outage = merge(local.timing.outage, {
      description = "Property 4: CloudFront answered more than ${var.thresholds.outage_percent} % of the requests 5xx in 2 of 3 minutes."
      comparison  = "GreaterThanThreshold"
      expression  = null
      metrics     = { rate = { namespace = "AWS/CloudFront", name = "5xxErrorRate", dimensions = local.cloudfront_dimensions, stat = "Average" } }
      missing     = "notBreaching"
      threshold   = var.thresholds.outage_percent
    })
    # By the hour: a deployment empties the cache, and that is no fault. Measured
    # only for a distribution with a monitoring subscription.
    cloudfront-cache-hit-rate = {
      description    = "R6.1: less than ${var.thresholds.cloudfront_cache_hit_percent} % of CloudFront's requests were answered from the cache for 2 hours."
      comparison     = "LessThanThreshold"
      datapoints     = 2
      expression     = null
      metrics        = { rate = { namespace = "AWS/CloudFront", name = "CacheHitRate", dimensions = local.cloudfront_dimensions, stat = "Average" } }
      missing        = "notBreaching"
      period_seconds = 3600
      periods        = 2
      threshold      = var.thresholds.cloudfront_cache_hit_percent
    }
  }
}
