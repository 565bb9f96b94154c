# Names that the layers give their resources, as ARNs. Everything that has a name
# begins with the environment's; what AWS itself gives an id is bounded by account
# and region.
locals {
  # Metrics of CloudFront, their alarms and topic, and certificates and web ACLs
  # for it live in this one region.
  global_region = "us-east-1"
  regions       = distinct([local.region, local.global_region])

  regional = { for service in [
    "acm", "cloudtrail", "cloudwatch", "cognito-idp", "ec2", "events", "kms", "lambda", "logs", "rds", "scheduler",
    "secretsmanager", "sns", "sqs", "states", "wafv2", "xray",
  ] : service => "arn:${local.partition}:${service}:${local.region}:${local.account_id}:" }
  everywhere = { for service in ["acm", "cloudwatch", "kms", "logs", "sns"] : service => [
    for region in local.regions : "arn:${local.partition}:${service}:${region}:${local.account_id}:"
  ] }
  global = { for service in ["budgets", "ce", "cloudfront", "cloudwatch", "iam", "rds"] :
    service => "arn:${local.partition}:${service}::${local.account_id}:"
  }

  arns = {
    alarms         = [for arn in local.everywhere.cloudwatch : "${arn}alarm:${var.name}-*"]
    aliases        = [for arn in local.everywhere.kms : "${arn}alias/${var.name}-*"]
    anomalies      = ["${local.global.ce}anomalymonitor/*", "${local.global.ce}anomalysubscription/*"]
    aws_policies   = ["arn:${local.partition}:iam::aws:policy/*"] # AWS's own, the same in every account
    apis           = [for path in ["account", "domainnames", "domainnames/*", "restapis", "restapis/*", "tags/*"] : "arn:${local.partition}:apigateway:${local.region}::/${path}"]
    api_stages     = ["arn:${local.partition}:apigateway:${local.region}::/restapis/*/stages/*"]
    budgets        = ["${local.global.budgets}budget/${var.name}-*"]
    buckets        = [for kind in ["audit", "site"] : "arn:${local.partition}:s3:::${var.name}-${kind}-*"]
    certificates   = [for arn in local.everywhere.acm : "${arn}certificate/*"]
    dashboards     = ["${local.global.cloudwatch}dashboard/${var.name}-*"]
    distributions  = [for kind in ["cache-policy", "distribution", "origin-access-control", "origin-request-policy", "response-headers-policy"] : "${local.global.cloudfront}${kind}/*"]
    edge_functions = ["${local.global.cloudfront}function/${var.name}-*"]
    every_alarm    = [for arn in local.everywhere.cloudwatch : "${arn}alarm:*"]
    functions      = ["${local.regional.lambda}function:${var.name}-*"]
    keys           = [for arn in local.everywhere.kms : "${arn}key/*"]
    log_groups     = [for arn in local.everywhere.logs : "${arn}log-group:*"]
    # Their names are the services', with the environment's in them.
    own_log_groups = flatten([for name in [
      "/aws/apigateway/${var.name}-*", "/aws/cloudtrail/${var.name}-*", "/aws/lambda/${var.name}-*",
      "/aws/rds/cluster/${var.name}/*", "/aws/vendedlogs/*/${var.name}-*", "/aws/vpc/${var.name}/*",
      "API-Gateway-Execution-Logs_*", "aws-waf-logs-${var.name}-*",
    ] : "${local.regional.logs}log-group:${name}"])
    network         = [for kind in ["elastic-ip", "internet-gateway", "natgateway", "network-interface", "route-table", "security-group", "security-group-rule", "subnet", "vpc", "vpc-endpoint", "vpc-flow-log"] : "${local.regional.ec2}${kind}/*"]
    oidc_provider   = [local.oidc_provider_arn]
    policies        = ["${local.global.iam}policy/${var.name}-*"]
    queues          = ["${local.regional.sqs}${var.name}-*"]
    records         = ["arn:${local.partition}:route53:::change/*", "arn:${local.partition}:route53:::hostedzone/*"]
    roles           = ["${local.global.iam}role/${var.name}-*"]
    rules           = ["${local.regional.events}rule/${var.name}-*"]
    schedules       = ["${local.regional.scheduler}schedule-group/${var.name}-*", "${local.regional.scheduler}schedule/${var.name}-*/*"]
    secrets         = ["${local.regional.secretsmanager}secret:${var.name}/*"]
    site_objects    = ["arn:${local.partition}:s3:::${var.name}-site-*/*"]
    state_machines  = ["${local.regional.states}stateMachine:${var.name}-*"]
    topics          = [for arn in local.everywhere.sns : "${arn}${var.name}-*"]
    traces          = ["${local.regional.xray}group/${var.name}*/*", "${local.regional.xray}sampling-rule/${var.name}*"]
    trails          = ["${local.regional.cloudtrail}trail/${var.name}-*"]
    user_pools      = ["${local.regional["cognito-idp"]}userpool/*"]
    databases       = concat([for kind in ["cluster", "cluster-pg", "cluster-snapshot", "db", "subgrp"] : "${local.regional.rds}${kind}:${var.name}*"], ["${local.regional.rds}og:default*", "${local.regional.rds}pg:default*"])
    managed_secrets = ["${local.regional.secretsmanager}secret:rds!cluster-*"] # the rest of their names is random
    web_acls = concat(
      ["${local.regional.wafv2}regional/webacl/${var.name}-*/*", "${local.regional.wafv2}regional/managedruleset/*"],
      [for kind in ["webacl/${var.name}-*/*", "managedruleset/*"] : "arn:${local.partition}:wafv2:${local.global_region}:${local.account_id}:global/${kind}"],
    )
  }

  # The bucket's key, which the tool makes: known by its alias only.
  bucket_key = {
    Resource  = ["${local.regional.kms}key/*"]
    Condition = { "ForAnyValue:StringEquals" = { "kms:ResourceAliases" = "alias/${var.bucket_name}" } }
  }
}
