# Reading only, and nothing that users or operators wrote: no secret value, no
# user, no log line, no execution's input. A pull request may change what runs
# with these rights.
locals {
  plan_statements = {
    bucket = [
      {
        Sid    = "ToolBucket"
        Effect = "Allow"
        Action = [
          "s3:GetBucketLocation", "s3:GetBucketLogging", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetBucketVersioning",
          "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:ListBucket", "s3:ListBucketVersions",
        ]
        Resource = [local.bucket_arn]
      },
      {
        Sid      = "ToolObjects"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion"]
        Resource = ["${local.bucket_arn}/*"]
      },
      merge(local.bucket_key, {
        Sid    = "ToolBucketKey"
        Effect = "Allow"
        Action = ["kms:Decrypt", "kms:DescribeKey"]
      }),
      {
        # Lambda shows a function's environment, which holds ARNs and no values, to
        # those only who may decrypt it.
        Sid      = "FunctionEnvironments"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = local.arns.keys
        Condition = {
          "ForAnyValue:StringLike" = { "kms:ResourceAliases" = "alias/${var.name}-*" }
          StringLike               = { "kms:ViaService" = "lambda.*.amazonaws.com" }
        }
      },
      {
        # R4.1 exception: a denial, whatever is allowed by mistake one day.
        Sid      = "NoSecretValues"
        Effect   = "Deny"
        Action   = ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
        Resource = "*"
      },
    ]

    foundation = [
      {
        # R4.1 exception: these reading actions take no resource.
        Sid    = "Lists"
        Effect = "Allow"
        Action = [
          "ce:GetCostAndUsage", "cloudtrail:DescribeTrails", "cloudwatch:GetMetricStatistics", "cognito-idp:DescribeUserPoolDomain", "iam:ListPolicies", "iam:ListRoles",
          "kms:ListAliases", "lambda:GetAccountSettings", "lambda:ListFunctions", "logs:DescribeQueryDefinitions", "logs:DescribeResourcePolicies", "logs:GetLogDelivery",
          "logs:ListLogDeliveries", "s3:ListAllMyBuckets", "secretsmanager:GetRandomPassword", "ses:DescribeConfigurationSet", "ses:GetIdentityDkimAttributes",
          "ses:GetIdentityVerificationAttributes", "ses:GetTemplate", "sns:GetSubscriptionAttributes", "sns:ListTopics", "sqs:ListQueues",
          "states:ValidateStateMachineDefinition", "tag:GetResources", "xray:GetGroups", "xray:GetSamplingRules",
        ]
        Resource = "*"
      },
      {
        # R4.1 exception: EC2's describing actions take no resource.
        Sid    = "NetworkReads"
        Effect = "Allow"
        Action = [
          "ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute", "ec2:DescribeAvailabilityZones", "ec2:DescribeFlowLogs",
          "ec2:DescribeInternetGateways", "ec2:DescribeNatGateways", "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists",
          "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeTags",
          "ec2:DescribeVpcEndpointServices", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs",
        ]
        Resource = "*"
      },
      {
        Sid      = "NetworkAttributes"
        Effect   = "Allow"
        Action   = ["ec2:DescribeVpcAttribute"]
        Resource = ["${local.regional.ec2}vpc/*"]
      },
      {
        Sid    = "Database"
        Effect = "Allow"
        Action = [
          "rds:DescribeDBClusterParameterGroups", "rds:DescribeDBClusterParameters", "rds:DescribeDBClusterSnapshotAttributes", "rds:DescribeDBClusterSnapshots",
          "rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribeDBParameterGroups", "rds:DescribeDBSubnetGroups", "rds:DescribeGlobalClusters",
          "rds:ListTagsForResource",
        ]
        Resource = ["${local.regional.rds}*", "${local.global.rds}global-cluster:*"]
      },
      {
        Sid      = "SecretsWithoutValues"
        Effect   = "Allow"
        Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:ListSecretVersionIds"]
        Resource = concat(local.arns.managed_secrets, local.arns.secrets)
      },
      {
        Sid      = "Keys"
        Effect   = "Allow"
        Action   = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
        Resource = concat(local.arns.aliases, local.arns.keys)
      },
      {
        Sid    = "Identity"
        Effect = "Allow"
        Action = [
          "iam:GetOpenIDConnectProvider", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies",
          "iam:ListInstanceProfilesForRole", "iam:ListOpenIDConnectProviderTags", "iam:ListPolicyTags", "iam:ListPolicyVersions", "iam:ListRolePolicies", "iam:ListRoleTags",
        ]
        Resource = concat(local.arns.aws_policies, local.arns.oidc_provider, local.arns.policies, local.arns.roles)
      },
    ]

    application = [
      {
        # The provider reads a function by GetFunction, which gives an address of the
        # code, too: nothing that this role cannot read among the artifacts.
        Sid    = "Functions"
        Effect = "Allow"
        Action = [
          "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration",
          "lambda:GetFunctionEventInvokeConfig", "lambda:GetPolicy", "lambda:GetProvisionedConcurrencyConfig", "lambda:GetRuntimeManagementConfig", "lambda:ListAliases",
          "lambda:ListProvisionedConcurrencyConfigs", "lambda:ListTags", "lambda:ListVersionsByFunction",
        ]
        Resource = local.arns.functions
      },
      {
        Sid      = "Queues"
        Effect   = "Allow"
        Action   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"]
        Resource = local.arns.queues
      },
      {
        Sid      = "Workflow"
        Effect   = "Allow"
        Action   = ["states:DescribeStateMachine", "states:ListStateMachineVersions", "states:ListTagsForResource"]
        Resource = local.arns.state_machines
      },
      {
        Sid      = "Schedules"
        Effect   = "Allow"
        Action   = ["scheduler:GetSchedule", "scheduler:GetScheduleGroup", "scheduler:ListTagsForResource"]
        Resource = local.arns.schedules
      },
      {
        Sid      = "Events"
        Effect   = "Allow"
        Action   = ["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"]
        Resource = local.arns.rules
      },
      {
        Sid      = "Api"
        Effect   = "Allow"
        Action   = ["apigateway:GET"]
        Resource = local.arns.apis
      },
      {
        Sid      = "WebAcls"
        Effect   = "Allow"
        Action   = ["wafv2:GetLoggingConfiguration", "wafv2:GetWebACL", "wafv2:GetWebACLForResource", "wafv2:ListTagsForResource"]
        Resource = concat(local.arns.api_stages, local.arns.web_acls)
      },
      {
        Sid      = "Certificates"
        Effect   = "Allow"
        Action   = ["acm:DescribeCertificate", "acm:ListTagsForCertificate"]
        Resource = local.arns.certificates
      },
      {
        Sid      = "Records"
        Effect   = "Allow"
        Action   = ["route53:GetChange", "route53:GetHostedZone", "route53:ListResourceRecordSets"]
        Resource = local.arns.records
      },
      {
        Sid    = "UserPools"
        Effect = "Allow"
        Action = [
          "cognito-idp:DescribeRiskConfiguration", "cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient", "cognito-idp:GetGroup",
          "cognito-idp:GetUserPoolMfaConfig", "cognito-idp:ListTagsForResource",
        ]
        Resource = local.arns.user_pools
      },
      {
        Sid    = "Buckets"
        Effect = "Allow"
        Action = [
          "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLocation", "s3:GetBucketLogging", "s3:GetBucketNotification",
          "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment",
          "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
          "s3:GetReplicationConfiguration", "s3:ListBucket",
        ]
        Resource = local.arns.buckets
      },
      {
        Sid      = "PublicFiles"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectTagging"]
        Resource = ["arn:${local.partition}:s3:::${var.name}-site-${local.account_id}/*"]
      },
      {
        Sid    = "Distributions"
        Effect = "Allow"
        Action = [
          "cloudfront:DescribeFunction", "cloudfront:GetCachePolicy", "cloudfront:GetDistribution", "cloudfront:GetDistributionConfig", "cloudfront:GetFunction",
          "cloudfront:GetMonitoringSubscription", "cloudfront:GetOriginAccessControl", "cloudfront:GetOriginRequestPolicy", "cloudfront:GetResponseHeadersPolicy",
          "cloudfront:ListTagsForResource",
        ]
        Resource = concat(local.arns.distributions, local.arns.edge_functions)
      },
    ]

    operations = [
      {
        Sid      = "LogGroups"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogGroups", "logs:DescribeMetricFilters", "logs:ListTagsForResource", "logs:ListTagsLogGroup"]
        Resource = local.arns.log_groups
      },
      {
        Sid      = "Topics"
        Effect   = "Allow"
        Action   = ["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"]
        Resource = local.arns.topics
      },
      {
        Sid      = "AlarmList"
        Effect   = "Allow"
        Action   = ["cloudwatch:DescribeAlarms"]
        Resource = local.arns.every_alarm
      },
      {
        Sid      = "Watching"
        Effect   = "Allow"
        Action   = ["cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource", "xray:GetGroup", "xray:ListTagsForResource"]
        Resource = concat(local.arns.alarms, local.arns.dashboards, local.arns.traces)
      },
      {
        Sid      = "Costs"
        Effect   = "Allow"
        Action   = ["budgets:ListTagsForResource", "budgets:ViewBudget", "ce:GetAnomalyMonitors", "ce:GetAnomalySubscriptions", "ce:ListTagsForResource"]
        Resource = concat(local.arns.anomalies, local.arns.budgets)
      },
      {
        Sid      = "Trails"
        Effect   = "Allow"
        Action   = ["cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors", "cloudtrail:GetTrail", "cloudtrail:GetTrailStatus", "cloudtrail:ListTags"]
        Resource = local.arns.trails
      },
    ]
  }

  plan_policies = { for name, statements in local.plan_statements : name => jsonencode({ Version = "2012-10-17", Statement = statements }) }
}

resource "aws_iam_policy" "plan" {
  for_each = local.plan_policies

  name        = "${var.name}-delivery-plan-${each.key}"
  description = "What planning ${var.name} needs: ${each.key}"
  policy      = each.value

  tags = merge(var.tags, { Name = "${var.name}-delivery-plan-${each.key}" })
}

resource "aws_iam_role_policy_attachment" "plan" {
  for_each = aws_iam_policy.plan

  policy_arn = each.value.arn
  role       = aws_iam_role.this["plan"].name
}
