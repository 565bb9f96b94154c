locals {
  # AWS's managed rule groups, in the order in which they are asked.
  managed_rules = [
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesCommonRuleSet",
  ]
}

resource "aws_wafv2_web_acl" "this" {
  for_each = var.waf ? toset(["this"]) : toset([])
  provider = aws.us_east_1

  name        = "${var.name}-site"
  description = "In front of the distribution of ${var.name}"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  # 429 and not WAF's 403, which the distribution would turn into a page.
  rule {
    name     = "rate-per-address"
    priority = 0

    action {
      block {
        custom_response {
          response_code = 429
        }
      }
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 300
        limit                 = 6000 # 20 requests a second
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "rate-per-address"
      sampled_requests_enabled   = true
    }
  }

  dynamic "rule" {
    for_each = local.managed_rules

    content {
      name     = rule.value
      priority = rule.key + 1

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          name        = rule.value
          vendor_name = "AWS"

          # 8 KiB are soon reached by reflections in Japanese: counted only.
          dynamic "rule_action_override" {
            for_each = rule.value == "AWSManagedRulesCommonRuleSet" ? ["SizeRestrictions_BODY"] : []

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
        metric_name                = rule.value
        sampled_requests_enabled   = true
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "${var.name}-site"
    sampled_requests_enabled   = true
  }

  tags = merge(var.tags, { Name = "${var.name}-site" })

  # WAF refuses to delete one that a distribution still has: it goes last.
  lifecycle {
    create_before_destroy = true
  }
}
