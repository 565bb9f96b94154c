locals {
  wafs = var.waf ? toset(["this"]) : toset([])

  # AWS's rule groups in the order in which they are asked. A rule that is only
  # counted is named with its reason.
  managed_rules = {
    AWSManagedRulesAmazonIpReputationList = { priority = 0, counted = [] }
    AWSManagedRulesKnownBadInputsRuleSet  = { priority = 3, counted = [] }
    # SizeRestrictions_BODY refuses more than 8 KB: a reflection may be longer, and
    # the functions check lengths themselves. NoUserAgent_HEADER would refuse mail
    # services that press the one-click unsubscribe for their users.
    AWSManagedRulesCommonRuleSet = { priority = 4, counted = ["NoUserAgent_HEADER", "SizeRestrictions_BODY"] }
  }

  # Requests of one address in five minutes. By way of CloudFront the address is
  # CloudFront's, shared by many callers, and the caller's own is the first in
  # X-Forwarded-For; that header can be forged, so both are counted.
  rate_rules = {
    rate-per-caller = { priority = 1, limit = 6000, forwarded = true }
    rate-per-source = { priority = 2, limit = 100000, forwarded = false }
  }
}

resource "aws_wafv2_web_acl" "this" {
  for_each = local.wafs

  name        = local.api_name
  description = "In front of ${local.api_name}"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  dynamic "rule" {
    for_each = local.rate_rules

    content {
      name     = rule.key
      priority = rule.value.priority

      action {
        block {}
      }

      statement {
        rate_based_statement {
          aggregate_key_type    = rule.value.forwarded ? "FORWARDED_IP" : "IP"
          evaluation_window_sec = 300
          limit                 = rule.value.limit

          dynamic "forwarded_ip_config" {
            for_each = rule.value.forwarded ? ["X-Forwarded-For"] : []

            content {
              fallback_behavior = "NO_MATCH"
              header_name       = forwarded_ip_config.value
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = true
      }
    }
  }

  dynamic "rule" {
    for_each = local.managed_rules

    content {
      name     = rule.key
      priority = rule.value.priority

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          name        = rule.key
          vendor_name = "AWS"

          dynamic "rule_action_override" {
            for_each = rule.value.counted

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = true
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = local.api_name
    sampled_requests_enabled   = true
  }

  tags = merge(var.tags, { Name = local.api_name })
}

resource "aws_wafv2_web_acl_association" "this" {
  for_each = aws_wafv2_web_acl.this

  resource_arn = aws_api_gateway_stage.this.arn
  web_acl_arn  = each.value.arn
}

# WAF takes only groups whose name begins so.
resource "aws_cloudwatch_log_group" "waf" {
  for_each = local.wafs

  name              = "aws-waf-logs-${local.api_name}"
  kms_key_id        = var.logs_kms_key_arn
  retention_in_days = var.log_retention_days

  tags = var.tags
}

resource "aws_cloudwatch_log_resource_policy" "waf" {
  for_each = aws_cloudwatch_log_group.waf

  policy_name = "${local.api_name}-waf"

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "WafWritesItsLog"
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = "${each.value.arn}:*"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:logs:${local.region}:${local.account_id}:*" }
      }
    }]
  })
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  for_each = aws_wafv2_web_acl.this

  log_destination_configs = [aws_cloudwatch_log_group.waf[each.key].arn]
  resource_arn            = each.value.arn

  # Tokens stay out of the log.
  redacted_fields {
    single_header {
      name = "authorization"
    }
  }

  depends_on = [aws_cloudwatch_log_resource_policy.waf]
}
